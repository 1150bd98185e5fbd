/* SPDX-License-Identifier: MIT */
/* completion.c - chatmem completion: what shells complete it with. */
#include "server/cli/command.h"

#include <stdio.h>
#include <string.h>

#include "schema/error.h"
#include "schema/text.h"
#include "server/cli/output.h"
#include "server/config/config.h"
#include "server/config/config_entry.h"

static bool completion_has_file(const char *value)
{
	return value && (strstr(value, "FILE") || strstr(value, "PATH"));
}

/* A command has its own, serve all that are settings. */
static bool completion_takes(
	const struct command *command, const struct config_entry *entry)
{
	if (!entry->flag)
		return false;
	if (command->run == commands[0].run)
		return !entry->option || entry->letter == 'h';
	return entry->letter == 'h' ||
	       (command->flags && config_entry_is_among(entry, command->flags));
}

/* Inside of single quotes; a bracket would end what zsh describes. */
static void completion_quote(struct text *out, const char *words)
{
	for (; *words; words++)
		if (*words == '\'')
			text_string(out, "'\\''");
		else if (*words == '[' || *words == ']')
			text_format(out, "\\%c", *words);
		else
			text_byte(out, *words);
}

static void completion_commands(struct text *out, const char *between)
{
	for (size_t i = 0; i < command_count; i++)
		text_format(out, "%s%s", i ? between : "", commands[i].name);
}

static void completion_words(struct text *out, const struct config_entry *entry)
{
	for (size_t i = 0; entry->words[i]; i++)
		text_format(out, "%s%s", i ? " " : "", entry->words[i]);
}

/* --- bash ------------------------------------------------------------- */

static void completion_bash_values(struct text *out)
{
	struct config_entry entry;

	for (size_t i = 0; config_entry_at(i, &entry); i++) {
		if (!entry.flag || !entry.value)
			continue;
		text_format(out, "\t--%s) ", entry.name);
		if (entry.words) {
			text_string(out, "COMPREPLY=($(compgen -W '");
			completion_words(out, &entry);
			text_string(out, "' -- \"$word\"));");
		} else if (completion_has_file(entry.value)) {
			text_string(
				out, "COMPREPLY=($(compgen -f -- \"$word\"));");
		}
		text_string(out, " return ;;\n");
	}
}

static void completion_bash_flags(struct text *out)
{
	struct config_entry entry;

	for (size_t i = 0; i < command_count; i++) {
		text_format(out, "\t%s) flags='", commands[i].name);
		for (size_t k = 0; config_entry_at(k, &entry); k++)
			if (completion_takes(&commands[i], &entry))
				text_format(out, "--%s ", entry.name);
		text_string(out, "' ;;\n");
	}
}

static void completion_bash(struct text *out)
{
	text_string(out,
		"# bash completion for chatmem; made by chatmem completion\n"
		"_chatmem() {\n"
		"\tlocal word=${COMP_WORDS[COMP_CWORD]} flags\n"
		"\tlocal command=${COMP_WORDS[1]}\n"
		"\tCOMPREPLY=()\n"
		"\tcase ${COMP_WORDS[COMP_CWORD-1]} in\n");
	completion_bash_values(out);
	text_string(out, "\tesac\n"
			 "\t[[ $command != -* ]] || command=serve\n"
			 "\tcase $command in\n");
	completion_bash_flags(out);
	text_string(out,
		"\tesac\n"
		"\tif [[ $word == -* ]]; then\n"
		"\t\tCOMPREPLY=($(compgen -W \"$flags\" -- \"$word\"))\n"
		"\telif ((COMP_CWORD == 1)); then\n"
		"\t\tCOMPREPLY=($(compgen -W '");
	completion_commands(out, " ");
	text_string(out, "' -- \"$word\"))\n"
			 "\telse\n"
			 "\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n"
			 "\tfi\n"
			 "}\n"
			 "complete -o filenames -F _chatmem chatmem\n");
}

/* --- zsh -------------------------------------------------------------- */

