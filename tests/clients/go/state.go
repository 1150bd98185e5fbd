// SPDX-License-Identifier: MIT

// state.go - OpenAI's SDK for Go keeps its state here: state WHAT URL
// [LIMITED], up to and with /v1.
//
// WHAT is state, completions or errors.  Every answer and every event of a
// stream must have the types that the SDK knows.  What came, and which members
// that it requires did not, is printed as JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/conversations"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/pagination"
	"github.com/openai/openai-go/v3/responses"
)

var (
	ctx    = context.Background()
	client openai.Client
	seen   = map[string]any{}
)

func connect(url, key string) openai.Client {
	return openai.NewClient(option.WithBaseURL(url), option.WithAPIKey(key),
		option.WithMaxRetries(0))
}

// must gives what came, if it is whole.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	judge(value)
	return value
}

// refused gives the status, code, parameter and type of an error.
func refused[T any](_ T, err error) []any {
	var refusal *openai.Error
	if !errors.As(err, &refusal) {
		return nil
	}
	return []any{refusal.StatusCode, refusal.Code, refusal.Param,
		refusal.Type}
}

// --- conversations ----------------------------------------------------------

func call(id, name string) responses.ResponseInputItemUnionParam {
	item := responses.ResponseInputItemParamOfFunctionCall("{}", "c1", name)
	item.OfFunctionCall.ID = openai.String(id)
	return item
}

func result(id, text string) responses.ResponseInputItemUnionParam {
	item := responses.ResponseInputItemParamOfFunctionCallOutput(text)
	item.OfFunctionCallOutput.CallID = openai.String(id)
	return item
}

func says(role responses.EasyInputMessageRole,
	text string) responses.ResponseInputItemUnionParam {
	return responses.ResponseInputItemParamOfMessage(text, role)
}

func items(list ...responses.ResponseInputItemUnionParam,
) conversations.ItemNewParams {
	if len(list) == 0 {
		list = []responses.ResponseInputItemUnionParam{
			says("user", "How warm is it?"), call("fc_own", "warm"),
			result("c1", "11"), says("assistant", "11.")}
	}
	return conversations.ItemNewParams{Items: list}
}

func text(item conversations.ConversationItemUnion) string {
	switch item := item.AsAny().(type) {
	case conversations.Message:
		return item.Content[0].Text
	case responses.ResponseFunctionToolCallItem:
		return item.Name
	case responses.ResponseFunctionToolCallOutputItem:
		return item.Output.OfString
	}
	return ""
}

// all gives the items in order, page by page.
func all(name string, order conversations.ItemListParamsOrder,
	limit int64) (ids, texts []string) {
	pages := client.Conversations.Items.ListAutoPaging(ctx, name,
		conversations.ItemListParams{Order: order,
			Limit: openai.Int(limit)})
	for pages.Next() {
		judge(pages.Current())
		ids = append(ids, pages.Current().ID)
		texts = append(texts, text(pages.Current()))
	}
	must(0, pages.Err())
	return ids, texts
}

func converse() {
	made := must(client.Conversations.New(ctx,
		conversations.ConversationNewParams{
			Metadata: map[string]string{"topic": "tea"}}))
	of := client.Conversations.Items
	added := must(of.New(ctx, made.ID, items()))
	ids, texts, pages := []string{}, []string{}, [][]string{}
	for _, item := range added.Data {
		ids, texts = append(ids, item.ID), append(texts, text(item))
	}
	for limit := range int64(5) {
		up, _ := all(made.ID, "asc", limit+1)
		down, _ := all(made.ID, "desc", limit+1)
		pages = append(pages, up, down)
	}
	one := must(of.Get(ctx, made.ID, "fc_own", conversations.ItemGetParams{
		Include: []responses.ResponseIncludable{
			"reasoning.encrypted_content"}}))
	without := must(of.Delete(ctx, made.ID, "fc_own"))
	updated := must(client.Conversations.Update(ctx, made.ID,
		conversations.ConversationUpdateParams{
			Metadata: map[string]string{"a": "b"}}))
	left, _ := all(made.ID, "asc", 2)
	own := "my own/é 😀"
	must(of.New(ctx, own, items()))
	owned, _ := all(own, "asc", 3)
	seen["made"], seen["ids"], seen["texts"] = made.ID, ids, texts
	seen["pages"], seen["left"], seen["own"] = pages, left, len(owned)
	seen["one"] = one.RawJSON() == added.Data[1].RawJSON()
	seen["without"] = without.ID
	seen["metadata"] = []any{made.Metadata, must(client.Conversations.Get(
		ctx, made.ID)).Metadata, updated.Metadata}
	seen["deleted"] = must(client.Conversations.Delete(
		ctx, made.ID)).Deleted
}

