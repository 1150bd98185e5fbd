/* SPDX-License-Identifier: MIT */
/* test_db_url.c - no password stays in what others can see. */
#include "server/config/config.h"
#include "server/config/db_url.h"
#include "tests/unit/unit.h"

/* A text, and what is left of it. */
static const struct {
	const char *text;
	const char *left;
} hidden[] = {
	{ "chatmem.db", "chatmem.db" },
	{ "postgresql://", "postgresql://" },
	{ "postgresql://h/d", "postgresql://h/d" },
	{ "postgresql://h:5432,i:5433/d?sslmode=require",
		"postgresql://h:5432,i:5433/d?sslmode=require" },
	{ "postgresql://u@h:1/d", "postgresql://u@h:1/d" },
	{ "postgres://u:secret@h/d", "postgres://u:***@h/d" },
	{ "postgres://u:s@h/d", "postgres://u:*@h/d" },
	{ "postgres://u:@h/d", "postgres://u:@h/d" },
	{ "postgres://u:sec@ret@h/d", "postgres://u:***@h/d" },
	{ "postgres://u:sec/ret?@h/d", "postgres://u:***@h/d" },
	{ "postgres://h/d?a=1&password=secret&b=2",
		"postgres://h/d?a=1&password=***&b=2" },
	{ "postgres://h/d?sslpassword=secret",
		"postgres://h/d?sslpassword=***" },
	{ "postgres://h/d?p%61ssword=secret", "postgres://h/d?p%61ssword=***" },
	{ "postgres://u:secret@h/d?password=secret",
		"postgres://u:***@h/d?password=***" },
	{ "--db=postgresql://u:secret@h/d", "--db=postgresql://u:***@h/d" },
	{ "no \"postgresql://u:secret@h/d\", say it",
		"no \"postgresql://u:***@h/d\", say it" },
	{ "postgres://h?password=secret or postgresql://h?password=secret",
		"postgres://h?password=*** or postgresql://h?password=***" },
};

START_TEST(no_password_is_left)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++) {
		char text[100] = "";
		const size_t length = strlen(hidden[i].text);

		memcpy(text, hidden[i].text, length);
		db_url_hide(text);
		ck_assert_str_eq(text, hidden[i].left);
		/* Nor behind its end. */
		ck_assert_ptr_null(memmem(text, sizeof(text), "secret", 6));
	}
}
END_TEST

START_TEST(the_settings_keep_what_they_hide)
{
	char flag[] = "--db", url[] = "postgres://u:secret@h/d";
	char variable[] = "CHATMEM_DB=postgres://u:secret@i/d";
	char other[] = "URL=postgres://u:other@i/d";
	char *arguments[] = { flag, url, NULL };
	char *environment[] = { variable, other, NULL };
	struct config config = { 0 };

	ok(config_read(&config, arguments, environment, &error));
	ok(db_url_take(&config, &error));
	ck_assert_str_eq(config.db_url, "postgres://u:secret@h/d");
	ck_assert_str_eq(config.db, "postgres://u:***@h/d");
	ck_assert_str_eq(url, "postgres://u:***@h/d");
	ck_assert_str_eq(variable, "CHATMEM_DB=postgres://u:***@i/d");
	ck_assert_str_eq(other, "URL=postgres://u:other@i/d");
	config_clear(&config);
}
END_TEST

UNIT("db_url", no_password_is_left, the_settings_keep_what_they_hide)
