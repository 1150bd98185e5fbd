/* SPDX-License-Identifier: MIT */
/* manual.c - chatmem manual: the page chatmem(1), in the macros of man(7). */
#include "server/cli/command.h"

#include <stdio.h>
#include <string.h>

#include "schema/error.h"
#include "schema/text.h"
#include "server/cli/output.h"
#include "server/config/config.h"
#include "server/config/config_entry.h"

#define DATE	"2026-11-29"
#define COLUMNS 76

/* No hyphen is made of a minus, and no word is taken for a request. */
static void manual_word(struct text *out, const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (word[i] == '-')
			text_string(out, "\\-");
		else if (word[i] == '\\')
			text_string(out, "\\e");
		else
			text_byte(out, word[i]);
}

/* Sentences, as lines of an even length. */
static void manual_words(struct text *out, const char *words)
{
	size_t column = 0;

	while (*words) {
		const size_t length = strcspn(words, " ");

		if (column > 0 && column + length > COLUMNS) {
			text_byte(out, '\n');
			column = 0;
		}
		if (column > 0)
			text_byte(out, ' ');
		else if (*words == '.' || *words == '\'')
			text_string(out, "\\&");
		manual_word(out, words, length);
		column += length + 1;
		words += length + (words[length] == ' ');
	}
	text_byte(out, '\n');
}

/* A tagged paragraph: a name in bold, its value in italics, the words. */
static void manual_tag(struct text *out, const char *name, const char *value)
{
	text_string(out, ".TP\n\\fB");
	manual_word(out, name, strlen(name));
	text_string(out, "\\fR");
	if (value) {
		text_string(out, " \\fI");
		manual_word(out, value, strlen(value));
		text_string(out, "\\fR");
	}
	text_byte(out, '\n');
}

static void manual_heading(struct text *out, const char *heading)
{
	if (heading) {
		text_string(out, ".SS ");
		manual_words(out, heading);
	}
}

static void manual_flags(struct text *out, const char *flags)
{
	struct config_entry entry;
	bool begun = false;

	for (size_t i = 0; config_entry_at(i, &entry); i++) {
		if (!entry.option || !config_entry_is_among(&entry, flags))
			continue;
		text_string(out, begun ? ",\n" : ".br\nOptions:\n");
		begun = true;
		text_string(out, "\\fB\\-\\-");
		manual_word(out, entry.name, strlen(entry.name));
		text_string(out, "\\fR");
	}
	if (begun)
		text_string(out, ".\n");
}

static void manual_commands(struct text *out)
{
	text_string(out, ".SH COMMANDS\n");
	for (size_t i = 0; i < command_count; i++) {
		const struct command *command = &commands[i];

		manual_heading(out, command->heading);
		manual_tag(out, command->name, command->operands);
		manual_words(out, command->help);
		if (command->more) {
			text_string(out, ".IP\n");
			manual_words(out, command->more);
		}
		if (command->flags)
			manual_flags(out, command->flags);
	}
}

static void manual_settings(struct text *out)
{
	struct config_entry entry;

	text_string(out, ".SH SETTINGS\n");
	manual_words(out,
		"A flag, else a line of the file --config, else the "
		"environment, else the default. The variable of --max-body is "
		"CHATMEM_MAX_BODY, and so on; options of commands have none.");
	for (size_t i = 0; config_entry_at(i, &entry); i++) {
		char flag[ENTRY_NAME_MAX];

		manual_heading(out, entry.heading);
		snprintf(flag, sizeof(flag), "--%s", entry.name);
		manual_tag(out, entry.flag ? flag : entry.variable,
			entry.flag ? entry.value : NULL);
		manual_words(out, entry.help);
		if (entry.standard) {
			text_string(out, ".br\nDefault: \\fB");
			manual_word(
				out, entry.standard, strlen(entry.standard));
			text_string(out, "\\fR.\n");
		}
	}
}

static void manual_exits(struct text *out)
{
	text_string(out, ".SH EXIT STATUS\n");
	for (const struct command_exit *at = command_exits; at->when; at++) {
		char status[8];

		snprintf(status, sizeof(status), "%d", at->status);
		manual_tag(out, status, NULL);
		manual_words(out, at->when);
	}
}

static const struct manual_part {
	const char *tag; /* NULL: a section begins */
	const char *words;
} manual_parts[] = {
	{ NULL, "ENVIRONMENT" },
	{ "CHATMEM_...", "settings, as above" },
	{ "NO_COLOR", "print no colours, also on a terminal" },
	{ NULL, "FILES" },
	{ "chatmem.db",
		"the store, unless --db names another; its log, lock and "
		"ballast lie beside it" },
	{ NULL, "SIGNALS" },
	{ "SIGTERM, SIGINT",
		"the server answers what it has accepted, for --drain-timeout "
		"seconds at most, and ends" },
	{ "SIGHUP", "it reads keys, origins and log level again and goes on" },
	{ NULL, "EXAMPLES" },
	{ "chatmem --db chat.db", "serve that file at 127.0.0.1:8080" },
	{ "chatmem show alice --last 10",
		"print the newest ten messages of the session alice" },
	{ "chatmem tail alice --url http://127.0.0.1:8080 --json",
		"print what comes, as lines of JSON" },
	{ "chatmem backup copy.db", "copy the store, also beside a server" },
};

static void manual_end(struct text *out)
{
	for (size_t i = 0; i < sizeof(manual_parts) / sizeof(*manual_parts);
		i++) {
		if (!manual_parts[i].tag) {
			text_format(out, ".SH %s\n", manual_parts[i].words);
			continue;
		}
		manual_tag(out, manual_parts[i].tag, NULL);
		manual_words(out, manual_parts[i].words);
	}
}

int command_manual(const struct config *config, struct error *error)
{
	struct text out = { 0 };
	int result;

	(void)config;
	text_string(&out,
		".\\\" made by chatmem manual\n"
		".TH CHATMEM 1 " DATE " \"chatmem " CHATMEM_VERSION "\"\n"
		".SH NAME\n"
		"chatmem \\- chat histories over HTTP\n"
		".SH SYNOPSIS\n"
		".B chatmem\n"
		"[\\fICOMMAND\\fR [\\fIOPERAND\\fR]...]\n"
		"[\\fB\\-\\-\\fISETTING VALUE\\fR]...\n"
		".SH DESCRIPTION\n");
	manual_words(&out,
		"chatmem keeps the messages of conversations exactly as they "
		"came, exactly once, in a file or in a PostgreSQL, and hands "
		"them back over HTTP as messages or as the memory of a chain. "
		"Without a command it serves. The other commands look at a "
		"store or change it, with or without a server.");
	manual_commands(&out);
	manual_settings(&out);
	manual_exits(&out);
	manual_end(&out);
	result = out.failed ? error_out_of_memory(error)
			    : output_write(text_view(&out), error);
	text_clear(&out);
	return result;
}
