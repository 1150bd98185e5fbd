// SPDX-License-Identifier: MIT
// models.go - uses the client that openapi-generator made for Go: models URL.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sort"

	"client/made"
)

func must[T any](value T, _ interface{}, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func value(name string, text interface{}) map[string]*interface{} {
	return map[string]*interface{}{name: &text}
}

func main() {
	ctx := context.Background()
	configuration := made.NewConfiguration()
	configuration.Servers[0].URL = os.Args[1]
	client := made.NewAPIClient(configuration)
	messages, sessions := client.MessagesAPI, client.SessionsAPI
	appended := must(messages.AppendMessages(ctx, "made/1").
		Body([]map[string]string{{"role": "user", "content": "Hi!"}}).
		Execute())
	must(client.MemoryAPI.SaveContext(ctx, "made/1").SaveContextRequest(
		made.SaveContextRequest{
			Inputs:  value("input", "Tea?"),
			Outputs: value("response", "Green."),
		}).Execute())
	window := must(messages.ReadMessages(ctx, "made/1").Turns(1).Execute())
	seqs := []int32{}
	for _, message := range *window.Messages.ArrayOfMessage {
		seqs = append(seqs, message.Seq)
	}
	loaded := must(client.MemoryAPI.LoadMemory(ctx, "made/1").Execute())
	must(messages.AppendMessages(ctx, "made/2").Body("Ho!").Execute())
	page := must(sessions.ListSessions(ctx).Limit(1).Execute())
	rest := must(sessions.ListSessions(ctx).Limit(1).
		Cursor(page.GetNextCursor()).Execute())
	names := []string{}
	for _, one := range append(page.Sessions, rest.Sessions...) {
		names = append(names, one.Id)
	}
	sort.Strings(names)
	_, _, err := sessions.ReadSession(ctx, "nobody").Execute()
	var refused *made.GenericOpenAPIError
	if !errors.As(err, &refused) {
		panic(err)
	}
	json.NewEncoder(os.Stdout).Encode(map[string]interface{}{
		"version": appended.Version, "window": seqs,
		"history": loaded["history"], "sessions": names,
		"error": refused.Model().(made.Refusal).Error.Code})
}
