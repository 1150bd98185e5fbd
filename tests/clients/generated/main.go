// SPDX-License-Identifier: MIT
// main.go - uses the client that oapi-codegen made: main URL.
package main

import (
	"context"
	"encoding/json"
	"os"
	"sort"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	ctx := context.Background()
	client, err := NewClientWithResponses(os.Args[1])
	must(err)
	appended, err := client.AppendMessagesWithResponse(ctx, "made/1",
		&AppendMessagesParams{},
		[]map[string]string{{"role": "user", "content": "Hi!"}})
	must(err)
	_, err = client.SaveContextWithResponse(ctx, "made/1",
		&SaveContextParams{}, SaveContextJSONRequestBody{
			Inputs:  map[string]interface{}{"input": "Tea?"},
			Outputs: map[string]interface{}{"response": "Green."}})
	must(err)
	turns := 1
	window, err := client.ReadMessagesWithResponse(ctx, "made/1",
		&ReadMessagesParams{Turns: &turns})
	must(err)
	loaded, err := client.LoadMemoryWithResponse(ctx, "made/1",
		&LoadMemoryParams{})
	must(err)
	var variables map[string]string
	must(json.Unmarshal(loaded.Body, &variables))
	_, err = client.AppendMessagesWithResponse(ctx, "made/2",
		&AppendMessagesParams{}, "Ho!")
	must(err)
	limit := 1
	page, err := client.ListSessionsWithResponse(ctx,
		&ListSessionsParams{Limit: &limit})
	must(err)
	rest, err := client.ListSessionsWithResponse(ctx, &ListSessionsParams{
		Limit: &limit, Cursor: page.JSON200.NextCursor})
	must(err)
	names := []string{}
	for _, one := range append(page.JSON200.Sessions,
		rest.JSON200.Sessions...) {
		names = append(names, string(one.Id))
	}
	sort.Strings(names)
	missing, err := client.ReadSessionWithResponse(ctx, "nobody",
		&ReadSessionParams{})
	must(err)
	raw, err := window.JSON200.Messages.MarshalJSON()
	must(err)
	var messages []struct{ Seq int }
	must(json.Unmarshal(raw, &messages))
	seqs := []int{}
	for _, message := range messages {
		seqs = append(seqs, message.Seq)
	}
	must(json.NewEncoder(os.Stdout).Encode(map[string]interface{}{
		"version": appended.JSON201.Version, "window": seqs,
		"history": variables["history"], "sessions": names,
		"error": missing.JSON404.Error.Code}))
}
