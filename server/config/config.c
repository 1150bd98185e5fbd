/* SPDX-License-Identifier: MIT */
/*
 * config.c - the settings: flag, else file, else environment, else default.
 */
#include "server/config/config.h"

#include "schema/error.h"
#include "server/auth/address.h"
#include "server/config/config_file.h"
#include "server/config/config_value.h"
#include "server/observe/log.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX	  "CHATMEM_"
#define LABEL_MAX 64

enum config_kind {
	KIND_TEXT,
	KIND_ADDRESS,
	KIND_SECRET, /* a text, in the environment only */
	KIND_OPTION, /* a text, as a flag only */
	KIND_SWITCH,
	KIND_ACTION, /* a switch, as a flag only */
	KIND_CHOICE,
	KIND_NUMBER,
	KIND_BYTES,
	KIND_LIST, /* texts: given several times, or with commas */
};

struct config_row {
	const char *name;
	enum config_kind kind;
	size_t offset;	      /* in struct config */
	const char *standard; /* spelled as a value; NULL: none or off */
	const char *value;    /* the help's word for it; NULL: no value */
	const char *help;
	struct value_range range; /* KIND_NUMBER, KIND_BYTES */
	const char *const *words; /* KIND_CHOICE; ends with NULL */
};

static const char *const durabilities[] = { "full", "normal", NULL };
static const char *const searches[] = { "on", "off", NULL };
static const char *const pages[] = { "on", "off", NULL };
static const char *const log_levels[] = { "error", "warning", "info", "debug",
	NULL };

#define AT(member) offsetof(struct config, member)

static const struct config_row settings[] = {
	{ "listen", KIND_ADDRESS, AT(listen), "127.0.0.1:8080", "HOST:PORT",
		.help = "where to listen; port 0 takes any free one" },
	{ "config", KIND_TEXT, AT(config_file), NULL, "FILE",
		.help = "lines CHATMEM_NAME=value; read again at SIGHUP" },
	{ "db", KIND_TEXT, AT(db), "chatmem.db", "PATH",
		.help = "the file that keeps everything" },
	{ "api-keys", KIND_TEXT, AT(api_keys), NULL, "FILE",
		.help = "API keys, lines tenant:key or as chatmem key prints" },
	{ "api-key", KIND_SECRET, AT(api_key), NULL, "PAIRS",
		.help = "API keys, tenant:key with commas, or such lines" },
	{ "no-auth", KIND_SWITCH, AT(no_auth), NULL, NULL,
		.help = "serve everybody without a key" },
	{ "allow-origin", KIND_TEXT, AT(allow_origin), NULL, "ORIGINS",
		.help = "browser pages that may call, with commas" },
	{ "allow-host", KIND_TEXT, AT(allow_host), NULL, "NAMES",
		.help = "more names of this server, with commas" },
	{ "trusted-proxy", KIND_TEXT, AT(trusted_proxy), NULL, "NETWORKS",
		.help = "proxies that name their clients, as 10.0.0.0/8" },
	{ "durability", KIND_CHOICE, AT(durability), "full", "full|normal",
		.help = "normal may lose the last writes in a power cut",
		.words = durabilities },
	{ "max-body", KIND_BYTES, AT(max_body), "16M", "BYTES",
		.help = "largest body of a request",
		.range = { 1024, 256 << 20 } },
	{ "max-connections", KIND_NUMBER, AT(max_connections), "1000", "N",
		.help = "connections at a time", .range = { 1, 1000000 } },
	{ "rate", KIND_NUMBER, AT(rate), "0", "N",
		.help = "requests a second and API key; 0: any number",
		.range = { 0, 1000000 } },
	{ "threads", KIND_NUMBER, AT(threads), "2", "N",
		.help = "threads that serve connections", .range = { 2, 64 } },
	{ "request-timeout", KIND_NUMBER, AT(request_timeout), "60", "SECONDS",
		.help = "for a request to arrive whole",
		.range = { 1, 86400 } },
	{ "drain-timeout", KIND_NUMBER, AT(drain_timeout), "25", "SECONDS",
		.help = "for open requests when stopping",
		.range = { 0, 86400 } },
	{ "free-space-floor", KIND_BYTES, AT(sqlite.free_bytes_floor), "128M",
		"BYTES",
		.help = "refuse writes when the disk has less; 0 never does",
		.range = { 0, INT64_C(1) << 50 } },
	{ "search", KIND_CHOICE, AT(search), "on", "on|off",
		.help = "off keeps no index of words", .words = searches },
	{ "page", KIND_CHOICE, AT(page), "on", "on|off",
		.help = "off shows no page to browsers at /", .words = pages },
	{ "unsafe-filesystem", KIND_SWITCH, AT(sqlite.unsafe_filesystem), NULL,
		NULL, .help = "start on a network file system, slower" },
	{ "llm-url", KIND_TEXT, AT(llm_url), NULL, "URL",
		.help = "a server of OpenAI's API, up to and with its /v1" },
	{ "llm-model", KIND_TEXT, AT(llm_model), NULL, "NAME",
		.help = "its model, where a request names none" },
	{ "llm-embedding-model", KIND_TEXT, AT(llm_embedding_model), NULL,
		"NAME", .help = "its model for embeddings" },
	{ "llm-key-file", KIND_TEXT, AT(llm_key_file), NULL, "FILE",
		.help = "its key, alone on a line" },
	{ "llm-key", KIND_SECRET, AT(llm_key), NULL, "KEY",
		.help = "its key, if there is no file" },
	{ "llm-ca-file", KIND_TEXT, AT(llm_ca_file), NULL, "FILE",
		.help = "who may certify it, instead of the system's" },
	{ "llm-timeout", KIND_NUMBER, AT(llm_timeout), "120", "SECONDS",
		.help = "for it to send something; all may take ten times that",
		.range = { 1, 86400 } },
	{ "memory-plugin", KIND_TEXT, AT(memory_plugin), NULL, "FILES",
		.help = "memory classes of your own, with commas" },
	{ "tokenizer-file", KIND_LIST, AT(tokenizer_files), NULL, "NAME=FILE",
		.help = "tiktoken ranks for tokenizer=NAME; may come again" },
	{ "log-level", KIND_CHOICE, AT(log_level), "info",
		"error|warning|info|debug", .help = "what to log",
		.words = log_levels },
	{ "session", KIND_OPTION, AT(session), NULL, "NAME",
		.help = "to export alone; for a list that names none" },
	{ "tenant", KIND_OPTION, AT(tenant), NULL, "NAME",
		.help = "whose sessions to export, to import; none without "
			"keys" },
	{ "url", KIND_OPTION, AT(url), NULL, "URL",
		.help = "import into the server there, not into --db" },
	{ "key", KIND_SECRET, AT(key), NULL, "KEY",
		.help = "API key for --url" },
	{ "help", KIND_ACTION, AT(help), NULL, NULL, .help = "print this" },
	{ "version", KIND_ACTION, AT(version), NULL, NULL,
		.help = "print the versions of chatmem and its libraries" },
};

