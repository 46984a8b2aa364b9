import advisor.ApiClient;
import advisor.ApiException;
import advisor.api.AdviceApi;
import advisor.api.KnowledgeApi;
import advisor.api.ServiceApi;
import advisor.model.Job;
import advisor.model.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Asks every operation with the client that openapi-generator makes, over the HTTP client of the JDK. */
public final class RoundTrips {
  interface Ask {
    Object run() throws Exception;
  }

  private static String base;
  private static Path examples;
  private static Path out;

  private static ApiClient client(String part) {
    ApiClient made = new ApiClient();
    made.updateBaseUri(base + "/" + part);
    return made;
  }

  private static Job job(String name) throws Exception {
    return client("plain").getObjectMapper().readValue(examples.resolve(name + ".json").toFile(), Job.class);
  }

  private static void kept(String name, Object value) throws Exception {
    Files.writeString(out.resolve(name + ".json"), client("plain").getObjectMapper().writeValueAsString(value));
  }

  private static Problem problem(Ask ask) throws Exception {
    try {
      ask.run();
    } catch (ApiException refused) {
      return client("plain").getObjectMapper().readValue(refused.getResponseBody(), Problem.class);
    }
    throw new AssertionError("this was answered");
  }

  public static void main(String[] arguments) throws Exception {
    base = arguments[0];
    examples = Path.of(arguments[1]);
    out = Path.of(arguments[2]);
    AdviceApi advice = new AdviceApi(client("plain"));
    KnowledgeApi knowledge = new KnowledgeApi(client("plain"));
    ServiceApi service = new ServiceApi(client("plain"));
    /*CALLS*/
    Map<String, Problem> errors = new LinkedHashMap<>();
    errors.put("400", problem(() -> new AdviceApi(client("cut")).recommend(job("recommend-full")/*NONE*/)));
    errors.put("404", problem(() -> knowledge.getModel("no-such-model", null)));
    errors.put("412", problem(() -> advice.recommend(job("recommend-full")/*PIN*/)));
    errors.put("415", problem(() -> new AdviceApi(client("text")).recommend(job("recommend-full")/*NONE*/)));
    errors.put("422", problem(() -> advice.recommend(job("refused")/*NONE*/)));
    errors.put("503", problem(() -> new AdviceApi(client("crowded")).recommend(job("large")/*NONE*/)));
    kept("errors", errors);
    kept("grown", new AdviceApi(client("grown")).recommend(job("recommend-full")/*NONE*/));
  }
}
