/* SPDX-License-Identifier: MIT */
/*
 * serve.c - starts the parts, waits for a signal, stops them in order.
 */
#include "server/serve.h"

#include "core/memory/registry.h"
#include "core/store/change_feed.h"
#include "core/store/expect.h"
#include "core/store/recent.h"
#include "core/store/store.h"
#include "core/store/turns.h"
#include "schema/clock.h"
#include "schema/error.h"
#include "server/api/llm_api.h"
#include "server/api/route.h"
#include "server/auth/access.h"
#include "server/auth/address.h"
#include "server/cli/command.h"
#include "server/config/config.h"
#include "server/config/plugins.h"
#include "server/config/tokenizers.h"
#include "server/greet.h"
#include "server/http/http.h"
#include "server/libraries.h"
#include "server/log_settings.h"
#include "server/model.h"
#include "server/observe/log.h"
#include "server/observe/metrics.h"
#include "server/process.h"
#include "server/reload.h"
#include "server/signals.h"
#include "server/systemd.h"
#include "server/upstream/upstream.h"
#include "server/work/hints.h"
#include "server/work/readers.h"
#include "server/work/task.h"
#include "server/work/writer.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BODIES_MAX	     ((size_t)256 << 20)
#define QUEUE_MAX	     4096
#define ERASE_MS	     30000
#define FAILED_DRAIN_SECONDS 2
#define LAST_REPLIES_SECONDS 2
#define TASKS_MAX	     4096
#define READERS		     2 /* of a file of this machine */

struct serve_server {
	const struct config *config;
	struct store_options store_options;
	bool shared;	/* store_is_shared() */
	bool has_turns; /* store_has_turns() */
	bool others;	/* store_has_versions() */
	struct access *access;
	struct metrics *metrics;
	struct memories memories;
	struct plugins plugins;
	struct tokenizer_files tokenizers;
	struct notifier *notifier;
	struct hints *hints; /* NULL: none */
	struct writer *writer;
	struct readers *readers;
	struct tasks *tasks;
	struct upstream *upstream;
	struct llm_api llm_api;
	struct httpd_options httpd_options;
	struct httpd *httpd;
	struct signals signals;
	atomic_bool failed; /* because of the disk */
};

static void serve_warn(void *context, const char *line)
{
	(void)context;
	log_line(LOG_WARNING, line, NULL);
}

/* Said once for each, however often it is met. */
static void serve_damaged(void *context, const char *sentence)
{
	const struct serve_server *server = context;

	if (metrics_damaged(server->metrics, sentence))
		log_line(LOG_ERROR, sentence, NULL);
}

static void serve_changed(void *context, const struct store_changes *changes)
{
	const struct serve_server *server = context;

	notifier_changed(server->notifier, changes);
	hints_tell(server->hints, changes);
}

/* Of another server. */
static void serve_heard(void *context, const struct store_changes *changes)
{
	const struct serve_server *server = context;

	notifier_changed(server->notifier, changes);
}

/* Called by the writer; wakes serve_wait_for_signal(). */
static void serve_disk_failed(void *context)
{
	struct serve_server *server = context;

	log_line(LOG_ERROR, "the disk failed; the next start recovers", NULL);
	atomic_store(&server->failed, true);
	kill(getpid(), SIGUSR1);
}

/* --- the process ------------------------------------------------------ */

static bool serve_has_failed(void *context)
{
	const struct serve_server *server = context;

	return atomic_load(&server->failed);
}

static void serve_reload(void *context)
{
	const struct serve_server *server = context;

	systemd_reloading();
	reload_again(server->access, server->config);
	systemd_ready();
}

static void serve_prepare_process(struct serve_server *server)
{
	server->signals = (struct signals){
		.failed = serve_has_failed,
		.reload = serve_reload,
		.context = server,
	};
	signals_block(&server->signals);
	process_prepare();
	json_object_seed(0);
}

static void serve_wait_for_signal(const struct serve_server *server)
{
	const char *name = signals_name(signals_wait(&server->signals));

	log_line(LOG_INFO, "stopping", "signal", name, NULL);
}

