/* SPDX-License-Identifier: MIT */
/* commands.c - the commands: a row each, in the order of the help. */
#include "server/cli/command.h"

#include "server/serve.h"
#include "server/version.h"

#define STORE  " db db-url-file config "
#define ASKING STORE "url key-file key tenant json "
#define TARGET "--url asks a running server, else it is the store of --db. "

const struct command commands[] = {
	{ "serve", serve, NULL, .heading = "The server",
		.help = "answer requests; need not be said",
		.more = "It takes every setting that chatmem --help lists." },
	{ "health", command_health, NULL, .flags = " listen config ",
		.help = "ask the server at --listen whether it is ready" },
	{ "key", command_key, "TENANT",
		.help = "print a new API key, and the line for --api-keys" },
	{ "sessions", command_sessions, "[PREFIX]", .heading = "To look",
		.flags = ASKING "limit ",
		.help = "list sessions, those of the newest messages first",
		.more = TARGET "With a prefix they come in the order of their "
			       "names." },
	{ "show", command_show, "NAME",
		.flags = ASKING "last as-of format type ",
		.help = "print the messages of a session", .more = TARGET },
	{ "tail", command_tail, "NAME", .flags = ASKING "last ",
		.help = "print its messages as they come, until it is stopped",
		.more = TARGET "When that server goes it is asked again until "
			       "it is back, for what was missed." },
	{ "search", command_search, "WORD...", .flags = ASKING "session limit ",
		.help = "find messages that have all these words",
		.more = TARGET },
	{ "load", command_load, "NAME", .flags = ASKING "last as-of ",
		.help = "print what the session's memory hands to a model",
		.more = TARGET },
	{ "append", command_append, "NAME TEXT", .heading = "To change",
		.flags = ASKING "type ",
		.help = "add a message, of a human or of --type",
		.more = TARGET "A TEXT of - is read from standard input. A "
			       "file that a server has open is that server's: "
			       "say --url." },
	{ "fork", command_fork, "NAME [NEW]", .flags = ASKING "upto ",
		.help = "begin a new session with the messages of another",
		.more = TARGET },
	{ "erase", command_erase, "NAME", .flags = ASKING "yes ",
		.help = "erase a session for good",
		.more = TARGET "On a terminal it asks back first." },
	{ "export", command_export, NULL, .heading = "The store",
		.flags = STORE "session tenant url key-file key ",
		.help = "print a tenant's sessions as lines, also beside a "
			"server",
		.more = TARGET },
	{ "import", command_import, "FILE",
		.flags = STORE "from session tenant url key-file key max-body ",
		.help = "read such lines, - for standard input; again is no "
			"harm" },
	{ "backup", command_backup, "FILE", .flags = STORE,
		.help = "copy the file into a new one, also beside a server",
		.more = "The copy is read as check does it. When it is good, "
			"the time at which it was begun is noted beside the "
			"file, with .backed-up behind its name, for the "
			"server's figure chatmem_last_backup_timestamp_seconds"
			"." },
	{ "restore", command_restore, "FILE",
		.flags = STORE "accept-damage erase-again ",
		.help = "put a backup in the place of the file, which is "
			"kept" },
	{ "check", command_check, NULL, .flags = STORE,
		.help = "is all of it what was stored? also beside a server" },
	{ "migrate", command_migrate, NULL,
		.flags = STORE "check no-upgrade-copy ",
		.help = "bring an older file up to date, as a start does" },
	{ "help", command_help, "[COMMAND]", .heading = "This program",
		.plain = true, .help = "print this; also --help, -h" },
	{ "completion", command_completion, "bash|zsh|fish", .plain = true,
		.help = "print what makes a shell complete commands and "
			"settings" },
	{ "manual", command_manual, NULL, .plain = true,
		.help = "print the manual page, for man -l -" },
	{ "version", command_version, NULL, .plain = true,
		.help = "print what this is made of; also --version, -V" },
};

const size_t command_count = sizeof(commands) / sizeof(*commands);
