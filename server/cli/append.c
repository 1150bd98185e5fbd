/* SPDX-License-Identifier: MIT */
/* append.c - chatmem append: one message more. */
#include <stdio.h>
#include <string.h>

#include "schema/error.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/message.h"
#include "server/cli/ask.h"
#include "server/cli/change.h"
#include "server/cli/command.h"
#include "server/cli/print.h"
#include "server/config/config.h"
#include "server/config/whole_file.h"

/* - is standard input, without the end of its last line. */
static int append_read(
	const struct config *config, struct text *words, struct error *error)
{
	const char *given = config->operands[1];

	if (strcmp(given, "-") != 0)
		text_string(words, given);
	else if (whole_file_read(words, "/dev/stdin", MESSAGE_MAX_BYTES, error))
		return -1;
	else if (words->length > 0 && words->data[words->length - 1] == '\n')
		words->length--;
	if (!slice_is_utf8(text_view(words)))
		return error_set(error, ERROR_INVALID, "the text is not UTF-8");
	return words->failed ? error_out_of_memory(error) : 0;
}

static int append_write(
	const struct config *config, struct text *body, struct error *error)
{
	const char *type = config->query.type ? config->query.type : "human";
	struct text words = { 0 };
	int result = append_read(config, &words, error);

	if (result == 0 && !slice_is_utf8(slice_of(type)))
		result = error_set(error, ERROR_INVALID, "--type is not UTF-8");
	if (result == 0) {
		json_begin_object(body);
		json_member_string(body, "type", slice_of(type));
		json_name(body, "data");
		json_begin_object(body);
		json_member_string(body, "content", text_view(&words));
		json_end_object(body);
		json_end_object(body);
		result = body->failed ? error_out_of_memory(error) : 0;
	}
	text_clear(&words);
	return result;
}

static int append_tell(
	const struct config *config, struct slice answer, struct error *error)
{
	const struct slice version = print_member(answer, "version");
	char words[64];

	snprintf(words, sizeof(words), "\" is at version %.*s",
		(int)version.length, version.data);
	return change_tell(config, "stored; \"", words, error);
}

int command_append(const struct config *config, struct error *error)
{
	struct ask ask = { .method = "POST", .member = "version" };
	struct text body = { 0 };
	int result = append_write(config, &body, error);

	ask_path(&ask, "/sessions/");
	ask_name(&ask, config->file);
	ask_path(&ask, "/messages");
	ask.body = text_view(&body);
	if (result == 0)
		result = change_make(config, &ask, append_tell, error);
	ask_clear(&ask);
	text_clear(&body);
	return result;
}
