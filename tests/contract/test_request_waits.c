/* SPDX-License-Identifier: MIT */
/*
 * test_request_waits.c - requests as the server runs them, in the writer's
 * batches, over a database that is far away: each usual batch waits twice.
 */
#include <semaphore.h>

#include "core/memory/registry.h"
#include "server/api/route.h"
#include "server/work/writer.h"
#include "tests/contract/store_unit.h"

#define MEMBERS 8

/* A request that is sent for each of several sessions. */
struct kind {
	const char *what;
	const char *last;    /* of the path, behind the session */
	const char *session; /* how its name begins; the number follows */
	const char *body;    /* the number stands for each # */
	const char *key;     /* how its Idempotency-Key begins, or NULL */
	const char *retries; /* x-stainless-retry-count, or NULL */
	enum api_method method;
};

struct sent {
	struct job job;
	struct request request;
	struct reply reply;
	struct error error;
	char session[24];
	char key[24];
	char body[600];
};

static struct writer *writer;
static const struct memories plain;
static const struct memories reflecting = { .model = "m" };

/* --- a writer without sockets -------------------------------------------- */

static sem_t gate_runs;
static sem_t gate_opens;
static sem_t all_done;
static int left;
static int replays; /* replies that say Idempotent-Replay */

/* Round trips and batches of the writer's thread. */
static struct {
	int64_t waits;
	int64_t batches;
} before, after;

static int64_t waits(void)
{
	return engine->batches ? engine->waits(NULL) : 0;
}

static int64_t batches(void)
{
	return engine->batches ? engine->batches() : 0;
}

static int gate_run(struct job *job, struct store *store)
{
	(void)job;
	(void)store;
	sem_post(&gate_runs);
	sem_wait(&gate_opens);
	return 0;
}

static void gate_done(struct job *job, const struct error *outcome)
{
	(void)job;
	ck_assert_ptr_null(outcome);
	before.batches = -1;
}

static struct sent *sent_of(struct job *job)
{
	return (struct sent *)(void *)((char *)job -
				       offsetof(struct sent, job));
}

/* As an exchange does it. */
static int sent_run(struct job *job, struct store *store)
{
	struct sent *sent = sent_of(job);

	reply_clear(&sent->reply);
	sent->error = (struct error){ 0 };
	sent->request.now = store_now(store);
	return api_handle(store, &sent->request, &sent->reply, &sent->error);
}

/* The first thing that is done of a batch, when it has begun. */
static void sent_expects(struct job *job, struct store_expected *expected)
{
	if (before.batches < 0) {
		before.waits = waits();
		before.batches = batches() - 1;
	}
	api_expect(&sent_of(job)->request, expected);
}

static void sent_done(struct job *job, const struct error *outcome)
{
	struct sent *sent = sent_of(job);

	if (outcome)
		sent->error = *outcome;
	if (--left > 0)
		return;
	after.waits = waits();
	after.batches = batches();
	sem_post(&all_done);
}

static void give_up(void *context)
{
	(void)context;
	ck_abort_msg("the disk failed");
}

static void start(void)
{
	const struct writer_options options = {
		.queue_max = 100, .erase_ms = 30000, .fatal = give_up
	};

	scratch();
	sem_init(&gate_runs, 0, 0);
	sem_init(&gate_opens, 0, 0);
	sem_init(&all_done, 0, 0);
	ok(writer_start(&writer, open_store(STORE_WRITE), &options, &error));
}

static void stop(void)
{
	writer_stop(writer);
	scratch_end();
}

/* --- requests --------------------------------------------------------------
 */

static void fill(char *out, const char *form, int nth)
{
	for (; *form; form++)
		*out++ = *form == '#' ? (char)('0' + nth) : *form;
	*out = '\0';
}

/* What the socket's thread does before it pushes the job. */
static void sent_read(
	struct sent *sent, const struct kind *kind, int nth, bool reflects)
{
	struct request *request = &sent->request;
	const char *allow;

	fill(sent->session, kind->session, nth);
	fill(sent->body, kind->body, nth);
	*request = (struct request){
		.method = kind->method,
		.segments = { SLICE("sessions"), slice_of(sent->session),
			slice_of(kind->last) },
		.segment_count = kind->last[0] ? 3 : 2,
		.body = slice_of(sent->body),
		.memories = reflects ? &reflecting : &plain,
	};
	if (!kind->session[0])
		request->segment_count = 1;
	if (kind->key) {
		fill(sent->key, kind->key, nth);
		request->idempotency_key = slice_of(sent->key);
	}
	if (kind->retries)
		request->retry_count = slice_of(kind->retries);
	ok(api_route(request, &allow, &error));
	ok(api_check(request, &error));
	sent->job = (struct job){
		.bytes = request_size(request),
		.alone = request->route->alone,
		.expects = sent_expects,
		.run = sent_run,
		.done = sent_done,
	};
}

/* All of them, which wait together; each must be answered with this status. */
static void send_all(struct sent *sent, int count, const char *what)
{
	struct job gate = { .run = gate_run, .done = gate_done };

	left = count;
	ok(writer_push(writer, &gate, &error));
	sem_wait(&gate_runs);
	for (int i = 0; i < count; i++)
		ok(writer_push(writer, &sent[i].job, &error));
	sem_post(&gate_opens);
	sem_wait(&all_done);
	for (int i = 0; i < count; i++) {
		ck_assert_msg(sent[i].reply.status / 100 == 2, "%s: %d %s",
			what, sent[i].reply.status, sent[i].error.message);
		replays += sent[i].reply.header_count;
		reply_clear(&sent[i].reply);
		request_clear(&sent[i].request);
	}
}

