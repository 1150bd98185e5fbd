/* SPDX-License-Identifier: MIT */
/*
 * test_config.c - flag, else environment, else default.
 */
#include "server/config/config.h"
#include "server/config/config_entry.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/observe/log.h"
#include "tests/unit/unit.h"
#include "tests/unit/written.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define WORDS	     6

#define FLAGS(...)                           \
	{                                    \
		.arguments = { __VA_ARGS__ } \
	}
#define VARIABLES(...)                         \
	{                                      \
		.environment = { __VA_ARGS__ } \
	}

/* Up to five words each; the rest is NULL. */
struct input {
	const char *arguments[WORDS];
	const char *environment[WORDS];
};

static struct config config;

/* The interface has main()'s types, which are not const. */
static int read_input(const struct input *input)
{
	char *arguments[WORDS];
	char *environment[WORDS];

	memcpy(arguments, input->arguments, sizeof(arguments));
	memcpy(environment, input->environment, sizeof(environment));
	error = (struct error){ 0 };
	return config_read(&config, arguments, environment, &error);
}

START_TEST(the_defaults_serve_this_machine)
{
	ok(read_input(&(struct input){ 0 }));
	ck_assert_str_eq(config.listen, "127.0.0.1:8080");
	ck_assert_str_eq(config.db, "chatmem.db");
	ck_assert_ptr_null(config.api_keys);
	ck_assert_ptr_null(config.api_key);
	ck_assert_ptr_null(config.allow_origin);
	ck_assert_ptr_null(config.llm_url);
	ck_assert_ptr_null(config.llm_key);
	ck_assert_int_eq(config.llm_timeout, 120);
	ck_assert(!config.no_auth && !config.sqlite.unsafe_filesystem);
	ck_assert(!config.help && !config.version);
	ck_assert_int_eq(config.durability, DURABILITY_FULL);
	ck_assert_int_eq(config.log_level, LOG_INFO);
	ck_assert_int_eq(config.max_body, 16 << 20);
	ck_assert_int_eq(config.max_connections, 1000);
	ck_assert_int_eq(config.threads, 2);
	ck_assert_int_eq(config.request_timeout, 60);
	ck_assert_int_eq(config.drain_timeout, 25);
	ck_assert_int_eq(config.sqlite.free_bytes_floor, 128 << 20);
}
END_TEST

#define AT(member) offsetof(struct config, member)

