/* SPDX-License-Identifier: MIT */
/*
 * test_log.c - a client cannot forge a line.
 */
#include "server/observe/log.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/observe/log_names.h"
#include "tests/unit/unit.h"

static char printed[3 * 4096];

/* Standard error becomes a pipe from here on. */
static int capture(void)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	return ends[0];
}

/* Reads what was printed since then; standard error is lost. */
static const char *captured(int fd)
{
	const int nowhere = open("/dev/null", O_WRONLY);
	ssize_t length;

	dup2(nowhere, STDERR_FILENO);
	close(nowhere);
	length = read(fd, printed, sizeof(printed) - 1);
	ck_assert_int_ge(length, 0);
	printed[length] = '\0';
	close(fd);
	return printed;
}

/* Behind time=2026-01-31T09:30:00.000Z and a space. */
static const char *behind_time(const char *line)
{
	static const char shape[] = "time=dddd-dd-ddTdd:dd:dd.dddZ ";

	for (size_t i = 0; shape[i]; i++) {
		if (shape[i] == 'd')
			ck_assert(line[i] >= '0' && line[i] <= '9');
		else
			ck_assert_int_eq(line[i], shape[i]);
	}
	return line + strlen(shape);
}

START_TEST(values_are_quoted_where_they_must_be)
{
	static const struct {
		const char *value;
		const char *shown;
	} rows[] = {
		{ "plain", "plain" },
		{ "/sessions/%20/messages?", "/sessions/%20/messages?" },
		{ "", "\"\"" },
		{ "two words", "\"two words\"" },
		{ "a=b", "\"a=b\"" },
		{ "\"", "\"\\\"\"" },
		{ "back\\slash", "\"back\\\\slash\"" },
		{ "a\nlevel=error", "\"a\\nlevel=error\"" },
		{ "\r\t\x1b[0m\x7f", "\"\\r\\t\\x1b[0m\\x7f\"" },
		{ "\xc3\xbc", "\"\\xc3\\xbc\"" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const int fd = capture();
		char expected[100];

		log_line(LOG_WARNING, "m", "v", rows[i].value, NULL);
		snprintf(expected, sizeof(expected),
			"level=warning msg=m v=%s\n", rows[i].shown);
		ck_assert_str_eq(behind_time(captured(fd)), expected);
	}
}
END_TEST

START_TEST(a_line_fits_a_pipe_and_ends_with_a_newline)
{
	static char big[100000];
	int fd = capture();

	memset(big, '\n', sizeof(big) - 1);
	log_line(LOG_ERROR, "m", "a", big, "b", big, "c", big, "d", big, "e",
		"end", NULL);
	captured(fd);
	ck_assert_uint_le(strlen(printed), 4096);
	ck_assert_ptr_eq(strchr(printed, '\n'), printed + strlen(printed) - 1);
	ck_assert_ptr_nonnull(strstr(printed, "\\n...\" b=\"\\n"));
}
END_TEST

START_TEST(levels_below_the_set_one_are_silent)
{
	static const char *const names[] = { "error", "warning", "info",
		"debug" };

	for (int set = LOG_ERROR; set <= LOG_DEBUG; set++) {
		const int fd = capture();

		log_set_level((enum log_level)set);
		for (int level = LOG_ERROR; level <= LOG_DEBUG; level++)
			log_line((enum log_level)level, names[level], NULL);
		captured(fd);
		for (int level = LOG_ERROR; level <= LOG_DEBUG; level++)
			ck_assert_int_eq(level <= set,
				strstr(printed, names[level]) != NULL);
	}
}
END_TEST

START_TEST(the_access_line_has_the_path_and_no_query)
{
	const struct log_access access = {
		.request_id = "r1",
		.method = SLICE("GET"),
		.path = { "/sessions/a b/messages?secret", 22 },
		.status = 200,
		.request_bytes = 12,
		.reply_bytes = 345,
		.microseconds = 6789,
	};
	int fd = capture();

	log_access(&access);
	ck_assert_str_eq(behind_time(captured(fd)),
		"level=info msg=request id=r1 method=GET "
		"path=\"/sessions/a b/messages\" status=200 bytes_in=12 "
		"bytes_out=345 microseconds=6789\n");
	fd = capture();
	log_set_level(LOG_WARNING);
	log_access(&access);
	ck_assert_str_eq(captured(fd), "");
}
END_TEST

START_TEST(a_line_of_json_is_json_whatever_its_values_are)
{
	static char big[100000];
	static const char *const values[] = { "\"", "\\", "\n\x1b", "\xff",
		"\xc2\x9b", "\xc3\xbc", "", "\x7f", big };

	memset(big, '\\', sizeof(big) - 1);
	log_set_level(LOG_INFO);
	log_configure(&(struct log_options){ .format = LOG_JSON });
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		const int fd = capture();
		json_t *line;

		log_line(LOG_ERROR, "m", "v", values[i], "w", big, "x", big,
			"y", big, "z", values[i], NULL);
		line = json_loads(captured(fd), 0, NULL);
		ck_assert_msg(json_is_object(line), "%s", printed);
		ck_assert_str_eq(
			json_string_value(json_object_get(line, "msg")), "m");
		ck_assert_ptr_nonnull(json_object_get(line, "v"));
		ck_assert_uint_le(strlen(printed), 4096);
		json_decref(line);
	}
	log_configure(&(struct log_options){ .format = LOG_LOGFMT });
}
END_TEST

START_TEST(a_hash_takes_the_place_of_a_name)
{
	static const char *const same[] = { "/sessions/bob/messages",
		"/sessions/%62ob", "message 3 of session \"bob\" is damaged" };
	char first[LOG_NAMES_MAX], buf[LOG_NAMES_MAX];
	const struct slice plain = log_names_hide(slice_of(same[0]), buf);

	ck_assert_ptr_eq(plain.data, same[0]);
	log_names_hash("key");
	log_names_hide(slice_of(same[0]), first);
	for (size_t i = 0; i < 3; i++) {
		const struct slice shown =
			log_names_hide(slice_of(same[i]), buf);

		ck_assert_ptr_null(memmem(shown.data, shown.length, "bob", 3));
		ck_assert_ptr_nonnull(memmem(
			shown.data, shown.length, strchr(first, '~'), 1 + 16));
	}
	ck_assert_uint_eq(
		log_names_hide(slice_of("/sessions/"), buf).length, 10);
	ck_assert_uint_eq(log_names_hide(slice_of(""), buf).length, 0);
}
END_TEST

UNIT("log", a_line_of_json_is_json_whatever_its_values_are,
	a_hash_takes_the_place_of_a_name, values_are_quoted_where_they_must_be,
	a_line_fits_a_pipe_and_ends_with_a_newline,
	levels_below_the_set_one_are_silent,
	the_access_line_has_the_path_and_no_query)
