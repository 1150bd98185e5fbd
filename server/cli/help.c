/* SPDX-License-Identifier: MIT */
/* help.c - chatmem help: all there is, or what a command takes. */
#include "server/cli/command.h"

#include <stdio.h>

#include "schema/error.h"
#include "schema/text.h"
#include "server/cli/layout.h"
#include "server/cli/output.h"
#include "server/config/config.h"
#include "server/config/config_entry.h"

static void help_heading(struct text *out, const char *heading)
{
	if (heading)
		text_format(out, "\n%s:\n", heading);
}

static void help_command(struct text *out, const struct command *command)
{
	char name[ENTRY_NAME_MAX];

	snprintf(name, sizeof(name), "%s %s", command->name,
		command->operands ? command->operands : "");
	layout_row(out, name, command->help);
}

static void help_entry(struct text *out, const struct config_entry *entry)
{
	struct text words = { 0 };
	char name[ENTRY_NAME_MAX];
	char letter[] = "-?, ";

	letter[1] = entry->letter;
	snprintf(name, sizeof(name), "%s--%s %s", entry->letter ? letter : "",
		entry->name, entry->value ? entry->value : "");
	text_string(&words, entry->help);
	if (entry->standard)
		text_format(&words, " (%s)", entry->standard);
	text_byte(&words, '\0');
	if (!words.failed)
		layout_row(
			out, entry->flag ? name : entry->variable, words.data);
	out->failed |= words.failed;
	text_clear(&words);
}

static void help_all(struct text *out)
{
	struct config_entry entry;

	text_string(out,
		"chatmem - chat histories over HTTP: exact transcripts, exactly "
		"once\n\nUsage: chatmem [COMMAND [OPERAND]...] [--SETTING "
		"VALUE]...\n"
		"       chatmem help COMMAND\n");
	for (size_t i = 0; i < command_count; i++) {
		help_heading(out, commands[i].heading);
		help_command(out, &commands[i]);
	}
	text_string(out,
		"\nSettings; --max-body can also be given as CHATMEM_MAX_BODY, "
		"and so on.\n");
	for (size_t i = 0; config_entry_at(i, &entry); i++) {
		help_heading(out, entry.heading);
		help_entry(out, &entry);
	}
	help_heading(out, "Exit status");
	for (const struct command_exit *at = command_exits; at->when; at++) {
		char status[8];

		snprintf(status, sizeof(status), "%d", at->status);
		layout_row(out, status, at->when);
	}
}

static void help_one(struct text *out, const struct command *command)
{
	struct config_entry entry;

	text_format(out, "Usage: chatmem %s%s%s [--SETTING VALUE]...\n\n",
		command->name, command->operands ? " " : "",
		command->operands ? command->operands : "");
	layout_paragraph(out, command->help);
	if (command->more)
		layout_paragraph(out, command->more);
	if (!command->flags)
		return;
	help_heading(out, "Settings");
	for (size_t i = 0; config_entry_at(i, &entry); i++)
		if (config_entry_is_among(&entry, command->flags))
			help_entry(out, &entry);
}

int command_help(const struct config *config, struct error *error)
{
	const struct command *command = NULL;
	struct text out = { 0 };
	int result;

	if (config->file)
		command = command_named(config->file);
	if (config->file && !command)
		return command_refuse(config->file, error);
	if (command)
		help_one(&out, command);
	else
		help_all(&out);
	result = out.failed ? error_out_of_memory(error)
			    : output_write(text_view(&out), error);
	text_clear(&out);
	return result;
}
