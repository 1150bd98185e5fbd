/* SPDX-License-Identifier: MIT */
/*
 * host.h - the functions of struct memory_host, by the file that has them.
 *
 * memory.h says what each does.  Private to core/memory.
 */
#ifndef CORE_MEMORY_HOST_H
#define CORE_MEMORY_HOST_H

#include "core/memory/memory.h"

extern const struct memory_host memory_host;

struct memory_setting memory_host_setting(
	struct memory *memory, const char *name);
int memory_host_refuse(struct memory *memory, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int memory_host_fail(struct memory *memory, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
struct text *memory_host_text(struct memory *memory);

int memory_host_each(struct memory *memory, int64_t after, int64_t before,
	int (*visit)(void *context, const struct memory_message *message),
	void *context);
int memory_host_lines(
	struct memory *memory, int64_t after, int64_t before, struct text *out);
int memory_host_back(
	struct memory *memory, int64_t before, int64_t count, int64_t *after);
void memory_host_line(struct memory *memory,
	const struct memory_message *message, struct text *out);
void memory_host_content(struct memory *memory,
	const struct memory_message *message, struct text *out);
void memory_host_stored(struct memory *memory,
	const struct memory_message *message, struct text *out);
int memory_host_search(struct memory *memory, struct slice words, int64_t limit,
	int (*visit)(void *context, const struct memory_message *message),
	void *context);
int memory_host_variable(struct memory *memory, struct slice name);
int memory_host_json(struct memory *memory, struct slice json);
int memory_host_string(struct memory *memory, struct slice utf8);
int memory_host_history(
	struct memory *memory, const struct memory_range *range);
int memory_host_ask(struct memory *memory, enum memory_question kind,
	struct slice text, struct slice *answer);
int memory_host_input(struct memory *memory, struct slice *value);
int memory_host_output(struct memory *memory, struct slice *value);
int memory_host_add(struct memory *memory, const char *type, struct slice data);
int memory_host_add_turn(struct memory *memory);

int memory_host_state(struct memory *memory, struct memory_state *out);
int memory_host_items(struct memory *memory,
	int (*visit)(void *context, int64_t seq, struct slice bytes),
	void *context);
int memory_host_keep(struct memory *memory, const struct memory_state *what);
int memory_host_show(struct memory *memory, struct slice members);
int memory_host_correction(struct memory *memory, const char *member,
	struct slice *value, struct memory_state *state);
int memory_host_keep_item(
	struct memory *memory, int64_t seq, struct slice bytes);

#endif