// --- responses ---------------------------------------------------------------

func ask(input string) responses.ResponseNewParams {
	return responses.ResponseNewParams{
		Model: "m",
		Input: responses.ResponseNewParamsInputUnion{
			OfString: openai.String(input)},
		Tools: []responses.ToolUnionParam{
			responses.ToolParamOfFunction("weather",
				map[string]any{"type": "object"}, true)},
	}
}

func in(name string, asked responses.ResponseNewParams,
) responses.ResponseNewParams {
	asked.Conversation.OfString = openai.String(name)
	return asked
}

func after(response *responses.Response, asked responses.ResponseNewParams,
) responses.ResponseNewParams {
	asked.PreviousResponseID = openai.String(response.ID)
	return asked
}

// told gives the weather to the call of a response.
func told(called *responses.Response) responses.ResponseNewParams {
	asked := ask("")
	asked.Input = responses.ResponseNewParamsInputUnion{
		OfInputItemList: responses.ResponseInputParam{
			result(called.Output[0].CallID, "sunny")}}
	return asked
}

func respond(asked responses.ResponseNewParams) *responses.Response {
	return must(client.Responses.New(ctx, asked))
}

func unspaced(text string) string {
	return strings.ReplaceAll(text, " ", "")
}

// streamed gives the response of the last event, whose text the others make,
// but for spaces, which the tests' model does not stream.
func streamed(asked responses.ResponseNewParams) *responses.Response {
	stream := client.Responses.NewStreaming(ctx, asked)
	var last responses.ResponseStreamEventUnion
	written := ""
	for stream.Next() {
		last = stream.Current()
		judge(last)
		if last.Type == "response.output_text.delta" {
			written += last.Delta
		}
	}
	must(0, stream.Err())
	if last.Type != "response.completed" ||
		unspaced(written) != unspaced(last.Response.OutputText()) {
		panic(last.Type + ": " + written)
	}
	return &last.Response
}

func talk() {
	name := must(client.Conversations.New(ctx,
		conversations.ConversationNewParams{})).ID
	whole := respond(in(name, ask("turn 3")))
	called := streamed(in(name, ask("turn 0")))
	answer := respond(in(name, told(called)))
	last := streamed(in(name, ask("turn 7")))
	_, stored := all(name, "asc", 3)
	seen["conversation"] = []any{whole.OutputText(), answer.OutputText(),
		last.OutputText(), last.Conversation.ID == name}
	seen["stored"] = stored
}

// inputs gives the texts of a request's items.  The SDK takes each message for
// one of the output, by its type, and so none is judged.
func inputs(pages *pagination.CursorPageAutoPager[responses.ResponseItemUnion],
) (texts []string) {
	for pages.Next() {
		var item struct {
			Content []struct{ Text string }
			Output  string
		}
		must(0, json.Unmarshal([]byte(pages.Current().RawJSON()),
			&item))
		for _, part := range item.Content {
			texts = append(texts, part.Text)
		}
		if item.Output != "" {
			texts = append(texts, item.Output)
		}
	}
	must(0, pages.Err())
	return texts
}

