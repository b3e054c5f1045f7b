<?php
// Publish receipts, one JSON object a line, over AMQP, and print what became of each: php publish.php receipts.jsonl
// Needs PHP 7.4 and php-amqplib (Composer's, or Debian's package). Ends with 0 when all are accepted, 1 when some must
// be mended, 75 when it must run again later.
declare(strict_types=1);

use PhpAmqpLib\Connection\AMQPStreamConnection;
use PhpAmqpLib\Message\AMQPMessage;
use PhpAmqpLib\Wire\AMQPTable;

require is_file(__DIR__ . '/vendor/autoload.php') ? __DIR__ . '/vendor/autoload.php' : 'PhpAmqpLib/autoload.php';

const EXCHANGE = 'peduli.intake';
const TYPE = 'purchase.submitted.v1';
const WAIT_SECONDS = 10;
define('SOURCE', getenv('PEDULI_SOURCE') ?: '/pos/koperasi-depok');

/** A CloudEvent in binary mode, persistent. */
function event(string $id, string $receipt): AMQPMessage
{
    return new AMQPMessage($receipt, [
        'content_type' => 'application/json',
        'delivery_mode' => AMQPMessage::DELIVERY_MODE_PERSISTENT,
        'message_id' => $id,
        'application_headers' => new AMQPTable([
            'ce-specversion' => '1.0',
            'ce-id' => $id,
            'ce-type' => 'id.go.depok.peduli.' . TYPE,
            'ce-source' => SOURCE,
        ]),
    ]);
}

/** What became of the event; waits until a service has looked at it. */
function ask(string $id): array
{
    $url = getenv('PEDULI_URL') . '/v1/submissions?' . http_build_query(['source' => SOURCE, 'event_id' => $id]);
    $token = getenv('PEDULI_TOKEN');
    $header = $token ? "Authorization: Bearer $token" : '';
    $context = stream_context_create(['http' => ['header' => $header, 'timeout' => 10, 'ignore_errors' => true]]);
    for ($attempt = 0; $attempt < WAIT_SECONDS * 5; $attempt++) {
        $body = @file_get_contents($url, false, $context);
        $status = (int) explode(' ', $http_response_header[0] ?? 'HTTP 0')[1];
        if ($status === 200) {
            return json_decode($body, true)[0];
        }
        $reasons = $status === 403 ? json_decode($body, true)['reasons'] ?? [] : [];
        if ($reasons) {
            return ['outcome' => 'rejected', 'reasons' => $reasons]; // not yours to tell, and so not to ask about
        }
        if (!in_array($status, [0, 404, 429, 503], true)) {
            throw new RuntimeException("$status $body");
        }
        usleep(200000);
    }
    return ['outcome' => 'confirmed, no answer yet', 'reasons' => []];
}

$sent = [];
$returned = [];
try {
    $to = parse_url(getenv('PEDULI_AMQP_URL'));
    $vhost = urldecode(substr($to['path'] ?? '/', 1)) ?: '/';
    $connection = new AMQPStreamConnection($to['host'], $to['port'] ?? 5672, $to['user'], urldecode($to['pass']), $vhost);
    $channel = $connection->channel();
    $channel->confirm_select();
    $channel->set_nack_handler(function () {
        throw new RuntimeException('nack: the queue is full');
    });
    $channel->set_return_listener(function ($code, $text, $exchange, $key, AMQPMessage $message) use (&$returned) {
        $returned[] = $message->get('message_id');
    });
    foreach (file($argv[1], FILE_IGNORE_NEW_LINES | FILE_SKIP_EMPTY_LINES) as $line) {
        $id = bin2hex(random_bytes(16));
        $channel->basic_publish(event($id, $line), EXCHANGE, getenv('PEDULI_KEY') ?: '3276.' . TYPE, true); // true: mandatory
        $sent[$id] = json_decode($line, true)['reference'];
        $channel->wait_for_pending_acks_returns(30); // seconds; then the message is on disk
    }
    $connection->close();
} catch (Exception $error) {
    fwrite(STDERR, 'Broker tidak menerima (' . $error->getMessage() . "); jalankan lagi nanti.\n");
    exit(75);
}
$worst = 0;
foreach ($sent as $id => $reference) {
    $answer = in_array((string) $id, $returned, true) ? ['outcome' => 'unroutable', 'reasons' => []] : ask((string) $id);
    echo $reference, ' ', $answer['outcome'], "\n";
    foreach ($answer['reasons'] as $reason) {
        echo '  ', $reason['path'], ' ', $reason['code'], ' ', $reason['message'], "\n";
    }
    $codes = ['rejected' => 1, 'unroutable' => 1, 'confirmed, no answer yet' => 75];
    $worst = max($worst, $codes[$answer['outcome']] ?? 0);
}
exit($worst);