#define SETTING_COUNT (sizeof(settings) / sizeof(*settings))

static bool config_has_flag(const struct config_row *setting)
{
	return setting->kind != KIND_SECRET;
}

static bool config_has_variable(const struct config_row *setting)
{
	return setting->kind != KIND_ACTION && setting->kind != KIND_OPTION;
}

static bool config_is_switch(const struct config_row *setting)
{
	return setting->kind == KIND_SWITCH || setting->kind == KIND_ACTION;
}

/* Writes CHATMEM_MAX_BODY for max-body. */
static void config_variable_name(
	const struct config_row *setting, char name[static LABEL_MAX])
{
	char *c;

	snprintf(name, LABEL_MAX, PREFIX "%s", setting->name);
	for (c = name; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
}

/* --- sources ---------------------------------------------------------- */

static int config_set_value(const struct config_row *setting,
	struct config *config, const char *value, struct error *error)
{
	void *member = (char *)config + setting->offset;
	struct address address;

	switch (setting->kind) {
	case KIND_ADDRESS:
		if (address_parse(value, &address, error))
			return -1;
		__attribute__((fallthrough));
	case KIND_TEXT:
	case KIND_OPTION:
	case KIND_SECRET:
		*(const char **)member = value;
		return 0;
	case KIND_SWITCH:
	case KIND_ACTION:
		return value_switch(value, member, error);
	case KIND_CHOICE:
		return value_choice(value, setting->words, member, error);
	case KIND_NUMBER:
		return value_number(value, &setting->range, member, error);
	case KIND_BYTES:
		return value_bytes(value, &setting->range, member, error);
	case KIND_LIST:
		return value_list(value, config->source, member, error);
	}
	return 0;
}

/* The same, with the flag or variable in front of what is wrong. */
static int config_set_from(const char *label, const struct config_row *setting,
	struct config *config, const char *value, struct error *error)
{
	struct error why = { 0 };

	if (!config_set_value(setting, config, value, &why))
		return 0;
	return error_set(error, why.code, "%s: %s", label, why.message);
}

static int config_read_defaults(struct config *config, struct error *error)
{
	*config = (struct config){ 0 };
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (settings[i].standard &&
			config_set_value(&settings[i], config,
				settings[i].standard, error))
			return -1;
	return 0;
}

/* Its value in the environment; NULL if it is not set, or empty. */
static const char *config_find_variable(
	char *const environment[], const char *name)
{
	const size_t length = strlen(name);

	for (; *environment; environment++) {
		const char *entry = *environment;

		if (!strncmp(entry, name, length) && entry[length] == '=')
			return entry[length + 1] ? entry + length + 1 : NULL;
	}
	return NULL;
}

static int config_read_environment(
	struct config *config, char *const environment[], struct error *error)
{
	config->source++;
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		char name[LABEL_MAX];
		const char *value = NULL;

		config_variable_name(&settings[i], name);
		if (config_has_variable(&settings[i]))
			value = config_find_variable(environment, name);
		if (value && config_set_from(
				     name, &settings[i], config, value, error))
			return -1;
	}
	return 0;
}

