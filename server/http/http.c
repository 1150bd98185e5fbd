/* SPDX-License-Identifier: MIT */
/* http.c - the daemons, one a thread, and what each of them has. */
#include "server/http/http.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

#include "schema/error.h"
#include "server/http/exchange.h"
#include "server/http/waiter.h"
#include "server/observe/log.h"
#include "server/observe/metrics.h"

/* The library whose memory layout the guard knows. */
#define KNOWN_LIBRARY "0.9.75"

#define CONNECTION_MEMORY (32 * 1024)

/*
 * Newer libraries refuse by themselves, if they are asked to, what the guard
 * sees in the memory of the known one.  Of their levels the first does: those
 * above refuse a blank line before a request too, which RFC 9112, 2.2, wants to
 * be ignored, and allow blanks in a chunk's line.
 */
#if MHD_VERSION >= 0x01000000
#define IS_STRICT true
#define STRICT	  MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1,
#else
#define IS_STRICT false
#define STRICT
#endif

/* Descriptors beside the connections: files, log, epoll, readers. */
#define SPARE_DESCRIPTORS  128
#define THREAD_DESCRIPTORS 8

/* The library's own timeout is a second guard behind the registry's. */
#define IDLE_FACTOR 5

/* The interval at which a drain looks whether all has ended. */
#define WAITS_PER_SECOND 500

/* --- threads ---------------------------------------------------------- */

static void http_free_worker(void *context)
{
	struct worker *worker = context;

	store_close(worker->store);
	json_scratch_clear(&worker->scratch);
	free(worker);
}

struct worker *httpd_worker(struct httpd *httpd)
{
	struct worker *worker = pthread_getspecific(httpd->worker_key);

	if (worker)
		return worker;
	worker = calloc(1, sizeof(*worker));
	if (!worker || pthread_setspecific(httpd->worker_key, worker)) {
		free(worker);
		return NULL;
	}
	if (getrandom(&worker->random, sizeof(worker->random), 0) < 0)
		worker->random = (uint64_t)time(NULL) ^ (uintptr_t)worker;
	return worker;
}

int httpd_begin_read(
	struct httpd *httpd, struct store **out, struct error *error)
{
	struct worker *worker = httpd_worker(httpd);

	if (!worker)
		return error_out_of_memory(error);
	if (!worker->store && store_open(&worker->store, httpd->options.store,
				      STORE_READ, error))
		return -1;
	*out = worker->store;
	return store_begin(worker->store, error);
}

/* --- messages of the library ------------------------------------------- */

/* Logs one line a second at most: any malformed request may cause one. */
__attribute__((format(printf, 2, 0))) static void http_log_library(
	void *context, const char *format, va_list arguments)
{
	struct httpd *httpd = context;
	int64_t now = (int64_t)time(NULL);
	int64_t last = atomic_exchange(&httpd->log_second, now);
	char line[256];

	if (last == now)
		return;
	vsnprintf(line, sizeof(line), format, arguments);
	line[strcspn(line, "\r\n")] = '\0';
	log_line(LOG_WARNING, "libmicrohttpd", "said", line, NULL);
}

static void http_panic(
	void *context, const char *file, unsigned line, const char *reason)
{
	char where[256];

	(void)context;
	snprintf(where, sizeof(where), "%s:%u", file, line);
	log_line(LOG_ERROR, "libmicrohttpd gives up", "where", where, "why",
		reason ? reason : "", NULL);
	abort();
}

/* --- connections ------------------------------------------------------ */

static void http_notice_connection(void *context,
	struct MHD_Connection *connection, void **peer,
	enum MHD_ConnectionNotificationCode what)
{
	struct httpd *httpd = context;
	const union MHD_ConnectionInfo *info;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*peer)
			exchange_abandon(*peer);
		peers_remove(&httpd->peers, *peer);
		*peer = NULL;
		return;
	}
	info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (info)
		*peer = peers_add(&httpd->peers, info->connect_fd);
}