/* --- the parts -------------------------------------------------------- */

static int serve_start_hints(struct serve_server *server, struct error *error)
{
	const struct hints_options options = {
		.url = server->config->db_listen_url,
		.heard = serve_heard,
		.warn = serve_warn,
		.context = server,
	};

	return options.url ? hints_start(&server->hints, &options, error) : 0;
}

static int serve_start_writer(struct serve_server *server, struct error *error)
{
	struct writer_options options = {
		.queue_max = QUEUE_MAX,
		.erase_ms = ERASE_MS,
		.changed = serve_changed,
		.fatal = serve_disk_failed,
		.warn = serve_warn,
		.context = server,
		.metrics = server->metrics,
	};
	struct store *store;

	server->notifier = notifier_new();
	if (!server->notifier || store_recent_new(&server->store_options.recent,
					 (size_t)server->config->cache))
		return error_out_of_memory(error);
	if (serve_start_hints(server, error) ||
		store_open(&store, &server->store_options, STORE_WRITE, error))
		return -1;
	server->shared = store_is_shared(store);
	server->has_turns = store_has_turns(store);
	server->others = store_has_versions(store) && !server->hints;
	if (server->has_turns) /* several may write */
		options.beside = &server->store_options;
	if (!writer_start(&server->writer, store, &options, error))
		return 0;
	store_close(store);
	return -1;
}

static int serve_start_readers(struct serve_server *server, struct error *error)
{
	const struct readers_options options = {
		.queue_max = QUEUE_MAX,
		.threads = server->shared ? (size_t)server->config->db_readers
					  : READERS,
		.store = &server->store_options,
		.metrics = server->metrics,
	};

	return readers_start(&server->readers, &options, error);
}

static void serve_stream_grown(void *context, uint64_t key)
{
	const struct serve_server *server = context;

	notifier_changed_one(server->notifier, key);
}

static int serve_start_tasks(struct serve_server *server, struct error *error)
{
	const struct tasks_options options = {
		.handle = api_handle,
		.expect = api_expect,
		.readers = server->readers,
		.writer = server->writer,
		.upstream = server->upstream,
		.reflect = api_reflect_route(),
		.memories = &server->memories,
		.shared = server->has_turns,
		.count_max = TASKS_MAX,
		.bytes_max = BODIES_MAX,
		.grown = serve_stream_grown,
		.context = server,
		.metrics = server->metrics,
	};

	return tasks_new(&server->tasks, &options, error);
}

static unsigned serve_listen_mode(const struct config *config)
{
	static const unsigned modes[] = {
		[LISTEN_MODE_660] = 0660,
		[LISTEN_MODE_600] = 0600,
		[LISTEN_MODE_666] = 0666,
	};

	return modes[config->listen_mode];
}

static int serve_start_httpd(struct serve_server *server, struct error *error)
{
	const struct config *config = server->config;

	server->llm_api.kind = (enum llm_api_kind)config->llm_api;
	server->httpd_options = (struct httpd_options){
		.listen = config->listen,
		.listen_mode = serve_listen_mode(config),
		.threads = (unsigned)config->threads,
		.max_connections = (unsigned)config->max_connections,
		.other_files =
			(unsigned)((config->llm_url ? MODEL_CALLS_MAX : 0) +
				   (server->shared ? config->db_readers : 0)),
		.max_body = (size_t)config->max_body,
		.max_bodies = BODIES_MAX,
		.max_writes = QUEUE_MAX,
		.rate = config->rate,
		.trusted_proxy = config->trusted_proxy,
		.arrive_seconds = (unsigned)config->request_timeout,
		.page = config->page == PAGE_ON,
		.passed = config->llm_pass,
		.llm_api = &server->llm_api,
		.response_ttl = config->response_ttl * 1000,
		.far = server->shared,
		.others = server->others,
		.store = &server->store_options,
		.access = server->access,
		.writer = server->writer,
		.readers = server->readers,
		.tasks = server->tasks,
		.metrics = server->metrics,
		.memories = &server->memories,
		.notifier = server->notifier,
	};

	return httpd_start(&server->httpd, &server->httpd_options, error);
}