static const struct config_row *config_find_flag(
	const char *name, size_t length)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (strlen(settings[i].name) == length &&
			!memcmp(settings[i].name, name, length))
			return &settings[i];
	return NULL;
}

/* Reads the flag at *arguments, and its value if that follows. */
static int config_read_flag(
	struct config *config, char *const **arguments, struct error *error)
{
	const char *flag = **arguments;
	const size_t length = strcspn(flag, "=");
	const struct config_row *setting =
		strncmp(flag, "--", 2) ? NULL
				       : config_find_flag(flag + 2, length - 2);
	const char *value = flag[length] ? flag + length + 1 : NULL;
	char label[LABEL_MAX];

	if (flag[0] != '-')
		return error_set(error, ERROR_INVALID,
			"\"%s\" is out of place; say: chatmem [COMMAND [FILE]] "
			"[--SETTING VALUE]...",
			flag);
	if (!setting)
		return error_set(error, ERROR_INVALID,
			"\"%.*s\" is not a setting; --help lists them all",
			(int)length, flag);
	snprintf(label, sizeof(label), "--%s", setting->name);
	if (!config_has_flag(setting)) {
		config_variable_name(setting, label);
		return error_set(error, ERROR_INVALID,
			"--%s: other users can see arguments; set %s",
			setting->name, label);
	}
	if (!value && config_is_switch(setting))
		value = "true";
	if (!value)
		value = *++*arguments;
	if (!value)
		return error_set(
			error, ERROR_INVALID, "%s needs a value", label);
	return config_set_from(label, setting, config, value, error);
}

static int config_read_sources(struct config *config,
	const struct config_sources *sources, struct error *error)
{
	char *const *arguments = sources->arguments;

	if (config_read_defaults(config, error) ||
		config_read_environment(config, sources->environment, error))
		return -1;
	if (sources->lines &&
		config_read_environment(config, sources->lines, error))
		return -1;
	config->source++;
	for (; *arguments; arguments++)
		if (config_read_flag(config, &arguments, error))
			return -1;
	return 0;
}

static bool config_is_setting(const char *entry)
{
	char name[LABEL_MAX];

	for (size_t i = 0; i < SETTING_COUNT; i++) {
		config_variable_name(&settings[i], name);
		if (config_has_variable(&settings[i]) &&
			strcspn(entry, "=") == strlen(name) &&
			!strncmp(entry, name, strlen(name)))
			return true;
	}
	return false;
}

static int config_read_file(
	struct config_sources *sources, const char *path, struct error *error)
{
	if (config_file_read(&sources->lines, path, error))
		return -1;
	for (char **line = sources->lines; *line; line++)
		if (!config_is_setting(*line))
			return error_set(error, ERROR_INVALID,
				"%s: \"%.*s\" is not a setting; --help lists "
				"them all",
				path, (int)strcspn(*line, "="), *line);
	return 0;
}

int config_read(struct config *config, char *const arguments[],
	char *const environment[], struct error *error)
{
	struct config_sources sources = { arguments, NULL, environment };
	int result = config_read_sources(config, &sources, error);

	if (!result && config->config_file)
		result = config_read_file(
				 &sources, config->config_file, error) ||
			 config_read_sources(config, &sources, error);
	config->sources = sources;
	return result ? -1 : 0;
}

void config_clear(struct config *config)
{
	free(config->sources.lines);
	*config = (struct config){ 0 };
}

void config_warn(char *const environment[])
{
	for (; *environment; environment++) {
		const char *entry = *environment;
		char name[LABEL_MAX];

		if (strncmp(entry, PREFIX, strlen(PREFIX)) ||
			config_is_setting(entry))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(entry, "="),
			entry);
		log_line(LOG_WARNING, "this variable is no setting", "name",
			name, NULL);
	}
}

void config_help(FILE *out)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct config_row *setting = &settings[i];
		char name[LABEL_MAX], left[LABEL_MAX];

		config_variable_name(setting, name);
		snprintf(left, sizeof(left), "--%s %s", setting->name,
			setting->value ? setting->value : "");
		if (!config_has_flag(setting))
			snprintf(left, sizeof(left), "%s", name);
		fprintf(out, "  %-36s %s", left, setting->help);
		if (setting->standard)
			fprintf(out, " (%s)", setting->standard);
		fputc('\n', out);
	}
}
