/* SPDX-License-Identifier: MIT */
/* fork.c - chatmem fork: a new session with the messages of another. */
#include <stdio.h>

#include "schema/error.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "server/cli/ask.h"
#include "server/cli/change.h"
#include "server/cli/command.h"
#include "server/cli/output.h"
#include "server/cli/print.h"
#include "server/config/config.h"

static int fork_write(
	const struct config *config, struct text *body, struct error *error)
{
	const char *upto = config->query.upto;
	int64_t seq = 0;

	if (upto && (!json_int64(slice_of(upto), &seq) || seq < 0))
		return error_set(error, ERROR_INVALID,
			"--upto: \"%s\" is not a seq, or 0 for none", upto);
	if (config->operand_count > 1 &&
		!slice_is_utf8(slice_of(config->operands[1])))
		return error_set(
			error, ERROR_INVALID, "the new name is not UTF-8");
	json_begin_object(body);
	if (config->operand_count > 1)
		json_member_string(body, "id", slice_of(config->operands[1]));
	if (upto)
		json_member_number(body, "upto", seq);
	json_end_object(body);
	return body->failed ? error_out_of_memory(error) : 0;
}

/* The name that was made, where none was given. */
static int fork_tell(
	const struct config *config, struct slice answer, struct error *error)
{
	struct text out = { 0 };
	int result;

	(void)config;
	print_string(&out, print_member(answer, "id"), false);
	text_byte(&out, '\n');
	result = out.failed ? error_out_of_memory(error)
			    : output_write(text_view(&out), error);
	text_clear(&out);
	return result;
}

int command_fork(const struct config *config, struct error *error)
{
	struct ask ask = { .method = "POST", .member = "id" };
	struct text body = { 0 };
	int result = fork_write(config, &body, error);

	ask_path(&ask, "/sessions/");
	ask_name(&ask, config->file);
	ask_path(&ask, "/fork");
	ask.body = text_view(&body);
	if (result == 0)
		result = change_make(config, &ask, fork_tell, error);
	ask_clear(&ask);
	text_clear(&body);
	return result;
}