static void send_kind(const struct kind *kind, int count, bool reflects)
{
	struct sent sent[MEMBERS] = { 0 };

	for (int i = 0; i < count; i++)
		sent_read(&sent[i], kind, i, reflects);
	send_all(sent, count, kind->what);
}

/* A batch that is lost at its commit is run again in parts. */
static void waited_twice_a_batch(const char *what)
{
	const int64_t batch_count = after.batches - before.batches;

	if (!engine->batches)
		return;
	ck_assert_int_gt(batch_count, 0);
	ck_assert_msg(after.waits - before.waits == 2 * batch_count,
		"%s: %lld waits in %lld batches", what,
		(long long)(after.waits - before.waits),
		(long long)batch_count);
}

#define HUMAN(more) "{\"type\":\"human\",\"data\":{\"content\":\"#\"}" more "}"
#define TURN	    "{\"inputs\":{\"i\":\"Hi\"},\"outputs\":{\"o\":\"Ho #\"}}"
#define WITH_METADATA \
	"{\"messages\":[\"m\"],\"metadata\":{\"n\":#,\"tag\":\"t\"}}"

/* In this order: the later ones find what those before have left. */
static const struct kind kinds[] = {
	{ "a first append", "messages", "s#", HUMAN(""),
		.method = METHOD_POST },
	{ "an append", "messages", "s#", HUMAN(""), .method = METHOD_POST },
	{ "with a key", "messages", "s#", HUMAN(""), "k#",
		.method = METHOD_POST },
	{ "with ids", "messages", "s#",
		"[" HUMAN(",\"id\":\"a\"") "," HUMAN(",\"id\":\"b#\"") "]",
		.method = METHOD_POST },
	{ "a retry without anything kept", "messages", "s#", "\"a\"",
		.retries = "1", .method = METHOD_POST },
	{ "a retry of what was not kept", "messages", "s#", "\"b\"",
		.retries = "2", .method = METHOD_POST },
	{ "the first of its kind", "messages", "s#", "\"c\"", .retries = "0",
		.method = METHOD_POST },
	{ "a turn saved", "save", "s#", TURN, .method = METHOD_POST },
	{ "a turn saved with a key", "save", "s#", TURN, "l#",
		.method = METHOD_POST },
	{ "a turn saved again", "save", "s#", TURN, .retries = "1",
		.method = METHOD_POST },
	{ "a first turn saved", "save", "t#", TURN, .method = METHOD_POST },
	{ "a first append with all", "messages", "u#",
		"[" HUMAN(",\"id\":\"a\"") "," HUMAN(",\"id\":\"b\"") "]", "m#",
		.method = METHOD_POST },
	{ "with metadata", "messages", "s#", WITH_METADATA,
		.method = METHOD_POST },
	{ "a first one with metadata", "messages", "v#", WITH_METADATA,
		.method = METHOD_POST },
	{ "a session made", "", "p#",
		"{\"owner\":\"o\",\"metadata\":{\"n\":#}}",
		.method = METHOD_PUT },
	{ "a session without a name", "", "", "{\"owner\":\"o\"}",
		.method = METHOD_POST },
	{ "all to one session", "messages", "one", HUMAN(",\"id\":\"y#\""),
		"n#", .method = METHOD_POST },
	{ "again", "messages", "one", HUMAN(",\"id\":\"x#\""), "o#",
		.method = METHOD_POST },
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

START_TEST(a_batch_of_requests_waits_twice)
{
	for (size_t i = 0; i < KINDS; i++) {
		send_kind(&kinds[i], MEMBERS, false);
		waited_twice_a_batch(kinds[i].what);
	}
}
END_TEST

START_TEST(a_request_alone_waits_twice)
{
	for (size_t i = 0; i < KINDS; i++) {
		send_kind(&kinds[i], 1, false);
		waited_twice_a_batch(kinds[i].what);
	}
}
END_TEST

/* Each append looks whether a class works in the background. */
START_TEST(requests_of_a_server_with_a_model_wait_twice)
{
	for (size_t i = 0; i < KINDS; i++) {
		send_kind(&kinds[i], MEMBERS, true);
		waited_twice_a_batch(kinds[i].what);
	}
}
END_TEST

START_TEST(requests_of_many_kinds_wait_twice)
{
	struct sent sent[KINDS] = { 0 };

	send_kind(&kinds[0], MEMBERS, false);
	for (size_t i = 0; i < KINDS; i++)
		sent_read(&sent[i], &kinds[i], 1, false);
	send_all(sent, KINDS, "many kinds");
	waited_twice_a_batch("many kinds");
}
END_TEST

/* The first of these does it, whatever was expected; the rest are replays. */
START_TEST(what_comes_again_is_answered_again)
{
	static const struct kind again[] = {
		{ "with a key", "messages", "s", "\"a\"", "k",
			.method = METHOD_POST },
		{ "a retry", "messages", "t", "\"a\"", .retries = "1",
			.method = METHOD_POST },
	};
	struct sent sent[MEMBERS] = { 0 };

	for (size_t i = 0; i < 4; i++) {
		for (int j = 0; j < MEMBERS; j++)
			sent_read(&sent[j], &again[i % 2], j, false);
		replays = 0;
		send_all(sent, MEMBERS, again[i % 2].what);
		ck_assert_int_eq(replays, i < 2 ? MEMBERS - 1 : MEMBERS);
	}
}
END_TEST

CONTRACT_UNIT("request_waits", start, stop, a_batch_of_requests_waits_twice,
	a_request_alone_waits_twice,
	requests_of_a_server_with_a_model_wait_twice,
	requests_of_many_kinds_wait_twice, what_comes_again_is_answered_again)
