/* SPDX-License-Identifier: MIT */
/* queue.h - jobs that wait for a lane, first in, first out. */
#ifndef SERVER_WORK_QUEUE_H
#define SERVER_WORK_QUEUE_H

#include <assert.h>

#include "server/work/job.h"

/* A queue must not be moved in memory. */
struct queue {
	struct job *first;
	struct job **end;
	_Atomic size_t count; /* changes with the rest, is read at any time */
};

static inline void queue_init(struct queue *queue)
{
	*queue = (struct queue){ .end = &queue->first };
}

static inline void queue_add(struct queue *queue, struct job *job)
{
	assert(job->run != NULL && job->done != NULL);
	job->next = NULL;
	*queue->end = job;
	queue->end = &job->next;
	queue->count++;
}

static inline struct job *queue_take(struct queue *queue)
{
	struct job *job = queue->first;

	assert(job != NULL);
	queue->first = job->next;
	if (!queue->first)
		queue->end = &queue->first;
	queue->count--;
	return job;
}

#endif
