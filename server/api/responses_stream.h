/* SPDX-License-Identifier: MIT */
/* responses_stream.h - the events of a response, handed on as they come. */
#ifndef SERVER_API_RESPONSES_STREAM_H
#define SERVER_API_RESPONSES_STREAM_H

#include "schema/llm/response_own.h"
#include "server/api/reply.h"
#include "server/api/request.h"

/*
 * The reply's call streams, with these ids.  `chat` is not empty where chunks
 * of a chat completion come: the request that they answer, made at /responses.
 */
int responses_stream(struct reply *reply, const struct response_own *own,
	struct slice chat, struct error *error);

/*
 * After the stream: appends the event that ended it, which waits for the
 * commit, valid and compact; nothing: it has failed, and the client knows.
 * ERROR_UPSTREAM: it was cut off.
 */
int responses_stream_end(
	const struct request *request, struct text *event, struct error *error);

/* Appends an event as it is sent. */
void responses_stream_write(
	struct text *out, const struct response_own *own, struct slice event);

#endif
