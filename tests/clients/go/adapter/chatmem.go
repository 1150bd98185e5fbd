// SPDX-License-Identifier: MIT
// chatmem.go - appends, and reads a window and LangChain's memory: chatmem URL
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

type object map[string]any

func ask(method, path string, body any) (answer object) {
	sent := []byte{}
	if body != nil {
		sent, _ = json.Marshal(body)
	}
	request, _ := http.NewRequest(method, os.Args[1]+path, bytes.NewReader(sent))
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err) // a repeat under the same Idempotency-Key counts once
	}
	defer reply.Body.Close()
	if json.NewDecoder(reply.Body).Decode(&answer); reply.StatusCode > 299 {
		panic(fmt.Sprint(answer["error"])) // code and message
	}
	return answer
}

func main() {
	ask("POST", "/sessions/ada/messages", []object{{"role": "user", "content": "Hi!"}})
	fmt.Println(ask("GET", "/sessions/ada/messages?format=openai&max_tokens=4000", nil)["messages"])
	fmt.Println(ask("GET", "/sessions/ada/load", nil)["history"])
}
