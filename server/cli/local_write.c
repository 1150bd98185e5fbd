/* SPDX-License-Identifier: MIT */
/* local_write.c - a write of a command to the store itself. */
#include "server/cli/local_write.h"

#include <errno.h>
#include <semaphore.h>

#include "core/store/expect.h"
#include "core/store/store.h"
#include "schema/error.h"
#include "server/api/route.h"
#include "server/work/writer.h"

#define ERASE_MS 30000

struct local_write_job {
	struct job job;
	struct request *request;
	struct reply *reply;
	struct error *error;
	bool failed;
	sem_t done;
};

static struct local_write_job *local_write_of(struct job *job)
{
	return (struct local_write_job *)(void *)job;
}

static void local_write_expects(
	struct job *job, struct store_expected *expected)
{
	api_expect(local_write_of(job)->request, expected);
}

static int local_write_run(struct job *job, struct store *store)
{
	struct local_write_job *write = local_write_of(job);
	int result;

	reply_clear(write->reply);
	*write->error = (struct error){ 0 };
	write->request->now = store_now(store);
	result = api_handle(store, write->request, write->reply, write->error);
	write->failed = result != 0;
	job->erases = write->reply->erases;
	job->erased = write->reply->erased;
	return result;
}

static void local_write_done(struct job *job, const struct error *outcome)
{
	struct local_write_job *write = local_write_of(job);

	if (outcome) {
		write->failed = true;
		*write->error = *outcome;
	}
	sem_post(&write->done);
}

/* Each job of a disk that failed is told so, and none is left. */
static void local_write_fail(void *context)
{
	(void)context;
}

/* A server tells what maintenance meets beside the job. */
static void local_write_pass_over(void *context, const char *line)
{
	(void)context;
	(void)line;
}

static int local_write_push(struct writer *writer,
	struct local_write_job *write, struct error *error)
{
	if (sem_init(&write->done, 0, 0))
		return error_out_of_memory(error);
	if (writer_push(writer, &write->job, error)) {
		sem_destroy(&write->done);
		return -1;
	}
	while (sem_wait(&write->done) && errno == EINTR)
		;
	sem_destroy(&write->done);
	return write->failed ? -1 : 0;
}

int local_write(const struct store_options *options, struct request *request,
	struct reply *reply, struct error *error)
{
	const struct writer_options settings = {
		.queue_max = 1,
		.erase_ms = ERASE_MS,
		.fatal = local_write_fail,
		.warn = local_write_pass_over,
	};
	struct local_write_job write = {
		.job = {
			.expects = local_write_expects,
			.run = local_write_run,
			.done = local_write_done,
			.frees = request_makes_room(request),
		},
		.request = request,
		.reply = reply,
		.error = error,
	};
	struct writer *writer;
	struct store *store;
	int result;

	if (store_open(&store, options, STORE_WRITE, error))
		return -1;
	if (writer_start(&writer, store, &settings, error)) {
		store_close(store);
		return -1;
	}
	result = local_write_push(writer, &write, error);
	writer_stop(writer);
	return result;
}
