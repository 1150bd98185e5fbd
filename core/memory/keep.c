/* SPDX-License-Identifier: MIT */
/* keep.c - what a memory class keeps of a session. */
#include "core/memory/class_run.h"
#include "core/memory/host.h"

#define KEPT_MAX (16 << 20) /* bytes of a state */

static struct state_key keep_key(struct class_run *self)
{
	return (struct state_key){
		.session = self->run->session,
		.class = slice_of(self->class->name),
		.memory_key =
			memory_host_setting(&self->memory, "memory_key").text,
	};
}

/* A state of messages that are not to be seen is not seen either. */
static bool keep_is_hidden(
	const struct class_run *self, const struct session_state *state)
{
	return self->run->scope->before > 0 && state->seq > self->run->upto;
}

/* Notes how far what is kept reaches, of several the least. */
static void keep_note_state(struct class_run *self, int64_t seq)
{
	struct llm_replay *replay = self->run->scope->replay;

	if (replay == NULL)
		return;
	if (seq < self->run->upto)
		replay->behind = true;
	if (!replay->keeps || seq < replay->upto)
		replay->upto = seq;
	replay->keeps = true;
}

int memory_host_state(struct memory *memory, struct memory_state *out)
{
	struct class_run *self = class_run_of(memory);
	const struct state_key key = keep_key(self);
	struct session_state stored = { 0 };

	*out = (struct memory_state){ 0 };
	if (class_run_only_now(self))
		return MEMORY_FAILED;
	if (self->run->session->id != 0 &&
		store_memory_state_find(self->run->scope->store, &key,
			memory_host_text(memory), &stored, self->run->error))
		return class_run_failed(self);
	if (keep_is_hidden(self, &stored))
		stored = (struct session_state){ 0 };
	out->seq = stored.seq;
	out->bytes = stored.bytes;
	keep_note_state(self, out->seq);
	return MEMORY_DONE;
}

int memory_host_items(struct memory *memory,
	int (*visit)(void *context, int64_t seq, struct slice bytes),
	void *context)
{
	struct class_run *self = class_run_of(memory);
	const struct state_key key = keep_key(self);
	struct memory_state state;
	int result;

	if (class_run_enter_store(self) || class_run_only_now(self) ||
		memory_host_state(memory, &state))
		return MEMORY_FAILED;
	if (self->run->session->id == 0 ||
		(self->run->scope->before > 0 && state.seq == 0))
		return MEMORY_DONE;
	self->run->visiting = true;
	result = store_memory_item_list(self->run->scope->store, &key,
		(struct item_visitor){ visit, context }, self->run->error);
	self->run->visiting = false;
	return result ? class_run_failed(self) : MEMORY_DONE;
}

/* In a run that only reads all that can be said is: where it can be done. */
static int keep_begin(struct class_run *self)
{
	struct memory_run *run = self->run;

	if (class_run_enter_store(self))
		return MEMORY_FAILED;
	if (!run->may_keep)
		return memory_host_fail(&self->memory,
			"it may keep in save_context, clear and reflect only");
	if (run->session->id == 0)
		return memory_host_fail(
			&self->memory, "there is no session to keep of");
	return run->scope->writes ? MEMORY_DONE : class_run_again(self);
}

int memory_host_keep(struct memory *memory, const struct memory_state *what)
{
	struct class_run *self = class_run_of(memory);
	struct memory_run *run = self->run;
	const struct state_key key = keep_key(self);
	const struct session_state stored = {
		.seq = what->seq,
		.bytes = what->bytes,
	};
	struct memory_state now;
	int result = keep_begin(self);

	if (result != MEMORY_DONE)
		return result;
	if (memory_host_state(memory, &now))
		return MEMORY_FAILED;
	if (what->seq < 0 || what->seq > run->session->last_seq)
		return memory_host_fail(memory, "there is no message %lld",
			(long long)what->seq);
	if (what->bytes.length > KEPT_MAX)
		return memory_host_fail(
			memory, "it keeps more than %d MiB", KEPT_MAX >> 20);
	if (store_memory_state_keep(
		    run->scope->store, &key, &stored, run->error))
		return class_run_failed(self);
	/* Else background work might find something to keep for ever. */
	if (what->seq > now.seq && run->scope->replay != NULL)
		run->scope->replay->kept = true;
	return MEMORY_DONE;
}

int memory_host_keep_item(
	struct memory *memory, int64_t seq, struct slice bytes)
{
	struct class_run *self = class_run_of(memory);
	struct memory_run *run = self->run;
	const struct state_key key = keep_key(self);
	struct memory_state now;
	int result = keep_begin(self);

	if (result != MEMORY_DONE)
		return result;
	if (memory_host_state(memory, &now))
		return MEMORY_FAILED;
	if (seq < 1 || seq > now.seq)
		return memory_host_fail(memory,
			"its state does not reach message %lld",
			(long long)seq);
	if (store_memory_item_keep(
		    run->scope->store, &key, seq, bytes, run->error))
		return class_run_failed(self);
	return MEMORY_DONE;
}