/* The target stays as it came; the guard decodes a copy. */
static size_t http_leave_escaped(
	void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

/*
 * Raises the limit of open files to what the connections need; where that
 * is not allowed, fewer connections are served.
 */
static unsigned http_affordable_connections(const struct httpd_options *options)
{
	unsigned spare = SPARE_DESCRIPTORS +
			 THREAD_DESCRIPTORS * options->threads +
			 options->other_files;
	rlim_t needed = (rlim_t)options->max_connections + spare;
	struct rlimit limit, raised;
	char number[32];

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= needed)
		return options->max_connections;
	raised = limit;
	raised.rlim_cur = needed < limit.rlim_max ? needed : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
		limit = raised;
	if (limit.rlim_cur >= needed)
		return options->max_connections;
	snprintf(number, sizeof(number), "%llu",
		(unsigned long long)limit.rlim_cur);
	log_line(LOG_WARNING, "fewer connections than configured", "open_files",
		number, NULL);
	return limit.rlim_cur > 2 * spare ? (unsigned)limit.rlim_cur - spare
					  : (unsigned)limit.rlim_cur / 2;
}

/* --- start and stop --------------------------------------------------- */

static void http_wait_a_little(void)
{
	const struct timespec pause = { .tv_nsec =
						1000000000 / WAITS_PER_SECOND };

	nanosleep(&pause, NULL);
}

/*
 * Each thread is a daemon with a socket of its own.  Of one that they share the
 * library takes up to ten connections at a go, so that of two threads one had
 * most of them, or all.
 */
static struct MHD_Daemon *http_start_daemon(struct httpd *httpd, int fd)
{
	const struct httpd_options *options = &httpd->options;
	/* Each thread must be able to hold them all: see peers_add(). */
	const unsigned limit =
		(unsigned)httpd->shares.most[SHARE_PLACES] + SPARE_DESCRIPTORS;

	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD |
					MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
					MHD_USE_ERROR_LOG,
		0, NULL, NULL, exchange_step, httpd, MHD_OPTION_EXTERNAL_LOGGER,
		http_log_library, httpd, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, limit,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_TIMEOUT,
		IDLE_FACTOR * options->arrive_seconds,
		MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, httpd,
		MHD_OPTION_UNESCAPE_CALLBACK, http_leave_escaped, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, exchange_end, httpd,
		MHD_OPTION_NOTIFY_CONNECTION, http_notice_connection, httpd,
		STRICT MHD_OPTION_END);
}

/* The library aborts when it is stopped with a suspended connection. */
static void http_stop_daemons(struct httpd *httpd)
{
	for (unsigned i = 0; i < HTTPD_THREADS_MOST; i++) {
		while (atomic_load(&httpd->suspended) > 0)
			http_wait_a_little();
		if (httpd->daemons[i])
			MHD_stop_daemon(httpd->daemons[i]);
	}
}

/* Takes the socket. */
static int http_start_daemons(struct httpd *httpd, int fd, struct error *error)
{
	const unsigned threads = httpd->options.threads;
	int fds[HTTPD_THREADS_MOST] = { fd };
	unsigned i;

	assert(threads <= HTTPD_THREADS_MOST);
	MHD_set_panic_func(http_panic, NULL);
	for (i = 1; i < threads; i++)
		fds[i] = listen_beside(httpd, fd);
	for (i = 0; i < threads && fds[i] >= 0; i++) {
		httpd->daemons[i] = http_start_daemon(httpd, fds[i]);
		if (!httpd->daemons[i])
			break;
	}
	if (i == threads)
		return 0;
	http_stop_daemons(httpd);
	return error_set(
		error, ERROR_UNAVAILABLE, "cannot start the HTTP daemon");
}

static void http_share_out(struct httpd *httpd)
{
	const struct httpd_options *options = &httpd->options;
	const size_t most[SHARE_KINDS] = {
		[SHARE_PLACES] = http_affordable_connections(options),
		[SHARE_TAILS] = (size_t)STREAMS_PER_WORKER * options->threads,
		[SHARE_BYTES] = options->max_bodies,
		[SHARE_WRITES] = options->max_writes,
	};

	shares_init(&httpd->shares, most);
}