func chain() {
	one := respond(ask("turn 3"))
	two := streamed(after(one, ask("turn 0")))
	three := respond(after(two, told(two)))
	forked := respond(after(one, ask("turn 11")))
	given := []string{}
	for _, response := range []*responses.Response{two, three} {
		given = append(given, inputs(
			client.Responses.InputItems.ListAutoPaging(ctx,
				response.ID, responses.InputItemListParams{
					Limit: openai.Int(1),
					Order: "asc"}))...)
	}
	get := responses.ResponseGetParams{}
	kept := []bool{
		must(client.Responses.Get(ctx, one.ID, get)).RawJSON() ==
			one.RawJSON(),
		must(client.Responses.Get(ctx, two.ID, get)).RawJSON() ==
			two.RawJSON()}
	must(0, client.Responses.Delete(ctx, one.ID))
	seen["chain"] = []any{one.OutputText(), three.OutputText(),
		forked.OutputText(), three.PreviousResponseID == two.ID}
	seen["input"], seen["kept"] = given, kept
	seen["gone"] = refused(client.Responses.Get(ctx, one.ID, get))
	seen["forgotten"] = refused(client.Responses.New(ctx,
		after(one, ask("Hm?"))))
}

// --- chat completions --------------------------------------------------------

var weather = openai.ChatCompletionFunctionTool(
	openai.FunctionDefinitionParam{Name: "weather"})

func chat(name string, streams bool,
	message openai.ChatCompletionMessageParamUnion,
) openai.ChatCompletionMessage {
	asked := openai.ChatCompletionNewParams{
		Model: "m",
		Messages: []openai.ChatCompletionMessageParamUnion{
			message},
		Tools: []openai.ChatCompletionToolUnionParam{weather}}
	header := option.WithHeader("X-Session-Id", name)
	if !streams {
		return must(client.Chat.Completions.New(ctx, asked, header)).
			Choices[0].Message
	}
	var whole openai.ChatCompletionAccumulator
	stream := client.Chat.Completions.NewStreaming(ctx, asked, header)
	for stream.Next() {
		judge(stream.Current())
		if !whole.AddChunk(stream.Current()) {
			panic("a chunk of another completion")
		}
	}
	must(0, stream.Err())
	return whole.Choices[0].Message
}

// complete has two talks, in which each request brings only what is new.
func complete() {
	texts := []string{}
	for turn, streams := range []bool{false, true} {
		name := []string{"whole", "streamed"}[turn]
		called := chat(name, streams, openai.UserMessage("turn 0"))
		answer := chat(name, streams, openai.ToolMessage("sunny",
			called.ToolCalls[0].ID))
		last := chat(name, streams, openai.UserMessage("turn 3"))
		texts = append(texts, called.ToolCalls[0].Function.Name,
			answer.Content, last.Content)
	}
	seen["completions"] = texts
}

// --- refusals ----------------------------------------------------------------

func limit(limited string) []any {
	client := connect(limited, "right")
	for {
		refusal := refused(client.Conversations.New(ctx,
			conversations.ConversationNewParams{}))
		if refusal != nil {
			return refusal
		}
	}
}

func fail(url, limited string) {
	of := client.Conversations.Items
	name := must(client.Conversations.New(ctx,
		conversations.ConversationNewParams{})).ID
	list := conversations.ItemListParams{}
	large := conversations.ItemListParams{Limit: openai.Int(101)}
	must(of.New(ctx, name, items()))
	stranger := connect(url, "wrong")
	seen["errors"] = [][]any{
		refused(of.List(ctx, "conv_none", list)),
		refused(of.New(ctx, "conv_none", items())),
		refused(of.Get(ctx, name, "msg_none",
			conversations.ItemGetParams{})),
		refused(of.List(ctx, name, large)),
		refused(of.New(ctx, name, items(says("bot", "Hi!")))),
		refused(of.New(ctx, name, items(call("fc_own", "cold")))),
		refused(client.Responses.New(ctx, in("conv_none", ask("Hi!")))),
		refused(client.Responses.New(ctx, ask("Hi!"))),
		refused(stranger.Models.List(ctx)),
		limit(limited),
	}
}

func main() {
	client = connect(os.Args[2], "right")
	switch os.Args[1] {
	case "state":
		converse()
		talk()
		chain()
	case "completions":
		complete()
	case "errors":
		fail(os.Args[2], os.Args[3])
	}
	seen["missing"] = slices.Sorted(maps.Keys(missing))
	json.NewEncoder(os.Stdout).Encode(seen)
}
