/* SPDX-License-Identifier: MIT */
/*
 * State.java - OpenAI's SDK for Java keeps its state here: State URL
 * [LIMITED], up to and with /v1.
 *
 * Every answer and every event of a stream must have all members that the SDK
 * knows of it, with the types that it knows.  What came is printed as JSON.
 */
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.ObjectMappers;
import com.openai.core.http.StreamResponse;
import com.openai.errors.OpenAIServiceException;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.conversations.Conversation;
import com.openai.models.conversations.ConversationCreateParams;
import com.openai.models.conversations.ConversationUpdateParams;
import com.openai.models.conversations.items.ConversationItem;
import com.openai.models.conversations.items.ItemCreateParams;
import com.openai.models.conversations.items.ItemDeleteParams;
import com.openai.models.conversations.items.ItemListParams;
import com.openai.models.conversations.items.ItemRetrieveParams;
import com.openai.models.responses.EasyInputMessage;
import com.openai.models.responses.FunctionTool;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseFunctionToolCall;
import com.openai.models.responses.ResponseIncludable;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseItem;
import com.openai.models.responses.ResponseOutputItem;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.inputitems.InputItemListParams;
import com.openai.services.blocking.conversations.ItemService;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class State {
    private final OpenAIClient client;
    private final Map<String, Object> seen = new LinkedHashMap<>();

    private State(OpenAIClient client) {
        this.client = client;
    }

    static OpenAIClient client(String url, String key) {
        return OpenAIOkHttpClient.builder().baseUrl(url).apiKey(key)
            .maxRetries(0).responseValidation(true).build();
    }

    private static EasyInputMessage says(EasyInputMessage.Role role,
                                         String text) {
        return EasyInputMessage.builder().role(role).content(text).build();
    }

    private static ItemCreateParams items() {
        return ItemCreateParams.builder()
            .addItem(says(EasyInputMessage.Role.USER, "How warm is it?"))
            .addItem(ResponseFunctionToolCall.builder().id("fc_own")
                .callId("c1").name("warm").arguments("{}").build())
            .addItem(ResponseInputItem.FunctionCallOutput.builder()
                .callId("c1").output("11").build())
            .addItem(says(EasyInputMessage.Role.ASSISTANT, "11."))
            .build();
    }

    private static String id(ConversationItem item) {
        return item.message().map(message -> message.id())
            .or(() -> item.functionCall().flatMap(call -> call.id()))
            .or(() -> item.functionCallOutput().map(output -> output.id()))
            .orElseThrow();
    }

    private static String text(ConversationItem item) {
        if (item.isMessage()) {
            var content = item.asMessage().content().get(0);
            return content.inputText().map(part -> part.text())
                .or(() -> content.outputText().map(part -> part.text()))
                .orElseThrow();
        }
        return item.functionCall().map(call -> call.name()).orElseGet(
            () -> item.asFunctionCallOutput().output().asString());
    }

    /** All ids, page by page. */
    private List<String> ids(String conversation, ItemListParams.Order order,
                             long limit) {
        List<String> ids = new ArrayList<>();
        client.conversations().items().list(conversation,
            ItemListParams.builder().order(order).limit(limit).build())
            .autoPager().forEach(item -> ids.add(id(item)));
        return ids;
    }

    private void conversations() {
        Conversation made = client.conversations().create(
            ConversationCreateParams.builder().metadata(
                ConversationCreateParams.Metadata.builder()
                    .putAdditionalProperty("topic", JsonValue.from("tea"))
                    .build()).build());
        ItemService items = client.conversations().items();
        var added = items.create(made.id(), items());
        List<String> ids = added.data().stream().map(State::id).toList();
        List<Object> pages = new ArrayList<>();
        for (long limit = 1; limit <= 5; limit++) {
            pages.add(ids(made.id(), ItemListParams.Order.ASC, limit));
            pages.add(ids(made.id(), ItemListParams.Order.DESC, limit));
        }
        ConversationItem one = items.retrieve("fc_own",
            ItemRetrieveParams.builder().conversationId(made.id())
                .addInclude(ResponseIncludable.REASONING_ENCRYPTED_CONTENT)
                .build());
        Conversation without = items.delete("fc_own",
            ItemDeleteParams.builder().conversationId(made.id()).build());
        Conversation updated = client.conversations().update(made.id(),
            ConversationUpdateParams.builder().metadata(
                ConversationUpdateParams.Metadata.builder()
                    .putAdditionalProperty("a", JsonValue.from("b"))
                    .build()).build());
        seen.put("made", made.id());
        seen.put("texts", added.data().stream().map(State::text).toList());
        seen.put("ids", ids);
        seen.put("pages", pages);
        seen.put("one", one.equals(added.data().get(1)));
        seen.put("without", without.id());
        seen.put("left", ids(made.id(), ItemListParams.Order.ASC, 2));
        seen.put("metadata", List.of(made._metadata(),
            client.conversations().retrieve(made.id())._metadata(),
            updated._metadata()));
        items.create("my own/\u00e9 \ud83d\ude00", items());
        seen.put("own", ids("my own/\u00e9 \ud83d\ude00",
            ItemListParams.Order.ASC, 3).size());
        seen.put("deleted", client.conversations().delete(made.id())
            .deleted());
    }

    private static String text(Response response) {
        StringBuilder text = new StringBuilder();
        for (ResponseOutputItem item : response.output())
            item.message().ifPresent(message -> message.content().forEach(
                part -> text.append(part.asOutputText().text())));
        return text.toString();
    }

    private static ResponseCreateParams.Builder ask(String input) {
        return ResponseCreateParams.builder().model("m").input(input)
            .addTool(FunctionTool.builder().name("weather").strict(true)
                .parameters(FunctionTool.Parameters.builder()
                    .putAdditionalProperty("type", JsonValue.from("object"))
                    .build()).build());
    }

    /** Asks for a stream: the response that its events make. */
    private Response streamed(ResponseCreateParams parameters) {
        ResponseAccumulator whole = ResponseAccumulator.create();
        try (StreamResponse<ResponseStreamEvent> stream =
                client.responses().createStreaming(parameters)) {
            stream.stream().map(ResponseStreamEvent::validate)
                .forEach(whole::accumulate);
        }
        return whole.response().validate();
    }

    private Response answer(ResponseFunctionToolCall call,
                            ResponseCreateParams.Builder with) {
        return client.responses().create(with.inputOfResponse(List.of(
            ResponseInputItem.ofFunctionCallOutput(
                ResponseInputItem.FunctionCallOutput.builder()
                    .callId(call.callId()).output("sunny").build())))
            .build());
    }

    private void responses() {
        String name = client.conversations().create().id();
        Response whole = client.responses().create(
            ask("turn 3").conversation(name).build());
        Response called = streamed(
            ask("turn 0").conversation(name).build());
        Response told = answer(called.output().get(0).asFunctionCall(),
            ask("").conversation(name));
        Response last = streamed(ask("turn 7").conversation(name).build());
        List<String> stored = new ArrayList<>();
        client.conversations().items().list(name, ItemListParams.builder()
            .order(ItemListParams.Order.ASC).limit(3).build()).autoPager()
            .forEach(item -> stored.add(text(item)));
        seen.put("conversation", List.of(text(whole), text(told), text(last),
            last.conversation().orElseThrow().id().equals(name)));
        seen.put("stored", stored);
    }

    private static String text(ResponseItem item) {
        return item.responseInputMessageItem().map(
            message -> message.content().get(0).asInputText().text())
            .orElseGet(
                () -> item.asFunctionCallOutput().output().asString());
    }

    private void chain() {
        Response one = client.responses().create(ask("turn 3").build());
        Response two = streamed(
            ask("turn 0").previousResponseId(one.id()).build());
        Response three = answer(two.output().get(0).asFunctionCall(),
            ask("").previousResponseId(two.id()));
        Response forked = client.responses().create(
            ask("turn 11").previousResponseId(one.id()).build());
        List<String> input = new ArrayList<>();
        for (Response response : List.of(two, three))
            client.responses().inputItems().list(response.id(),
                InputItemListParams.builder().limit(1)
                    .order(InputItemListParams.Order.ASC).build())
                .autoPager().forEach(item -> input.add(text(item)));
        seen.put("chain", List.of(text(one), text(three), text(forked),
            three.previousResponseId().orElseThrow().equals(two.id())));
        seen.put("input", input);
        seen.put("kept", List.of(
            client.responses().retrieve(one.id()).equals(one),
            client.responses().retrieve(two.id()).output().equals(
                two.output())));
        client.responses().delete(one.id());
        seen.put("gone", refused(() -> client.responses().retrieve(one.id())));
        seen.put("forgotten", refused(() -> client.responses().create(
            ask("Hm?").previousResponseId(one.id()).build())));
    }

    /** The class, status, code and parameter of what a call throws. */
    private static List<Object> refused(Runnable call) {
        try {
            call.run();
            return List.of();
        } catch (OpenAIServiceException error) {
            return List.of(error.getClass().getSimpleName(),
                error.statusCode(), error.code().orElse(""),
                error.param().orElse(""), error.type().orElse(""));
        }
    }

    /** What is refused, by a server and by one that limits rates. */
    private void errors(String url, String limited) {
        ItemService items = client.conversations().items();
        String name = client.conversations().create().id();
        List<Object> errors = new ArrayList<>();
        errors.add(refused(() -> items.list("conv_none")));
        errors.add(refused(() -> items.create("conv_none", items())));
        errors.add(refused(() -> items.retrieve("msg_none",
            ItemRetrieveParams.builder().conversationId(name).build())));
        errors.add(refused(() -> items.list(name,
            ItemListParams.builder().limit(101).build())));
        errors.add(refused(() -> items.create(name, ItemCreateParams.builder()
            .addItem(says(EasyInputMessage.Role.of("bot"), "Hi!")).build())));
        items.create(name, items());
        errors.add(refused(() -> items.create(name, ItemCreateParams.builder()
            .addItem(ResponseFunctionToolCall.builder().id("fc_own")
                .callId("c2").name("cold").arguments("{}").build())
            .build())));
        errors.add(refused(() -> client.responses().create(
            ask("Hi!").conversation("conv_none").build())));
        errors.add(refused(() -> client(url, "wrong").models().list()));
        errors.add(refused(() -> {
            while (true)
                client(limited, "right").conversations().create();
        }));
        seen.put("errors", errors);
    }

    public static void main(String[] arguments) throws Exception {
        State state = new State(client(arguments[0], "right"));
        if (arguments.length > 1) {
            state.errors(arguments[0], arguments[1]);
        } else {
            state.conversations();
            state.responses();
            state.chain();
        }
        System.out.println(ObjectMappers.jsonMapper()
            .writeValueAsString(state.seen));
        System.exit(0); // okhttp's threads end later
    }
}
