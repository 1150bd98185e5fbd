/* SPDX-License-Identifier: MIT */
/*
 * model_server.h - a language model's server that misbehaves when it is told
 * to.
 *
 * Behind "/v1" a path says what happens to the request; each connection has a
 * thread.  It lasts as long as the program.
 */
#ifndef TESTS_UNIT_MODEL_SERVER_H
#define TESTS_UNIT_MODEL_SERVER_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* A connection, and the request that it is at. */
struct visit {
	int fd;
	char head[4096];
	char body[4096];
};

static struct {
	int port;
	_Atomic int connections;
	_Atomic int requests;
	_Atomic int busy; /* how many more are told to come again */
	_Atomic size_t sent;
	_Atomic bool goes; /* those that wait go on */
} model_server;

/* Those that it waits for come from other threads. */
#define wait_until(condition) \
	while (!(condition))  \
	usleep(1000)

/* False: the other side is gone. */
static bool say(const struct visit *visit, const char *bytes, size_t length)
{
	ssize_t sent = send(visit->fd, bytes, length, MSG_NOSIGNAL);

	if (sent > 0)
		model_server.sent += (size_t)sent;
	return sent == (ssize_t)length;
}

static bool say_text(const struct visit *visit, const char *text)
{
	return say(visit, text, strlen(text));
}

static void answer(
	const struct visit *visit, const char *status, const char *body)
{
	char head[256];

	snprintf(head, sizeof(head),
		"HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
		"Content-Length: %zu\r\n\r\n",
		status, strlen(body));
	say_text(visit, head);
	say_text(visit, body);
}

/* --- manners ----------------------------------------------------------- */

/* Answers; true keeps the connection. */
static bool echo(const struct visit *visit)
{
	answer(visit, "200 OK", visit->body);
	return true;
}

static bool wait_first(const struct visit *visit)
{
	wait_until(model_server.goes);
	return echo(visit);
}

static bool be_busy(const struct visit *visit)
{
	if (model_server.busy-- <= 0)
		return echo(visit);
	answer(visit, "429 Too Many Requests",
		"{\"error\": {\"message\": \"slow down\"}}");
	return true;
}

static bool be_busy_for_a_second(const struct visit *visit)
{
	if (model_server.busy-- <= 0)
		return echo(visit);
	answer(visit, "503 Later\r\nRetry-After: 1", "<html>later</html>");
	return true;
}

static bool be_busy_for_half_a_minute(const struct visit *visit)
{
	if (model_server.busy-- <= 0)
		return echo(visit);
	answer(visit, "503 Later\r\nRetry-After: 30", "<html>later</html>");
	return true;
}

static bool be_busy_for_an_hour(const struct visit *visit)
{
	answer(visit, "503 Later\r\nRetry-After: 3600", "come\nback");
	return true;
}

/* Answers as servers do that mean to help, with the key in it. */
static bool refuse(const struct visit *visit)
{
	const char *key = strstr(visit->head, "Bearer ");
	char body[512];

	snprintf(body, sizeof(body),
		"{\"error\":{\"message\":\"Incorrect key: %.*s\"}}",
		key ? (int)strcspn(key + 7, "\r\n") : 0, key ? key + 7 : "");
	answer(visit, "401 Unauthorized", body);
	return true;
}

static bool send_away(const struct visit *visit)
{
	answer(visit, "302 Found\r\nLocation: /v1/echo", "");
	return true;
}

static bool send_status(const struct visit *visit)
{
	answer(visit, "500 Oops", "{\"detail\":\"it broke\"}");
	return true;
}

static bool keep_silent(const struct visit *visit)
{
	char byte;

	while (recv(visit->fd, &byte, 1, 0) > 0)
		;
	return false;
}

static bool hang_up(const struct visit *visit)
{
	(void)visit;
	return false;
}

static bool cut(const struct visit *visit)
{
	say_text(
		visit, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"cho");
	return false;
}

static bool talk_rubbish(const struct visit *visit)
{
	say(visit, "\0\1\2 what?\n", 10);
	return false;
}

static void say_chunk(const struct visit *visit, const char *text)
{
	char size[32];

	snprintf(size, sizeof(size), "%zx\r\n", strlen(text));
	say_text(visit, size);
	say_text(visit, text);
	say_text(visit, "\r\n");
}

#define STREAM_HEAD                                       \
	"HTTP/1.1 200 OK\r\nContent-Type: "               \
	"text/event-stream\r\nTransfer-Encoding: chunked" \
	"\r\n\r\n"

