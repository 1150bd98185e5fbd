/* SPDX-License-Identifier: MIT */
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.springframework.ai.chat.memory.ChatMemoryRepository;
import org.springframework.ai.chat.messages.Message;
import org.springframework.web.client.RestClient;

/** Spring AI's chat memory in chatmem, as messages of OpenAI's chat. */
public final class ChatmemRepository implements ChatMemoryRepository {
    private final RestClient http;

    /** What heard no answer is asked again: nothing here counts twice. */
    public ChatmemRepository(String url) {
        http = RestClient.builder().baseUrl(url).requestInterceptor(
            (request, body, next) -> {
                try {
                    return next.execute(request, body);
                } catch (IOException unheard) {
                    return next.execute(request, body);
                }
            }).build();
    }

    @Override
    public List<Message> findByConversationId(String id) {
        return Wire.messages(http.get()
            .uri("/sessions/{id}/messages?format=openai&limit=10000", id)
            .retrieve().body(Wire.Page.class).messages());
    }

    /** What the window has dropped stays in an export. */
    @Override
    public void saveAll(String id, List<Message> window) {
        http.put().uri("/sessions/{id}/messages?dropped=archive", id)
            .body(window.stream().flatMap(Wire::of).toList())
            .retrieve().toBodilessEntity();
    }

    /** Erases all of it, or nothing if there is none. */
    @Override
    public void deleteByConversationId(String id) {
        http.delete().uri("/sessions/{id}", id).retrieve()
            .onStatus(status -> status.value() == 404, (request, reply) -> { })
            .toBodilessEntity();
    }

    @Override
    public List<String> findConversationIds() {
        List<String> ids = new ArrayList<>();
        String query = "";
        while (query != null) {
            Wire.Sessions page = http.get().uri("/sessions?limit=1000" + query)
                .retrieve().body(Wire.Sessions.class);
            page.sessions().forEach(session -> ids.add(session.id()));
            query = page.cursor() == null ? null : "&cursor=" + page.cursor();
        }
        return ids;
    }
}
