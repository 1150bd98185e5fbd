/* SPDX-License-Identifier: MIT */
/*
 * Turns.java - Spring AI's chat client remembers here: Turns URL.
 *
 * It has twenty turns, every fourth with a tool, in a window of four messages,
 * beside other sessions.  What it saw is printed as JSON.
 */
import java.util.List;
import java.util.Map;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.client.advisor.ToolCallingAdvisor;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.AssistantMessage.ToolCall;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage.ToolResponse;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.tool.annotation.Tool;
import tools.jackson.databind.json.JsonMapper;

final class Turns implements ChatModel {
    private static final String NAME = "my own/\u00e9 \ud83d\ude00";
    private final ChatmemRepository repository;
    private final ChatMemory memory;

    private Turns(String url) {
        repository = new ChatmemRepository(url);
        memory = MessageWindowChatMemory.builder()
            .chatMemoryRepository(repository).maxMessages(4).build();
    }

    @Tool(description = "Tells the weather.")
    public String weather(String city) {
        return "sunny in " + city;
    }

    private static String text(Message message) {
        if (message instanceof AssistantMessage said && said.hasToolCalls())
            return "calls " + said.getToolCalls().get(0).name();
        if (message instanceof ToolResponseMessage results)
            return results.getResponses().get(0).responseData();
        return message.getText();
    }

    /** The model's part: it calls the tool if the weather is asked for. */
    @Override
    public ChatResponse call(Prompt prompt) {
        List<Message> messages = prompt.getInstructions();
        Message last = messages.get(messages.size() - 1);
        AssistantMessage.Builder<?> said = AssistantMessage.builder()
            .properties(Map.of("index", 0));
        if (last instanceof UserMessage && last.getText().contains("weather"))
            said.content("").toolCalls(List.of(new ToolCall("c1", "function",
                "weather", "{\"city\":\"Oslo\"}")));
        else
            said.content("done " + text(last));
        return new ChatResponse(List.of(new Generation(said.build())));
    }

    @Override
    public ChatOptions getOptions() {
        return ToolCallingChatOptions.builder().build();
    }

    private List<String> texts(String session) {
        return repository.findByConversationId(session).stream()
            .map(Turns::text).toList();
    }

    private void talk() {
        ChatClient client = ChatClient.builder(this)
            .defaultTools(this)
            .defaultAdvisors(MessageChatMemoryAdvisor.builder(memory)
                .order(ToolCallingAdvisor.DEFAULT_ORDER + 1).build())
            .build();
        for (int turn = 0; turn < 20; turn++) {
            String input = (turn % 4 == 0 ? "weather " : "turn ") + turn;
            client.prompt().user(input).advisors(advisors -> advisors.param(
                ChatMemory.CONVERSATION_ID, NAME)).call().content();
        }
    }

    /** The same again and again. */
    private void recur() {
        memory.add("recurs", new SystemMessage("Be kind."));
        for (int turn = 0; turn < 20; turn++) {
            memory.add("recurs", new UserMessage("Go on."));
            memory.add("recurs", new AssistantMessage("Yes."));
        }
    }

    /** Does all come back that Spring AI has? */
    private boolean returns() {
        List<Message> whole = List.of(new SystemMessage("Be kind."),
            UserMessage.builder().text("Hi!").metadata(Map.of("a", 1)).build(),
            AssistantMessage.builder().content("").toolCalls(List.of(
                new ToolCall("c1", "function", "f", "{}"),
                new ToolCall("c2", "function", "g", "{\"n\": 1.0}"))).build(),
            ToolResponseMessage.builder().responses(List.of(
                new ToolResponse("c1", "f", "1"),
                new ToolResponse("c2", "g", "2"))).build(),
            new AssistantMessage("Bye!"));
        repository.saveAll("whole", whole);
        return repository.findByConversationId("whole").equals(whole);
    }

    public static void main(String[] arguments) {
        Turns turns = new Turns(arguments[0]);
        turns.talk();
        turns.recur();
        boolean returns = turns.returns();
        turns.memory.add("gone", new UserMessage("Hi!"));
        turns.memory.clear("gone");
        turns.memory.clear("gone");
        System.out.println(JsonMapper.shared().writeValueAsString(Map.of(
            "window", turns.texts(NAME), "foreign", turns.texts("foreign"),
            "gone", turns.texts("gone"), "returns", returns,
            "sessions", turns.repository.findConversationIds())));
    }
}