static bool stream(const struct visit *visit)
{
	say_text(visit, STREAM_HEAD);
	say_chunk(visit, "data: x\n\n");
	wait_until(model_server.goes);
	for (int i = 0; i < 2; i++)
		say_chunk(visit, "data: x\n\n");
	say_text(visit, "0\r\nX-Trailer: 1\r\n\r\n");
	return true;
}

static bool cut_stream(const struct visit *visit)
{
	say_text(visit, STREAM_HEAD);
	say_chunk(visit, "data: x\n\n");
	return false;
}

static bool stream_and_stall(const struct visit *visit)
{
	say_text(visit, STREAM_HEAD);
	say_chunk(visit, "data: x\n\n");
	return keep_silent(visit);
}

/* Waits until the other side goes. */
static bool pour(const struct visit *visit)
{
	static const char zeros[65536];

	while (say(visit, zeros, sizeof(zeros)))
		;
	return false;
}

static bool say_ten_gigabytes(const struct visit *visit)
{
	say_text(visit,
		"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n");
	return pour(visit);
}

static bool never_end(const struct visit *visit)
{
	say_text(visit, "HTTP/1.1 200 OK\r\n\r\n");
	return pour(visit);
}

static const struct {
	const char *path;
	bool (*answer)(const struct visit *visit);
} manners[] = {
	{ "/v1/echo", echo },
	{ "/v1/wait", wait_first },
	{ "/v1/busy", be_busy },
	{ "/v1/busy-second", be_busy_for_a_second },
	{ "/v1/busy-half-minute", be_busy_for_half_a_minute },
	{ "/v1/busy-hour", be_busy_for_an_hour },
	{ "/v1/refuse", refuse },
	{ "/v1/away", send_away },
	{ "/v1/broken", send_status },
	{ "/v1/silent", keep_silent },
	{ "/v1/hang-up", hang_up },
	{ "/v1/cut", cut },
	{ "/v1/rubbish", talk_rubbish },
	{ "/v1/stream", stream },
	{ "/v1/stream-cut", cut_stream },
	{ "/v1/stream-stall", stream_and_stall },
	{ "/v1/ten-gigabytes", say_ten_gigabytes },
	{ "/v1/endless", never_end },
};

/* --- connections ------------------------------------------------------- */

static bool read_head(struct visit *visit)
{
	size_t length = 0;

	do {
		if (length == sizeof(visit->head) - 1 ||
			recv(visit->fd, visit->head + length, 1, 0) <= 0)
			return false;
		visit->head[++length] = '\0';
	} while (!strstr(visit->head, "\r\n\r\n"));
	return true;
}

static bool read_body(struct visit *visit)
{
	const char *field = strstr(visit->head, "Content-Length: ");
	const size_t length = field ? strtoul(field + 16, NULL, 10) : 0;
	size_t had = 0;

	ck_assert_uint_lt(length, sizeof(visit->body));
	while (had < length) {
		ssize_t got =
			recv(visit->fd, visit->body + had, length - had, 0);

		if (got <= 0)
			return false;
		had += (size_t)got;
	}
	visit->body[had] = '\0';
	return true;
}

static bool serve_request(struct visit *visit)
{
	const char *path;

	if (!read_head(visit) || !read_body(visit))
		return false;
	model_server.requests++;
	path = strchr(visit->head, ' ') + 1;
	for (size_t i = 0; i < sizeof(manners) / sizeof(*manners); i++) {
		const size_t length = strlen(manners[i].path);

		if (!strncmp(path, manners[i].path, length) &&
			path[length] == ' ')
			return manners[i].answer(visit);
	}
	answer(visit, "404 Not Found", "");
	return true;
}

static void *serve_connection(void *context)
{
	struct visit *visit = context;

	while (serve_request(visit))
		;
	close(visit->fd);
	free(visit);
	return NULL;
}

static void *accept_connections(void *context)
{
	const int *listener = context;
	pthread_t thread;

	for (;;) {
		struct visit *visit = calloc(1, sizeof(*visit));

		visit->fd = accept(*listener, NULL, NULL);
		model_server.connections++;
		pthread_create(&thread, NULL, serve_connection, visit);
		pthread_detach(thread);
	}
	return NULL;
}

/* Check runs every test in a process of its own: each has its upstream. */
static inline void model_server_start(void)
{
	static int listener;
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	pthread_t thread;

	listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert(!bind(listener, (struct sockaddr *)&address, size));
	ck_assert(!listen(listener, 512));
	getsockname(listener, (struct sockaddr *)&address, &size);
	model_server.port = ntohs(address.sin_port);
	ck_assert(
		!pthread_create(&thread, NULL, accept_connections, &listener));
	pthread_detach(thread);
}

#endif
