/* SPDX-License-Identifier: MIT */
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import java.util.List;

/** A message as OpenAI's chat has it; its content is a text, or parts. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
record Wire(String role, @JsonInclude JsonNode content, String name,
            @JsonProperty("tool_calls") List<Call> calls,
            @JsonProperty("tool_call_id") String callId) {
    record Call(String id, String type, Function function) { }

    record Function(String name, String arguments) { }

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Page(List<Wire> messages) { }

    static Wire of(ChatMessage message) {
        if (message instanceof SystemMessage system)
            return new Wire("system", text(system.text()), null, null, null);
        if (message instanceof UserMessage user)
            return new Wire("user", text(user.singleText()), user.name(), null,
                null);
        if (message instanceof ToolExecutionResultMessage result)
            return new Wire("tool", text(result.text()), result.toolName(),
                null, result.id());
        AiMessage said = (AiMessage) message;
        return new Wire("assistant", text(said.text()), null,
            said.toolExecutionRequests().stream().map(Wire::call).toList(),
            null);
    }

    ChatMessage message() {
        return switch (role) {
            case "assistant" -> AiMessage.builder().text(text())
                .toolExecutionRequests(calls == null ? List.of()
                    : calls.stream().map(Wire::call).toList()).build();
            case "tool" -> ToolExecutionResultMessage.from(
                callId, name, text());
            case "user" -> name == null ? UserMessage.from(text())
                : UserMessage.from(name, text());
            default -> SystemMessage.from(text());
        };
    }

    private static JsonNode text(String text) {
        return TextNode.valueOf(text);
    }

    private String text() {
        if (content == null || content.isNull())
            return null;
        return content.isArray()
            ? String.join("", content.findValuesAsText("text"))
            : content.asText();
    }

    private static Call call(ToolExecutionRequest call) {
        return new Call(call.id(), "function",
            new Function(call.name(), call.arguments()));
    }

    private static ToolExecutionRequest call(Call call) {
        return ToolExecutionRequest.builder().id(call.id())
            .name(call.function().name())
            .arguments(call.function().arguments()).build();
    }
}
