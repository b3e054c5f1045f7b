// Send a day's receipts, one JSON object a line, over HTTP, as a cron does: java SendDay.java receipts.jsonl
// Needs JDK 11 and nothing else. A program that has a JSON library reads the answers with that.
// Ends with 0 when all are accepted, 1 when some must be mended, 75 when it must run again later.
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class SendDay {
    static final int TRIES = 5;
    static final List<Integer> AGAIN = List.of(429, 502, 503, 504);
    static final Map<String, String> ENV = System.getenv();
    static final HttpClient CLIENT = HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1) // else it asks to change to HTTP/2, and its body is lost on the way
        .connectTimeout(Duration.ofSeconds(10))
        .build();
    static final Pattern REASON = Pattern.compile("\\{[^{}]*\"code\"[^{}]*}");

    public static void main(String[] args) throws Exception {
        int worst = 0;
        for (String receipt : Files.readAllLines(Path.of(args[0]))) {
            if (receipt.isBlank()) {
                continue;
            }
            HttpResponse<String> answer = send(receipt);
            if (answer.statusCode() != 202 && answer.statusCode() != 422) {
                System.err.println(answer.statusCode() + " " + answer.body());
                System.exit(1);
            }
            boolean accepted = answer.statusCode() == 202;
            System.out.println(field(receipt, "reference") + " " + (accepted ? field(answer.body(), "outcome") : "rejected"));
            Matcher reason = REASON.matcher(accepted ? "" : answer.body());
            while (reason.find()) {
                String said = reason.group();
                System.out.println("  " + field(said, "path") + " " + field(said, "code") + " " + field(said, "message"));
            }
            worst = accepted ? worst : 1;
        }
        System.exit(worst);
    }

    // The answer to one receipt; a trouble that passes by is waited for.
    static HttpResponse<String> send(String receipt) throws InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(ENV.get("PEDULI_URL") + "/v1/purchases"))
            .timeout(Duration.ofSeconds(60))
            .header("Content-Type", "application/json")
            .header("Peduli-Source", ENV.getOrDefault("PEDULI_SOURCE", "/pos/koperasi-depok"))
            .POST(HttpRequest.BodyPublishers.ofString(receipt));
        if (ENV.containsKey("PEDULI_TOKEN")) {
            request.header("Authorization", "Bearer " + ENV.get("PEDULI_TOKEN"));
        }
        for (int attempt = 1; ; attempt++) {
            String trouble;
            try {
                HttpResponse<String> answer = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
                if (!AGAIN.contains(answer.statusCode())) {
                    return answer;
                }
                trouble = answer.statusCode() + " " + answer.body();
            } catch (IOException error) {
                trouble = error.toString();
            }
            if (attempt == TRIES) {
                System.err.println("Peduli tidak terjangkau (" + trouble + "); jalankan lagi nanti.");
                System.exit(75);
            }
            Thread.sleep(1000L << attempt);
        }
    }

    // The text of a field, the first of this name.
    static String field(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"").matcher(json);
        return found.find() ? found.group(1).replace("\\\"", "\"") : "";
    }
}