static void completion_zsh_entry(
	struct text *out, const struct config_entry *entry)
{
	text_format(out, "\t\t'--%s[", entry->name);
	completion_quote(out, entry->help);
	text_string(out, "]");
	if (entry->value)
		text_format(out, ":%s:", entry->name);
	if (entry->words) {
		text_string(out, "(");
		completion_words(out, entry);
		text_string(out, ")");
	} else if (completion_has_file(entry->value)) {
		text_string(out, "_files");
	}
	text_string(out, "'\n");
}

static void completion_zsh_flags(struct text *out)
{
	struct config_entry entry;

	for (size_t i = 0; i < command_count; i++) {
		text_format(out, "\t%s) flags=(\n", commands[i].name);
		for (size_t k = 0; config_entry_at(k, &entry); k++)
			if (completion_takes(&commands[i], &entry))
				completion_zsh_entry(out, &entry);
		text_string(out, "\t) ;;\n");
	}
}

static void completion_zsh(struct text *out)
{
	text_string(out, "#compdef chatmem\n"
			 "# made by chatmem completion\n"
			 "_chatmem() {\n"
			 "\tlocal -a names flags\n"
			 "\tnames=(\n");
	for (size_t i = 0; i < command_count; i++) {
		text_format(out, "\t\t'%s:", commands[i].name);
		completion_quote(out, commands[i].help);
		text_string(out, "'\n");
	}
	text_string(out,
		"\t)\n"
		"\tif ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n"
		"\t\t_describe command names\n"
		"\t\treturn\n"
		"\tfi\n"
		"\tlocal name=$words[2]\n"
		"\t[[ $name != -* ]] || name=serve\n"
		"\tcase $name in\n");
	completion_zsh_flags(out);
	text_string(out, "\tesac\n"
			 "\t_arguments $flags '*:operand:_files'\n"
			 "}\n"
			 "if [[ $funcstack[1] == _chatmem ]]; then\n"
			 "\t_chatmem \"$@\"\n"
			 "else\n"
			 "\tcompdef _chatmem chatmem\n"
			 "fi\n");
}

/* --- fish ------------------------------------------------------------- */

static void completion_fish_entry(
	struct text *out, const struct config_entry *entry)
{
	text_format(out, "complete -c chatmem -l %s", entry->name);
	if (entry->words) {
		text_string(out, " -x -a '");
		completion_words(out, entry);
		text_string(out, "'");
	} else if (entry->value) {
		text_string(out,
			completion_has_file(entry->value) ? " -r -F" : " -x");
	}
	text_string(out, " -d '");
	completion_quote(out, entry->help);
	text_string(out, "'");
	if (entry->option && entry->letter != 'h') {
		text_string(out, " -n '__fish_seen_subcommand_from");
		for (size_t i = 0; i < command_count; i++)
			if (completion_takes(&commands[i], entry))
				text_format(out, " %s", commands[i].name);
		text_string(out, "'");
	}
	text_string(out, "\n");
}

static void completion_fish(struct text *out)
{
	struct config_entry entry;

	text_string(out,
		"# fish completion for chatmem; made by chatmem completion\n");
	for (size_t i = 0; i < command_count; i++) {
		text_format(out,
			"complete -c chatmem -f -n __fish_use_subcommand "
			"-a %s -d '",
			commands[i].name);
		completion_quote(out, commands[i].help);
		text_string(out, "'\n");
	}
	for (size_t i = 0; config_entry_at(i, &entry); i++)
		if (entry.flag)
			completion_fish_entry(out, &entry);
}

/* --- the command ------------------------------------------------------ */

static const struct completion_shell {
	const char *name;
	void (*write)(struct text *out);
} completion_shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
	{ "fish", completion_fish },
};

int command_completion(const struct config *config, struct error *error)
{
	const struct completion_shell *shell = completion_shells;
	struct text out = { 0 };
	int result;

	while (strcmp(shell->name, config->file) != 0)
		if (++shell == completion_shells + 3)
			return error_set(error, ERROR_INVALID,
				"\"%s\" is not bash, zsh or fish",
				config->file);
	shell->write(&out);
	result = out.failed ? error_out_of_memory(error)
			    : output_write(text_view(&out), error);
	text_clear(&out);
	return result;
}
