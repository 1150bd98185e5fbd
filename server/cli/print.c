/* SPDX-License-Identifier: MIT */
/* print.c - sessions and messages, for people and for scripts. */
#include "server/cli/print.h"

#include <time.h>

#include "schema/clock.h"
#include "schema/error.h"
#include "schema/forms/form.h"
#include "schema/forms/parse.h"
#include "schema/forms/string_format.h"
#include "schema/json/value.h"
#include "server/cli/output.h"

void print_json(struct text *out, struct slice value)
{
	if (output_is_terminal())
		output_text(out, value, false);
	else
		text_slice(out, value);
	text_byte(out, '\n');
}

struct slice print_member(struct slice object, const char *name)
{
	struct slice value;

	if (json_kind(object) == JSON_KIND_OBJECT &&
		json_find(object, name, &value) &&
		(json_kind(value) == JSON_KIND_STRING ||
			json_kind(value) == JSON_KIND_NUMBER))
		return value;
	return (struct slice){ "", 0 };
}

void print_string(struct text *out, struct slice string, bool lines)
{
	struct text decoded = { 0 };

	if (string.length == 0)
		return;
	json_decode(&decoded, string);
	output_text(out, text_view(&decoded), lines);
	out->failed |= decoded.failed;
	text_clear(&decoded);
}

/* --- times -----------------------------------------------------------------
 */

static bool print_read_time(struct slice string, int64_t *milliseconds)
{
	return string.length > 2 &&
	       slice_time(json_inner(string), milliseconds);
}

void print_time(struct text *out, struct slice string)
{
	int64_t milliseconds;
	struct tm local;
	char words[32];
	time_t seconds;

	if (!output_is_terminal() || !print_read_time(string, &milliseconds)) {
		print_string(out, string, false);
		return;
	}
	seconds = (time_t)(milliseconds / 1000);
	if (localtime_r(&seconds, &local) &&
		strftime(words, sizeof(words), "%Y-%m-%d %H:%M:%S", &local))
		text_string(out, words);
}

void print_age(struct text *out, struct slice string)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" },
		{ 1, "s" } };
	int64_t milliseconds, age;
	size_t i = 0;

	if (!print_read_time(string, &milliseconds))
		return;
	age = clock_us(CLOCK_REALTIME) / 1000000 - milliseconds / 1000;
	if (age < 0)
		age = 0;
	while (i < 3 && age < units[i].seconds)
		i++;
	text_format(out, "%lld %s", (long long)(age / units[i].seconds),
		units[i].unit);
}

/* --- messages --------------------------------------------------------------
 */

static const struct format_prefixes print_prefixes = {
	.human = { "Human", 5 },
	.ai = { "AI", 2 },
};

static enum output_style print_style(const struct message *message)
{
	if (message->type == MESSAGE_HUMAN)
		return STYLE_HUMAN;
	return message->type == MESSAGE_AI ? STYLE_AI : STYLE_OTHER;
}

static void print_heading(
	struct text *out, struct slice row, const struct message *message)
{
	output_style(out, print_style(message));
	text_string(out, message_type_name(message->type));
	output_style(out, STYLE_PLAIN);
	output_style(out, STYLE_FAINT);
	text_string(out, "  #");
	text_slice(out, print_member(row, "seq"));
	text_string(out, "  ");
	print_time(out, print_member(row, "created_at"));
	output_style(out, STYLE_PLAIN);
	text_byte(out, '\n');
}

static int print_part(void *context, const struct message *part)
{
	string_format_default()->write(
		context, part, &print_prefixes, FORMAT_PLAIN);
	return 0;
}

static void print_one(
	struct text *out, struct slice row, const struct message *message)
{
	struct text words = { 0 };

	if (output_is_terminal()) {
		print_heading(out, row, message);
		if (form_parts(message, print_part, &words))
			words.failed = true;
	} else {
		format_text(&words, message, &print_prefixes, FORMAT_PLAIN);
	}
	output_text(out, text_view(&words), true);
	text_string(out, output_is_terminal() ? "\n\n" : "\n");
	out->failed |= words.failed;
	text_clear(&words);
}

int print_message(struct text *out, struct slice message, struct error *error)
{
	struct message_list list = { 0 };
	int result = message_parse(&list, message, "message", error);

	for (size_t i = 0; result == 0 && i < list.count; i++)
		print_one(out, message, &list.items[i]);
	message_list_clear(&list);
	return result;
}
