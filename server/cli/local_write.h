/* SPDX-License-Identifier: MIT */
/*
 * local_write.h - a write of a command to the store itself.
 */
#ifndef SERVER_CLI_LOCAL_WRITE_H
#define SERVER_CLI_LOCAL_WRITE_H

struct error;
struct reply;
struct request;
struct store_options;

/*
 * Opens the store for writing, has a writer run the request as a server would,
 * and closes it again.  It is refused while another process has the store.
 */
int local_write(const struct store_options *options, struct request *request,
	struct reply *reply, struct error *error);

#endif