START_TEST(numbers_are_read_from_everywhere)
{
	static const struct {
		struct input input;
		size_t member;
		int64_t number;
	} rows[] = {
		{ FLAGS("--threads", "3"), AT(threads), 3 },
		{ FLAGS("--threads=3"), AT(threads), 3 },
		{ VARIABLES("CHATMEM_THREADS=4"), AT(threads), 4 },
		{ { { "--threads=3" }, { "CHATMEM_THREADS=4" } }, AT(threads),
			3 },
		{ FLAGS("--threads=3", "--threads=5"), AT(threads), 5 },
		{ VARIABLES("CHATMEM_THREADS="), AT(threads), 2 },
		{ VARIABLES("CHATMEM_THREADS2=9"), AT(threads), 2 },
		{ FLAGS("--max-body=65536"), AT(max_body), 65536 },
		{ FLAGS("--max-body=64K"), AT(max_body), 65536 },
		{ FLAGS("--max-body", "2m"), AT(max_body), 2 << 20 },
		{ VARIABLES("CHATMEM_FREE_SPACE_FLOOR=3G"),
			AT(sqlite.free_bytes_floor), INT64_C(3) << 30 },
		{ FLAGS("--free-space-floor=0"), AT(sqlite.free_bytes_floor),
			0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t number;

		ok(read_input(&rows[i].input));
		memcpy(&number, (const char *)&config + rows[i].member,
			sizeof(number));
		ck_assert_int_eq(number, rows[i].number);
	}
}
END_TEST

START_TEST(words_are_read_from_everywhere)
{
	static const struct input input = {
		{ "--no-auth", "--db", "--odd", "--log-level=error", "--help" },
		{ "CHATMEM_API_KEY=a:b=c", "CHATMEM_DURABILITY=normal",
			"CHATMEM_UNSAFE_FILESYSTEM=1", "CHATMEM_DB=env.db",
			"CHATMEM_LISTEN=[::1]:0" },
	};

	ok(read_input(&input));
	ck_assert(config.no_auth && config.sqlite.unsafe_filesystem &&
		  config.help);
	ck_assert_str_eq(config.db, "--odd");
	ck_assert_str_eq(config.api_key, "a:b=c");
	ck_assert_str_eq(config.listen, "[::1]:0");
	ck_assert_int_eq(config.durability, DURABILITY_NORMAL);
	ck_assert_int_eq(config.log_level, LOG_ERROR);
	ok(read_input(&(struct input){
		{ "--no-auth=false" }, { "CHATMEM_NO_AUTH=true" } }));
	ck_assert(!config.no_auth);
	ok(read_input(&(struct input)FLAGS("-h")));
	ck_assert(config.help && !config.version);
	ok(read_input(&(struct input)FLAGS("-V")));
	ck_assert(config.version && !config.help);
}
END_TEST

START_TEST(what_is_wrong_is_said_with_its_name)
{
	static const struct {
		struct input input;
		const char *words;
	} rows[] = {
		{ FLAGS("--treads=3"),
			"\"--treads\" is not a setting; did you mean "
			"--threads? --help lists them all" },
		{ FLAGS("-x"),
			"\"-x\" is not a setting; --help lists them all" },
		{ FLAGS("health"),
			"\"health\" is out of place; chatmem help COMMAND "
			"says what it takes" },
		{ FLAGS("--threads"), "--threads needs a value" },
		{ FLAGS("--threads="), "--threads: \"\" is not a number" },
		{ FLAGS("--threads=2K"), "--threads: \"2K\" is not a number" },
		{ FLAGS("--threads=-2"), "--threads: \"-2\" is not a number" },
		{ FLAGS("--threads=1"),
			"--threads: 1 is not between 2 and 64" },
		{ VARIABLES("CHATMEM_THREADS=65"),
			"CHATMEM_THREADS: 65 is not between 2 and 64" },
		{ FLAGS("--max-body=1T"),
			"--max-body: \"1T\" is not a number of bytes, such as "
			"65536, 64K or 16M" },
		{ FLAGS("--max-body=1KB"),
			"--max-body: \"1KB\" is not a number of bytes, such as "
			"65536, 64K or 16M" },
		{ FLAGS("--max-body=999999999999999999G"),
			"--max-body: 999999999999999999G is not between 1024 "
			"and 268435456" },
		{ FLAGS("--durability=half"),
			"--durability: \"half\" is not one of: full, normal" },
		{ VARIABLES("CHATMEM_NO_AUTH=yes"),
			"CHATMEM_NO_AUTH: \"yes\" is not true or false" },
		{ FLAGS("--help=maybe"),
			"--help: \"maybe\" is not true or false" },
		{ FLAGS("--api-key=a:secret"),
			"--api-key: other users can see arguments; set "
			"CHATMEM_API_KEY" },
		{ FLAGS("--listen=localhost"),
			"--listen: \"localhost\" is not host:port, such as "
			"127.0.0.1:8080, nor a port" },
		{ FLAGS("--listen=:"),
			"--listen: \":\" is not host:port, such as "
			"127.0.0.1:8080, nor a port" },
		{ FLAGS("--listen=localhost:http"),
			"--listen: \"localhost:http\" is not host:port, such "
			"as 127.0.0.1:8080, nor a port" },
		{ FLAGS("--listen=localhost:65536"),
			"--listen: \"localhost:65536\" is not host:port, such "
			"as 127.0.0.1:8080, nor a port" },
		{ FLAGS("--listen=::1:80"),
			"--listen: \"::1:80\" needs brackets, such as "
			"[::1]:8080" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		fails(read_input(&rows[i].input), ERROR_INVALID);
		says(rows[i].words);
	}
}
END_TEST

START_TEST(a_file_stands_between_flags_and_the_environment)
{
	const char *path = written("# ours\n; and ours\n\n"
				   " CHATMEM_DB = 'a b.db' \r\n"
				   "CHATMEM_THREADS=4\n"
				   "CHATMEM_API_KEY=\"a:k=1\"");
	const struct input input = {
		.arguments = { "--threads", "5", "--config", path },
		.environment = { "CHATMEM_THREADS=3", "CHATMEM_MAX_BODY=2048",
			"CHATMEM_DB=none" },
	};

	ok(read_input(&input));
	unlink(path);
	ck_assert_str_eq(config.db, "a b.db");
	ck_assert_str_eq(config.api_key, "a:k=1");
	ck_assert_int_eq(config.threads, 5);
	ck_assert_int_eq(config.max_body, 2048);
	config_clear(&config);
}
END_TEST

START_TEST(a_bad_file_is_refused_without_showing_a_value)
{
	static const struct {
		const char *lines;
		const char *words;
	} rows[] = {
		{ "\n\nsecret\n", ": line 3 is not NAME=value" },
		{ "CHATMEM_NONE=secret\n",
			": \"CHATMEM_NONE\" is not a setting; --help lists "
			"them all" },
		{ "CHATMEM_LLM_KEI=secret\n",
			": \"CHATMEM_LLM_KEI\" is not a setting; did you mean "
			"CHATMEM_LLM_KEY? --help lists them all" },
		{ "PATH=secret\n",
			": \"PATH\" is not a setting; --help lists them all" },
		{ "CHATMEM_HELP=1\n",
			": \"CHATMEM_HELP\" is not a setting; --help lists "
			"them all" },
	};
	const struct input none = { .arguments = { "--config", "/none" } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *path = written(rows[i].lines);
		const struct input input = { .arguments = {
						     "--config", path } };
		char words[200];

		fails(read_input(&input), ERROR_INVALID);
		unlink(path);
		snprintf(words, sizeof(words), "%s%s", path, rows[i].words);
		says(words);
		config_clear(&config);
	}
	fails(read_input(&none), ERROR_INVALID);
	says("cannot open /none: No such file or directory");
	config_clear(&config);
}
END_TEST

START_TEST(a_list_is_that_of_its_last_source)
{
	const struct input flags = {
		.arguments = { "--tokenizer-file", "a=x",
			"--tokenizer-file=b=y,c=z" },
		.environment = { "CHATMEM_TOKENIZER_FILE=d=w" },
	};
	const struct input variable = VARIABLES("CHATMEM_TOKENIZER_FILE=d=w");
	const struct input none = FLAGS(NULL);

	ok(read_input(&flags));
	ck_assert_uint_eq(config.tokenizer_files.count, 2);
	ck_assert_str_eq(config.tokenizer_files.values[0], "a=x");
	ck_assert_str_eq(config.tokenizer_files.values[1], "b=y,c=z");
	ok(read_input(&variable));
	ck_assert_uint_eq(config.tokenizer_files.count, 1);
	ck_assert_str_eq(config.tokenizer_files.values[0], "d=w");
	ok(read_input(&none));
	ck_assert_uint_eq(config.tokenizer_files.count, 0);
}
END_TEST

START_TEST(the_table_names_every_setting_once)
{
	struct config_entry entry;
	size_t count = 0;

	for (; config_entry_at(count, &entry); count++) {
		ck_assert(entry.flag || entry.variable[0]);
		ck_assert(count > 0 || entry.heading);
		for (size_t i = 0; i < count; i++) {
			struct config_entry other;

			config_entry_at(i, &other);
			ck_assert_str_ne(other.name, entry.name);
		}
	}
	ck_assert_uint_ge(count, 50);
	config_entry_at(0, &entry);
	ck_assert_str_eq(entry.name, "listen");
	ck_assert_str_eq(entry.variable, "CHATMEM_LISTEN");
	ck_assert_str_eq(entry.standard, "127.0.0.1:8080");
}
END_TEST

START_TEST(operands_stand_among_the_flags_and_behind_two_dashes)
{
	const struct input input = FLAGS("a", "--db=x", "-", "--", "--help");
	const struct input more = FLAGS("a", "b", "c", "d");

	config.operands_most = 3;
	ok(read_input(&input));
	ck_assert_uint_eq(config.operand_count, 3);
	ck_assert_str_eq(config.file, "a");
	ck_assert_str_eq(config.operands[1], "-");
	ck_assert_str_eq(config.operands[2], "--help");
	ck_assert_str_eq(config.db, "x");
	ck_assert(!config.help);
	ck_assert_int_eq(read_input(&more), -1);
	ck_assert_ptr_nonnull(strstr(error.message, "\"d\" is out of place"));
	config.operands_most = 0;
}
END_TEST

START_TEST(a_command_takes_its_own_options)
{
	const struct input last = FLAGS("--last", "5");

	config.options = " last json ";
	ok(read_input(&last));
	ck_assert_str_eq(config.query.last, "5");
	ok(read_input(&(struct input)FLAGS("--db", "x", "--json")));
	config.options = " json ";
	ck_assert_int_eq(read_input(&last), -1);
	ck_assert_ptr_nonnull(strstr(error.message, "no meaning here"));
	config.options = NULL;
}
END_TEST

UNIT("config", the_defaults_serve_this_machine,
	a_file_stands_between_flags_and_the_environment,
	a_bad_file_is_refused_without_showing_a_value,
	numbers_are_read_from_everywhere, words_are_read_from_everywhere,
	what_is_wrong_is_said_with_its_name, a_list_is_that_of_its_last_source,
	the_table_names_every_setting_once,
	operands_stand_among_the_flags_and_behind_two_dashes,
	a_command_takes_its_own_options)
