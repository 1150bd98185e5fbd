/* SPDX-License-Identifier: MIT */
/* task_refusal.c - what becomes of a call that the upstream has refused. */
#include "server/api/llm_api.h"
#include "server/api/route.h"
#include "server/work/task_parts.h"

/* Is it what the client is to see? */
static bool task_refusal_is_answer(const struct task *task)
{
	const struct api_route *route = task->request->route;
	const int status = task->call.answer.status;

	return route && route->hands_on && !task->streams &&
	       (task->error.code == ERROR_UPSTREAM ||
		       task->error.code == ERROR_RATE) &&
	       status >= 400 && status <= 599;
}

bool task_take_refusal(struct task *task, const struct error *outcome)
{
	struct upstream_answer *answer = &task->call.answer;

	if (!task_refusal_is_answer(task))
		return false;
	task->failed = false;
	task->request->refused =
		task->falls_back && llm_api_may_lack(answer->status);
	if (!task->request->refused)
		reply_hand_on_refusal(&task->reply, answer->status,
			&answer->body, task->request, outcome);
	return !task->request->refused;
}
