/* SPDX-License-Identifier: MIT */
/*
 * Turns.java - LangChain4j's AI services remember here: Turns URL.
 *
 * One has twenty turns, every fourth with a tool, in a window of four messages
 * behind the system's, beside others.  What it saw is printed as JSON.
 */
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.memory.ChatMemory;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.MemoryId;
import java.util.List;
import java.util.Map;

final class Turns implements ChatModel {
    interface Friend {
        @dev.langchain4j.service.SystemMessage("Be kind.")
        String chat(@MemoryId String session,
                    @dev.langchain4j.service.UserMessage String text);
    }

    private static final String NAME = "my own/\u00e9 \ud83d\ude00";
    private final ChatmemStore store;

    private Turns(String url) {
        store = new ChatmemStore(url);
    }

    @Tool("Tells the weather.")
    public String weather(String city) {
        return "sunny in " + city;
    }

    private static String text(ChatMessage message) {
        if (message instanceof AiMessage said)
            return said.hasToolExecutionRequests() ? "calls " +
                said.toolExecutionRequests().get(0).name() : said.text();
        if (message instanceof ToolExecutionResultMessage result)
            return result.text();
        return message instanceof UserMessage user ? user.singleText()
            : ((SystemMessage) message).text();
    }

    private List<String> texts(String session) {
        return store.getMessages(session).stream().map(Turns::text).toList();
    }

    /** The model's part: it calls the tool if the weather is asked for. */
    @Override
    public ChatResponse doChat(ChatRequest request) {
        List<ChatMessage> messages = request.messages();
        ChatMessage last = messages.get(messages.size() - 1);
        AiMessage said = AiMessage.from("done " + text(last));
        if (last instanceof UserMessage && text(last).contains("weather"))
            said = AiMessage.from(ToolExecutionRequest.builder().id("c1")
                .name("weather").arguments("{\"city\":\"Oslo\"}").build());
        return ChatResponse.builder().aiMessage(said).build();
    }

    private ChatMemory memory(Object session) {
        return MessageWindowChatMemory.builder().id(session).maxMessages(5)
            .chatMemoryStore(store).build();
    }

    private void talk() {
        Friend friend = AiServices.builder(Friend.class).chatModel(this)
            .tools(this).chatMemoryProvider(this::memory).build();
        for (int turn = 0; turn < 20; turn++)
            friend.chat(NAME, (turn % 4 == 0 ? "weather " : "turn ") + turn);
    }

    /** The same again and again. */
    private void recur() {
        ChatMemory memory = memory("recurs");
        memory.add(SystemMessage.from("Be kind."));
        for (int turn = 0; turn < 20; turn++) {
            memory.add(UserMessage.from("Go on."));
            memory.add(AiMessage.from("Yes."));
        }
    }

    /** Does all come back that is text, or calls with their results? */
    private boolean returns() {
        ToolExecutionRequest one = ToolExecutionRequest.builder().id("c1")
            .name("f").arguments("{}").build();
        ToolExecutionRequest two = ToolExecutionRequest.builder().id("c2")
            .name("g").arguments("{\"n\": 1.0}").build();
        List<ChatMessage> whole = List.of(SystemMessage.from("Be kind."),
            UserMessage.from("Ada", "Hi!"), AiMessage.from("So:", List.of(
                one, two)), ToolExecutionResultMessage.from(one, "1"),
            ToolExecutionResultMessage.from(two, "2"),
            AiMessage.from(one), ToolExecutionResultMessage.from(one, ""),
            AiMessage.from("Bye!"));
        store.updateMessages("whole", whole);
        return store.getMessages("whole").equals(whole);
    }

    public static void main(String[] arguments) throws Exception {
        Turns turns = new Turns(arguments[0]);
        turns.talk();
        turns.recur();
        boolean returns = turns.returns();
        turns.memory("gone").add(UserMessage.from("Hi!"));
        turns.memory("gone").clear();
        turns.memory("gone").clear();
        System.out.println(new ObjectMapper().writeValueAsString(Map.of(
            "window", turns.texts(NAME), "foreign", turns.texts("foreign"),
            "gone", turns.texts("gone"), "returns", returns)));
    }
}
