/* SPDX-License-Identifier: MIT */
/*
 * served.h - what bare.c and floor.c share: the same libmicrohttpd with the
 * same two threads, and replies with the headers of chatmem's.
 */
#ifndef TESTS_BENCH_SERVED_H
#define TESTS_BENCH_SERVED_H

#include <microhttpd.h>
#include <stddef.h>

/* Ends the program, with a line that says what failed, if it is not good. */
void must(int good, const char *what);

/* Queues a reply.  `mode` says whether the body is copied. */
enum MHD_Result served_answer(struct MHD_Connection *connection,
	unsigned status, const char *body, size_t length,
	enum MHD_ResponseMemoryMode mode);

/* Listens on this machine, prints `port=` with the port, never returns. */
void served_forever(MHD_AccessHandlerCallback handle,
	MHD_RequestCompletedCallback completed);

#endif
