<?php
// Send a day's receipts, one JSON object a line, over HTTP, as a cron does: php send-day.php receipts.jsonl
// Needs PHP 7.4 with its curl extension, and nothing else: made for shared hosting, where port 5672 is often closed.
// Ends with 0 when all are accepted, 1 when some must be mended, 75 when it must run again later.
declare(strict_types=1);

const TRIES = 5;

/** Send one list; returns [status, answer], or [0, reason] when nobody answers. */
function send(string $list): array
{
    $headers = ['Content-Type: application/json', 'Peduli-Source: ' . (getenv('PEDULI_SOURCE') ?: '/pos/koperasi-depok')];
    if (getenv('PEDULI_TOKEN')) {
        $headers[] = 'Authorization: Bearer ' . getenv('PEDULI_TOKEN');
    }
    $request = curl_init(getenv('PEDULI_URL') . '/v1/purchases');
    curl_setopt_array($request, [
        CURLOPT_POSTFIELDS => $list,
        CURLOPT_HTTPHEADER => $headers,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_CONNECTTIMEOUT => 5,
        CURLOPT_TIMEOUT => 60,
    ]);
    $body = curl_exec($request);
    return $body === false ? [0, curl_error($request)] : [curl_getinfo($request, CURLINFO_RESPONSE_CODE), $body];
}

$worst = 0;
$lines = file($argv[1], FILE_IGNORE_NEW_LINES | FILE_SKIP_EMPTY_LINES);
foreach (array_chunk($lines, 500) as $part) {
    for ($try = 1; ; $try++) {
        [$status, $body] = send('[' . implode(',', $part) . ']'); // prices stay as they are: nothing is decoded
        if (!in_array($status, [0, 429, 502, 503, 504], true)) {
            break;
        }
        if ($try === TRIES) {
            fwrite(STDERR, "Peduli tidak terjangkau ($status $body); jalankan lagi nanti.\n");
            exit(75);
        }
        sleep(2 ** $try);
    }
    if ($status !== 202) {
        fwrite(STDERR, "$status $body\n");
        exit(1);
    }
    foreach (json_decode($body, true) as $answer) {
        echo $answer['reference'], ' ', $answer['outcome'], "\n";
        foreach ($answer['reasons'] as $reason) {
            echo '  ', $reason['path'], ' ', $reason['code'], ' ', $reason['message'], "\n";
        }
        $worst = max($worst, $answer['outcome'] === 'rejected' ? 1 : 0);
    }
}
exit($worst);
