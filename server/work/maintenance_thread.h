/* SPDX-License-Identifier: MIT */
/*
 * maintenance_thread.h - maintenance beside the writer, of a store that several
 * handles may write to: it waits for no batch, and no batch for it.
 *
 * Its thread has a handle of its own.
 */
#ifndef SERVER_WORK_MAINTENANCE_THREAD_H
#define SERVER_WORK_MAINTENANCE_THREAD_H

struct error;
struct job;
struct maintenance_thread;
struct store_due;
struct writer_options;

/* Opens the store anew, by options->beside. */
int maintenance_thread_start(struct maintenance_thread **out,
	const struct writer_options *options, struct error *error);
/* Something is due: a batch was committed. */
void maintenance_thread_add(
	struct maintenance_thread *thread, const struct store_due *due);
/* As maintenance_erase(). */
void maintenance_thread_erase(
	struct maintenance_thread *thread, struct job *job);
/* Finishes erasures first.  Accepts NULL. */
void maintenance_thread_stop(struct maintenance_thread *thread);

#endif
