/* SPDX-License-Identifier: MIT */
/*
 * instructions.c - requests without sockets, for valgrind to count.
 *
 * A request goes the way it goes in the server, from its body to its reply,
 * but in one thread and in batches of one size: so a count is the same
 * whenever it is made.  tests/bench/instructions runs it.
 *
 *	instructions FILE ROW	does row ROW of the table; alone: lists them
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory/registry.h"
#include "core/store/expect.h"
#include "core/store/recent.h"
#include "schema/error.h"
#include "schema/json/scan.h"
#include "schema/tokens/tokenizer.h"
#include "server/api/route.h"

#define SESSIONS 10
#define BATCHES	 20 /* that are counted */
#define WORDS	 "the quick brown fox jumps over the lazy dog, "
#define MESSAGE	 WORDS WORDS WORDS

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

struct workload {
	const char *name;
	enum api_method method;
	const char *resource;
	const char *body;
	const char *parameter;
	const char *value;
	size_t batch; /* requests of one transaction */
};

#define APPEND "{\"role\":\"user\",\"content\":\"" MESSAGE "\"}"
#define TURN                                                   \
	"{\"inputs\":{\"input\":\"" MESSAGE "\"},\"outputs\":" \
	"{\"output\":\"" MESSAGE "\"}}"

#define NEWEST 5 /* of these, the newest 20 */

static const struct workload workloads[] = {
	{ "append", METHOD_POST, "messages", APPEND, NULL, NULL, 1 },
	{ "append, 20 at once", METHOD_POST, "messages", APPEND, NULL, NULL,
		20 },
	{ "save", METHOD_POST, "save", TURN, NULL, NULL, 1 },
	{ "save, 20 at once", METHOD_POST, "save", TURN, NULL, NULL, 20 },
	{ "page of 20", METHOD_GET, "messages", "", "limit", "20", 1 },
	{ "newest 20", METHOD_GET, "messages", "", "last", "20", 1 },
	{ "10 turns", METHOD_GET, "messages", "", "turns", "10", 1 },
	{ "1000 tokens", METHOD_GET, "messages", "", "max_tokens", "1000", 1 },
	{ "load 20 as text", METHOD_GET, "load", "", "last", "20", 1 },
	{ "20 items", METHOD_GET, "items", "", "limit", "20", 1 },
};

static struct tokenizers tokenizers;
static struct store_recent *recent;
static const struct memories memories = { .tokenizers = &tokenizers };

struct driver {
	struct store *store;
	const struct workload *workload;
	struct json_scratch scratch;
	size_t sent;
};

static void must(int result, const struct error *error)
{
	if (result == 0)
		return;
	fprintf(stderr, "instructions: %s\n", error->message);
	exit(1);
}

/* The path: only conversations have items. */
static void driver_name(
	struct request *request, struct slice session, struct slice resource)
{
	const struct slice openai[] = { SLICE("v1"), SLICE("conversations"),
		session, resource };
	const struct slice own[] = { SLICE("sessions"), session, resource };

	if (slice_is(resource, "items")) {
		memcpy(request->segments, openai, sizeof(openai));
		request->segment_count = COUNT(openai);
	} else {
		memcpy(request->segments, own, sizeof(own));
		request->segment_count = COUNT(own);
	}
}

/* Reads a request as a socket's thread does. */
static void driver_read(struct driver *driver, struct request *request)
{
	const struct workload *workload = driver->workload;
	static char names[SESSIONS][16];
	char *name = names[driver->sent++ % SESSIONS];
	struct error error = { 0 };
	const char *allow;
	size_t length;

	snprintf(name, sizeof(names[0]), "s%zu", driver->sent % SESSIONS);
	*request = (struct request){
		.method = workload->method,
		.memories = &memories,
	};
	driver_name(request, slice_of(name), slice_of(workload->resource));
	if (workload->parameter != NULL)
		request->parameters[request->parameter_count++] =
			(struct target_parameter){ slice_of(
							   workload->parameter),
				slice_of(workload->value), true };
	must(api_route(request, &allow, &error), &error);
	text_string(&request->buffer, workload->body);
	length = request->buffer.length;
	if (length > 0)
		must(api_scan(request, request->buffer.data, &length,
			     &driver->scratch, &error),
			&error);
	request->body = (struct slice){ request->buffer.data, length };
	must(api_check(request, &error), &error);
}

static void driver_handle(struct driver *driver, struct request *request)
{
	struct reply reply = { 0 };
	struct error error = { 0 };

	request->now = store_now(driver->store);
	must(api_handle(driver->store, request, &reply, &error), &error);
	if (reply.status < 200 || reply.status > 299 || reply.next != NEXT_NONE)
		must(-1, &error);
	reply_clear(&reply);
	request_clear(request);
}

static void driver_write(struct driver *driver, struct request *requests)
{
	struct store *store = driver->store;
	struct error error = { 0 };

	must(store_begin(store, &error), &error);
	store_expect_no_undo(store, true);
	for (size_t i = 0; i < driver->workload->batch; i++) {
		must(store_enter(store, &error), &error);
		driver_handle(driver, &requests[i]);
		must(store_leave(store, true, &error), &error);
	}
	must(store_commit(store, &error), &error);
}

static void driver_run(struct driver *driver)
{
	struct request requests[20];
	struct error error = { 0 };

	for (size_t i = 0; i < driver->workload->batch; i++)
		driver_read(driver, &requests[i]);
	if (driver->workload->method == METHOD_POST) {
		driver_write(driver, requests);
		return;
	}
	must(store_begin(driver->store, &error), &error);
	driver_handle(driver, requests);
	store_rollback(driver->store);
}

/* What valgrind counts: it has to find the function. */
__attribute__((noinline)) void instructions_counted(struct driver *driver);

void instructions_counted(struct driver *driver)
{
	for (int i = 0; i < BATCHES; i++)
		driver_run(driver);
}

static void driver_open(
	struct driver *driver, const char *path, enum store_mode mode)
{
	const struct store_options options = {
		.url = path,
		.relaxed = true,
		.search = true,
		.recent = recent,
	};
	struct error error = { 0 };

	store_close(driver->store);
	must(store_open(&driver->store, &options, mode, &error), &error);
}

int main(int argc, char **argv)
{
	const size_t row = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	struct driver driver = { 0 };
	struct error error = { 0 };

	if (argc < 3 || row >= COUNT(workloads)) {
		for (size_t i = 0; i < COUNT(workloads); i++)
			printf("%zu %s\n", workloads[i].batch * BATCHES,
				workloads[i].name);
		return argc < 3 ? 0 : 2;
	}
	must(tokenizer_new_approx(&tokenizers.approx, &error), &error);
	if (store_recent_new(&recent, 32 << 20))
		return 1;
	/* Each session gets 40 messages, and every cache is warm. */
	driver_open(&driver, argv[1], STORE_WRITE);
	driver.workload = &workloads[2];
	for (size_t i = 0; i < 20 * SESSIONS; i++)
		driver_run(&driver);
	driver_open(&driver, argv[1], STORE_READ);
	driver.workload = &workloads[NEWEST];
	for (size_t i = 0; i < SESSIONS; i++)
		driver_run(&driver);
	driver.workload = &workloads[row];
	if (driver.workload->method != METHOD_GET)
		driver_open(&driver, argv[1], STORE_WRITE);
	for (size_t i = 0; i < SESSIONS; i++)
		driver_run(&driver);
	instructions_counted(&driver);
	json_scratch_clear(&driver.scratch);
	store_close(driver.store);
	store_recent_free(recent);
	tokenizer_free(tokenizers.approx);
	return 0;
}
