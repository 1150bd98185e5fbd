/* SPDX-License-Identifier: MIT */
/*
 * served.c - a libmicrohttpd that is set up as chatmem's.
 */
#include "tests/bench/served.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void must(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench: %s failed\n", what);
	exit(1);
}

enum MHD_Result served_answer(struct MHD_Connection *connection,
	unsigned status, const char *body, size_t length,
	enum MHD_ResponseMemoryMode mode)
{
	enum MHD_Result result;
	struct MHD_Response *response = MHD_create_response_from_buffer(
		length, (void *)(uintptr_t)body, mode);

	must(response != NULL, "a response");
	MHD_add_response_header(response, "Content-Type", "application/json");
	MHD_add_response_header(response, "ETag", "\"1-0000000000000\"");
	MHD_add_response_header(response, "X-Request-Id", "0000000000000000");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

void served_forever(MHD_AccessHandlerCallback handle,
	MHD_RequestCompletedCallback completed)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct MHD_Daemon *daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0,
		NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR, &address,
		MHD_OPTION_THREAD_POOL_SIZE, 2u, MHD_OPTION_CONNECTION_LIMIT,
		1000u, MHD_OPTION_CONNECTION_TIMEOUT, 60u,
		MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);

	must(daemon != NULL, "listen");
	printf("port=%u\n",
		MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	for (;;)
		pause();
}