static void serve_log_start(const struct serve_server *server)
{
	struct address address;
	struct error error;
	char port[16];

	if (address_parse(server->config->listen, &address, &error))
		return;
	snprintf(port, sizeof(port), "%u", httpd_port(server->httpd));
	log_line(LOG_INFO, "listening", "address",
		address.path[0] ? address.path : address.host, "port", port,
		"db", server->config->db, "version", CHATMEM_VERSION, NULL);
	if (!address.path[0])
		greet(server->shared ? NULL : server->config->db, address.host,
			httpd_port(server->httpd));
}

/* Within this time all that was accepted is answered, and read. */
static void serve_drain(struct serve_server *server, unsigned seconds)
{
	const int64_t end = clock_ms(CLOCK_MONOTONIC) + (int64_t)seconds * 1000;
	int64_t left;

	httpd_drain(server->httpd, seconds);
	if (atomic_load(&server->failed))
		return;
	left = end - clock_ms(CLOCK_MONOTONIC);
	tasks_drain(server->tasks, left > 0 ? left : 0);
	httpd_drain(server->httpd, LAST_REPLIES_SECONDS);
}

/*
 * Frees what was started, when no socket and no call is left.  Tasks that have
 * outlasted the drain are given up while the lanes are there to end them.
 * After a disk failure the next start finds out what is stored: then the store
 * is left alone, and so are the threads that still use it.
 */
static void serve_release(struct serve_server *server)
{
	tasks_free(server->tasks);
	readers_stop(server->readers);
	writer_stop(server->writer);
	hints_stop(server->hints);
	upstream_free(server->upstream);
	notifier_free(server->notifier);
	store_recent_free(server->store_options.recent);
	access_free(server->access);
	metrics_free(server->metrics);
	plugins_close(&server->plugins);
	tokenizer_files_close(&server->tokenizers);
}

static void serve_stop(struct serve_server *server)
{
	signals_arm_second();
	systemd_stopping();
	serve_drain(server, atomic_load(&server->failed)
				    ? FAILED_DRAIN_SECONDS
				    : (unsigned)server->config->drain_timeout);
	if (atomic_load(&server->failed))
		_exit(EXIT_FAILURE);
	httpd_stop(server->httpd);
	serve_release(server);
}

int serve(const struct config *config, struct error *error)
{
	struct serve_server server = {
		.config = config,
		.memories = model_memories(config),
		.store_options = command_store(config),
	};

	server.store_options.warn = serve_warn;
	server.store_options.wait_ms = config->db_wait * 1000;
	server.store_options.quota_as_before = false;
	server.store_options.quota_sessions = config->quota_sessions;
	server.store_options.quota_bytes = config->quota_bytes;
	server.store_options.damaged = serve_damaged;
	server.store_options.warn_context = &server;
	log_settings_apply(config);
	serve_prepare_process(&server);
	config_warn(config, environ);
	libraries_check();
	server.memories.tokenizers = &server.tokenizers.set;
	if (plugins_open(&server.plugins, config->memory_plugin,
		    &server.memories, error) ||
		tokenizer_files_open(
			&server.tokenizers, &config->tokenizer_files, error) ||
		metrics_new(&server.metrics, error) ||
		reload_first(&server.access, config, error) ||
		httpd_check(config->listen, config->trusted_proxy, error) ||
		model_start(&server.upstream, config, server.metrics, error) ||
		serve_start_writer(&server, error) ||
		serve_start_readers(&server, error) ||
		serve_start_tasks(&server, error) ||
		serve_start_httpd(&server, error)) {
		upstream_stop(server.upstream);
		serve_release(&server);
		return -1;
	}
	serve_log_start(&server);
	systemd_ready();
	serve_wait_for_signal(&server);
	serve_stop(&server);
	return atomic_load(&server.failed)
		       ? error_set(error, ERROR_UNAVAILABLE, "the disk failed")
		       : 0;
}
