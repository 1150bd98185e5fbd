/* SPDX-License-Identifier: MIT */
/*
 * Client.java - uses the client that openapi-generator made for Java: Client
 * URL.
 */
import com.google.gson.Gson;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.JSON;
import org.openapitools.client.api.MemoryApi;
import org.openapitools.client.api.MessagesApi;
import org.openapitools.client.api.SessionsApi;
import org.openapitools.client.model.Content;
import org.openapitools.client.model.ListSessions200Response;
import org.openapitools.client.model.Message;
import org.openapitools.client.model.OpenAIMessage;
import org.openapitools.client.model.Refusal;
import org.openapitools.client.model.SaveContextRequest;
import org.openapitools.client.model.Session;

final class Client {
    private final MessagesApi messages;
    private final MemoryApi memory;
    private final SessionsApi sessions;

    private Client(String url) {
        ApiClient client = new ApiClient().setBasePath(url);
        messages = new MessagesApi(client);
        memory = new MemoryApi(client);
        sessions = new SessionsApi(client);
    }

    private int append(String id, Object sent) throws ApiException {
        return messages.appendMessages(id, sent, null, null, null, null)
            .getVersion();
    }

    private List<Integer> window(String id, int turns) throws ApiException {
        return messages.readMessages(id, null, null, null, null, null, null,
            null, null, null, null, turns, null, null, null, null, null, null)
            .getMessages().getListMessage().stream().map(Message::getSeq)
            .toList();
    }

    private void save(String id, String input, String output)
            throws ApiException {
        memory.saveContext(id, new SaveContextRequest()
            .inputs(Map.of("input", input)).outputs(Map.of("response", output)),
            null, null, null, null, null, null, null, null, null, null, null,
            null, null, null);
    }

    private Object history(String id) throws ApiException {
        return memory.loadMemory(id, null, null, null, null, null, null, null,
            null, null, null, null, null, null, null, null, null, null, null,
            null, null, null).get("history");
    }

    private ListSessions200Response list(String cursor) throws ApiException {
        return sessions.listSessions(null, null, null, 1, cursor);
    }

    private String missing(String id) throws ApiException {
        try {
            return sessions.readSession(id, null, null).getId();
        } catch (ApiException error) {
            Refusal refusal = JSON.deserialize(
                error.getResponseBody(), Refusal.class);
            return refusal.getError().getCode().toString();
        }
    }

    public static void main(String[] arguments) throws ApiException {
        Client client = new Client(arguments[0]);
        int version = client.append("made/1", List.of(
            new OpenAIMessage().role("user").content(new Content("Hi!"))));
        client.append("made/2", "Ho!");
        client.save("made/1", "Tea?", "Green.");
        ListSessions200Response page = client.list(null);
        ListSessions200Response rest = client.list(page.getNextCursor());
        System.out.println(new Gson().toJson(Map.of(
            "version", version,
            "window", client.window("made/1", 1),
            "history", client.history("made/1"),
            "sessions", Stream.of(page, rest)
                .flatMap(one -> one.getSessions().stream())
                .map(Session::getId).sorted().toList(),
            "error", client.missing("nobody"))));
        System.exit(0); // okhttp's threads end later
    }
}
