/* SPDX-License-Identifier: MIT */
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.store.memory.chat.ChatMemoryStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** LangChain4j's chat memory in chatmem, as messages of OpenAI's chat. */
public final class ChatmemStore implements ChatMemoryStore {
    private final HttpClient http = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();
    private final String sessions;

    public ChatmemStore(String url) {
        sessions = url + "/sessions/";
    }

    @Override
    public List<ChatMessage> getMessages(Object id) {
        try {
            return json.readValue(ask("GET", id,
                "/messages?format=openai&limit=10000", ""), Wire.Page.class)
                .messages().stream().map(Wire::message).toList();
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** What the window has dropped stays in an export. */
    @Override
    public void updateMessages(Object id, List<ChatMessage> window) {
        ask("PUT", id, "/messages?dropped=archive", json.valueToTree(
            window.stream().map(Wire::of).toList()).toString());
    }

    /** Erases all of it, or nothing if there is none. */
    @Override
    public void deleteMessages(Object id) {
        ask("DELETE", id, "", "");
    }

    /** What heard no answer is asked again: nothing here counts twice. */
    private String ask(String method, Object id, String path, String body) {
        String name = URLEncoder.encode(id.toString(), StandardCharsets.UTF_8)
            .replace("+", "%20");
        HttpRequest request = HttpRequest.newBuilder()
            .uri(URI.create(sessions + name + path))
            .method(method, BodyPublishers.ofString(body)).build();
        for (int attempt = 1;; attempt++) {
            try {
                HttpResponse<String> reply =
                    http.send(request, BodyHandlers.ofString());
                if (reply.statusCode() < 300 || method.equals("DELETE") &&
                        reply.statusCode() == 404)
                    return reply.body();
                throw new IllegalStateException(reply.body());
            } catch (IOException unheard) {
                if (attempt == 2)
                    throw new UncheckedIOException(unheard);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(stopped);
            }
        }
    }
}
