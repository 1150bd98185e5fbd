/* SPDX-License-Identifier: MIT */
/* kept.c - what memory classes keep of a session, shown and corrected. */
#include "core/memory/kept.h"

#include "core/memory/class_run.h"
#include "core/memory/host.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

/* --- shown -------------------------------------------------------------- */

/* CLASS or, where that is taken, CLASS:MEMORY_KEY; it is taken then. */
static struct slice kept_name(struct class_run *self)
{
	struct text *name = memory_host_text(&self->memory);

	text_string(name, self->class->name);
	if (!class_run_take_name(self->run, text_view(name))) {
		text_byte(name, ':');
		text_slice(name,
			memory_host_setting(&self->memory, "memory_key").text);
		class_run_take_name(self->run, text_view(name));
	}
	return text_view(name);
}

int memory_run_behind(
	const struct memory_run *run, int64_t seq, int64_t *behind)
{
	*behind = 0;
	if (run->session->id == 0 || seq >= run->upto)
		return 0;
	return store_message_count(run->scope->store, run->session,
		(struct seq_range){ seq + 1, run->upto }, behind, run->error);
}

int memory_host_show(struct memory *memory, struct slice members)
{
	struct class_run *self = class_run_of(memory);
	struct text *out = self->run->out;
	struct memory_state state;
	int64_t behind;

	if (memory_host_state(memory, &state))
		return MEMORY_FAILED;
	if (memory_run_behind(self->run, state.seq, &behind))
		return class_run_failed(self);
	json_name_utf8(out, kept_name(self));
	json_begin_object(out);
	if (members.length > 0)
		json_put(out, members);
	json_member_number(out, "upto", state.seq);
	json_member_number(out, "behind", behind);
	json_end_object(out);
	return out->failed ? class_run_out_of_memory(self) : MEMORY_DONE;
}

int class_run_show(struct memory *memory)
{
	const struct memory_class *class = class_run_of(memory)->class;

	if (class->show != NULL)
		return class->show(memory);
	return class->reflect != NULL ? memory_host_show(memory, SLICE(""))
				      : MEMORY_DONE;
}

int memory_show(const struct memory_scope *scope, const struct session *session,
	struct text *out, struct error *error)
{
	struct session seen = *session;
	struct memory_run run = {
		.scope = scope,
		.session = &seen,
		.error = error,
		.out = out,
	};
	int result;

	json_begin_object(out);
	result = memory_run_function(&run, class_run_show);
	json_end_object(out);
	return result == MEMORY_DONE && out->failed ? error_out_of_memory(error)
						    : result;
}

/* --- corrected ---------------------------------------------------------- */

/* The seq that a correction reaches to: as given, as it was, or the newest. */
static int kept_read_upto(
	struct class_run *self, struct slice value, struct memory_state *state)
{
	const int64_t last = self->run->session->last_seq;
	struct slice upto;

	if (memory_host_state(&self->memory, state))
		return MEMORY_FAILED;
	if (state->seq == 0)
		state->seq = last;
	if (!json_find(value, "upto", &upto))
		return MEMORY_DONE;
	if (json_int64(upto, &state->seq) && state->seq >= 0 &&
		state->seq <= last)
		return MEMORY_DONE;
	return memory_host_refuse(&self->memory,
		"%s.upto must be a seq from 0 to %lld, not %.*s",
		self->class->name, (long long)last, SLICE_SHORT(upto));
}

int memory_host_correction(struct memory *memory, const char *member,
	struct slice *value, struct memory_state *state)
{
	struct class_run *self = class_run_of(memory);
	const struct slice name = kept_name(self);
	struct slice object = { 0 }, other;
	struct json_walk walk = json_walk(self->run->given);

	while (json_next_member(&walk, &other, &object))
		if (json_string_is(other, name))
			break;
		else
			object = (struct slice){ 0 };
	*value = (struct slice){ 0 };
	if (object.length == 0)
		return MEMORY_DONE;
	self->run->corrected++;
	if (json_kind(object) != JSON_KIND_OBJECT ||
		!json_find(object, member, value))
		return memory_host_refuse(memory, "%.*s.%s is missing",
			SLICE_SHORT(name), member);
	walk = json_walk(object);
	while (json_next_member(&walk, &other, &(struct slice){ 0 }))
		if (!json_string_is(other, slice_of(member)) &&
			!json_string_is(other, SLICE("upto")) &&
			!json_string_is(other, SLICE("behind")))
			return memory_host_refuse(memory,
				"unknown member %.*s of %.*s; there are %s, "
				"upto and behind",
				SLICE_SHORT(other), SLICE_SHORT(name), member);
	return kept_read_upto(self, object, state);
}

/* A class that cannot be corrected is made of the messages alone. */
static int kept_refuse(struct memory *memory)
{
	struct class_run *self = class_run_of(memory);
	const struct slice name = kept_name(self);
	struct json_walk walk = json_walk(self->run->given);
	struct slice other, value;

	while (json_next_member(&walk, &other, &value))
		if (json_string_is(other, name))
			return memory_host_refuse(memory,
				"what class \"%s\" keeps is made of the "
				"messages and cannot be set; DELETE has it "
				"made again",
				self->class->name);
	return MEMORY_DONE;
}

int class_run_correct(struct memory *memory)
{
	const struct memory_class *class = class_run_of(memory)->class;

	if (class->correct != NULL)
		return class->correct(memory);
	return class->reflect != NULL ? kept_refuse(memory) : MEMORY_DONE;
}

/* Every member must have been taken by a class. */
static int kept_check_all(struct memory *memory)
{
	struct class_run *self = class_run_of(memory);
	struct memory_run *run = self->run;
	int result = class_run_correct(memory);

	if (result != MEMORY_DONE || run->corrected == json_count(run->given))
		return result;
	return memory_host_refuse(memory, "the memory keeps no more than: %.*s",
		SLICE_SHORT(run->names->length > 0 ? text_view(run->names)
						   : SLICE("[]")));
}

int memory_correct(const struct memory_scope *scope, struct session *session,
	struct slice given, struct error *error)
{
	struct memory_run run = {
		.scope = scope,
		.session = session,
		.error = error,
		.may_keep = true,
		.given = given,
	};

	return memory_run_function(&run, kept_check_all);
}
