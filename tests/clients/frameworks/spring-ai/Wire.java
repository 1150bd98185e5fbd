/* SPDX-License-Identifier: MIT */
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.AssistantMessage.ToolCall;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage.ToolResponse;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.content.MediaContent;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.StringNode;

/** A message as OpenAI's chat has it; its content is a text, or parts. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record Wire(String role, @JsonInclude JsonNode content, String name,
            @JsonProperty("tool_calls") List<Call> calls,
            @JsonProperty("tool_call_id") String callId,
            Map<String, Object> metadata) {
    record Call(String id, String type, Function function) { }

    record Function(String name, String arguments) { }

    record Page(List<Wire> messages) { }

    record Session(String id) { }

    record Sessions(List<Session> sessions,
                    @JsonProperty("next_cursor") String cursor) { }

    /** One for each result of a tool, else one; media are refused. */
    static Stream<Wire> of(Message message) {
        if (message instanceof MediaContent some && !some.getMedia().isEmpty())
            throw new IllegalArgumentException("media are not kept");
        String role = message.getMessageType().getValue();
        Map<String, Object> metadata = new HashMap<>(message.getMetadata());
        metadata.remove("messageType"); // the role
        if (message instanceof ToolResponseMessage results)
            return results.getResponses().stream().map(result -> new Wire(role,
                StringNode.valueOf(result.responseData()), result.name(), null,
                result.id(), metadata));
        return Stream.of(new Wire(role, StringNode.valueOf(message.getText()),
            null, message instanceof AssistantMessage said
                ? said.getToolCalls().stream().map(Wire::call).toList() : null,
            null, metadata));
    }

    /** Results that follow each other are one message. */
    static List<Message> messages(List<Wire> sent) {
        List<Message> messages = new ArrayList<>();
        List<ToolResponse> results = new ArrayList<>();
        for (Wire one : sent) {
            if (!one.role.equals("tool"))
                results = new ArrayList<>();
            else if (!results.isEmpty())
                messages.remove(messages.size() - 1);
            messages.add(one.message(results));
        }
        return messages;
    }

    private Message message(List<ToolResponse> results) {
        Map<String, Object> kept = metadata == null ? Map.of() : metadata;
        switch (role) {
            case "assistant":
                return AssistantMessage.builder().content(text())
                    .properties(kept).toolCalls(calls == null ? List.of()
                        : calls.stream().map(Wire::call).toList()).build();
            case "tool":
                results.add(new ToolResponse(callId, name, text()));
                return ToolResponseMessage.builder().metadata(kept)
                    .responses(List.copyOf(results)).build();
            case "user":
                return UserMessage.builder().text(text()).metadata(kept)
                    .build();
            default:
                return SystemMessage.builder().text(text()).metadata(kept)
                    .build();
        }
    }

    private String text() {
        if (content == null)
            return "";
        return content.isArray()
            ? String.join("", content.findValuesAsString("text"))
            : content.asString();
    }

    private static Call call(ToolCall call) {
        return new Call(call.id(), "function",
            new Function(call.name(), call.arguments()));
    }

    private static ToolCall call(Call call) {
        return new ToolCall(call.id(), call.type(), call.function().name(),
            call.function().arguments());
    }
}