static int http_start_parts(struct httpd *httpd, struct error *error)
{
	const struct httpd_options *options = &httpd->options;
	int fd;

	if (pthread_key_create(&httpd->worker_key, http_free_worker))
		return error_out_of_memory(error);
	httpd->peers.notifier = options->notifier;
	http_share_out(httpd);
	if (options->trusted_proxy && networks_read(&httpd->peers.proxies,
					      options->trusted_proxy, error))
		goto no_peers;
	httpd->probe = probe_new();
	if (!httpd->probe) {
		error_describe(error, ERROR_UNAVAILABLE, "out of memory");
		goto no_peers;
	}
	if (limits_start(&httpd->limits, options->rate, error))
		goto no_peers;
	if (options->others && !(httpd->peers.watch = watch_new(httpd))) {
		error_describe(error, ERROR_UNAVAILABLE, "out of memory");
		goto no_peers;
	}
	if (peers_start(&httpd->peers, &httpd->shares, options->arrive_seconds,
		    error))
		goto no_peers;
	if (listen_on(httpd, &fd, error) == 0 &&
		http_start_daemons(httpd, fd, error) == 0)
		return 0;
	peers_stop(&httpd->peers);
no_peers:
	watch_free(httpd->peers.watch);
	limits_stop(httpd->limits);
	probe_free(httpd->probe);
	shares_clear(&httpd->shares);
	pthread_key_delete(httpd->worker_key);
	return -1;
}

int httpd_check(
	const char *listen, const char *trusted_proxy, struct error *error)
{
	struct networks proxies = { 0 };

	if (trusted_proxy && networks_read(&proxies, trusted_proxy, error))
		return -1;
	return listen_check(listen, error);
}

int httpd_start(struct httpd **out, const struct httpd_options *options,
	struct error *error)
{
	struct httpd *httpd = calloc(1, sizeof(*httpd));

	*out = NULL;
	if (!httpd)
		return error_out_of_memory(error);
	httpd->options = *options;
	httpd->known_library = strcmp(MHD_get_version(), KNOWN_LIBRARY) == 0;
	if (!httpd->known_library && !IS_STRICT)
		log_line(LOG_WARNING,
			"unknown libmicrohttpd: plain checks only", "version",
			MHD_get_version(), "known", KNOWN_LIBRARY, NULL);
	metrics_watch(
		options->metrics, METRICS_CONNECTIONS, &httpd->peers.count);
	metrics_watch(options->metrics, METRICS_REQUESTS, &httpd->in_flight);
	metrics_watch(options->metrics, METRICS_BODIES,
		&httpd->shares.totals[SHARE_BYTES]);
	metrics_watch(options->metrics, METRICS_TAILS,
		&httpd->shares.totals[SHARE_TAILS]);
	if (http_start_parts(httpd, error)) {
		free(httpd);
		return -1;
	}
	*out = httpd;
	return 0;
}

unsigned httpd_port(const struct httpd *httpd)
{
	return httpd->listening.port;
}

void httpd_drain(struct httpd *httpd, unsigned seconds)
{
	unsigned waits = seconds * WAITS_PER_SECOND;

	listen_quietly(httpd);
	atomic_store(&httpd->state, HTTPD_DRAINING);
	notifier_stop(httpd->options.notifier);
	while (atomic_load(&httpd->in_flight) > 0 && waits-- > 0)
		http_wait_a_little();
	atomic_store(&httpd->state, HTTPD_STOPPING);
	while (atomic_load(&httpd->pushing) > 0)
		http_wait_a_little();
}

void httpd_stop(struct httpd *httpd)
{
	if (!httpd)
		return;
	httpd_drain(httpd, 0);
	http_stop_daemons(httpd);
	listen_end(httpd);
	peers_stop(&httpd->peers);
	watch_free(httpd->peers.watch);
	limits_stop(httpd->limits);
	probe_free(httpd->probe);
	shares_clear(&httpd->shares);
	pthread_key_delete(httpd->worker_key);
	free(httpd);
}
