/* SPDX-License-Identifier: MIT */
/*
 * config.h - the settings: flag, else environment, else default.
 *
 * A table in config_table.c has them all, and makes the help as well.
 */
#ifndef SERVER_CONFIG_CONFIG_H
#define SERVER_CONFIG_CONFIG_H

#include "core/store/sqlite/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define CONFIG_LIST_MAX 16

/* Texts of one source, each maybe several with commas between. */
struct config_list {
	const char *values[CONFIG_LIST_MAX];
	size_t count;
	int source;
};

/* Where the settings come from; each list ends with NULL. */
struct config_sources {
	char *const *arguments;
	char **lines; /* of a file, as an environment; NULL: none */
	char *const *environment;
};

/*
 * The things that a command asks for, as they were given: the API reads them,
 * and says what is wrong.
 */
struct config_query {
	const char *last;
	const char *limit;
	const char *as_of;
	const char *format;
	const char *upto;
	const char *type;
};

/* Texts are borrowed from the sources. */
struct config {
	struct config_sources sources;
	const char *config_file;   /* path; NULL: none */
	const char *listen;	   /* host:port, or unix:path */
	int listen_mode;	   /* enum config_listen_mode */
	const char *db;		   /* path, or a URL without its password */
	const char *db_url_file;   /* path, in place of it; NULL: none */
	char *db_url;		   /* secret; NULL: `db` is all */
	char *db_listen_url;	   /* the same of db_listen */
	char *db_shown;		   /* what `db` is then */
	const char *api_keys;	   /* path; NULL: none */
	const char *api_key;	   /* secret; NULL: none */
	const char *allow_origin;  /* with commas; NULL: none */
	const char *allow_host;	   /* with commas; NULL: none */
	const char *trusted_proxy; /* networks, with commas; NULL: none */
	const char *llm_url;	   /* NULL: there is no language model */
	const char *llm_model;	   /* NULL: requests name it */
	const char *llm_embedding_model;
	const char *llm_key_file;	    /* path; NULL: none */
	const char *llm_key;		    /* secret; NULL: none */
	const char *llm_pass;		    /* with commas; NULL: none */
	const char *llm_ca_file;	    /* path; NULL: the system's */
	struct config_list tokenizer_files; /* NAME=FILE */
	int source;		   /* the number of the one that is read */
	const char *memory_plugin; /* paths, with commas; NULL: none */
	const char *session;	   /* of an export or an import; NULL: all */
	const char *from;	   /* whose file it is; NULL: chatmem's */
	const char *tenant;	   /* whose sessions */
	const char *url;	   /* of a server to ask; NULL: --db */
	const char *key;	   /* secret, for that; NULL: none */
	const char *key_file;	   /* path, in place of it; NULL: none */
	struct config_query query;
	/* The words beside the flags of a command, as a name or a file. */
	const char *operands[CONFIG_LIST_MAX];
	size_t operand_count;
	const char *file; /* the first of them; NULL: none was said */
	/*
	 * The caller says of which command, how many there may be, and which
	 * options: names between spaces, NULL for all.
	 */
	const char *command;
	size_t operands_most;
	const char *options;
	bool json; /* a command prints for a script */
	bool yes;  /* it asks nothing back */
	bool no_auth;
	bool check;	    /* chatmem migrate only says what it would do */
	bool accept_damage; /* of a backup that is restored */
	bool erase_again;   /* what it brings back */
	struct sqlite_options sqlite;
	bool help;
	bool version;
	int durability;	     /* enum config_durability */
	int db_durability;   /* enum config_db_durability */
	int search;	     /* enum config_search */
	int page;	     /* enum config_page */
	int llm_api;	     /* enum llm_api_kind */
	int log_level;	     /* enum log_level */
	int log_format;	     /* enum log_format */
	int log_sessions;    /* enum config_log_sessions */
	int access_log;	     /* enum config_access_log */
	const char *log_key; /* secret, of the hashes; NULL: none */
	int64_t cache;	     /* bytes, of newest messages; 0: none */
	int64_t max_body;    /* bytes */
	int64_t max_connections;
	int64_t rate;		/* requests a second and key; 0: any number */
	int64_t quota_sessions; /* of a tenant; 0: any number */
	int64_t quota_bytes;	/* of a tenant; 0: any number */
	int64_t response_ttl;	/* seconds */
	int64_t threads;
	int64_t db_readers;	 /* connections to a database elsewhere */
	const char *db_listen;	 /* a URL; NULL: none */
	int64_t db_wait;	 /* seconds, while that is not there */
	int64_t request_timeout; /* seconds */
	int64_t drain_timeout;	 /* seconds */
	int64_t llm_timeout;	 /* seconds */
};

enum config_listen_mode { LISTEN_MODE_660, LISTEN_MODE_600, LISTEN_MODE_666 };
enum config_log_sessions { LOG_SESSIONS_PLAIN, LOG_SESSIONS_HASHED };
enum config_access_log { ACCESS_LOG_ON, ACCESS_LOG_OFF };
enum config_search { SEARCH_ON, SEARCH_OFF };
enum config_page { PAGE_ON, PAGE_OFF };
enum config_db_durability { DB_DURABILITY_LOCAL, DB_DURABILITY_REPLICATED };
enum config_durability { DURABILITY_FULL, DURABILITY_NORMAL };

/*
 * Reads all settings; both lists end with NULL, `arguments` is without the
 * program's name.  ERROR_INVALID names the flag or the variable.  In any case
 * there is something to clear.
 */
int config_read(struct config *config, char *const arguments[],
	char *const environment[], struct error *error);

void config_clear(struct config *config);

/*
 * The first argument that is neither a flag nor the value of one; NULL: there
 * is none, or what is before it is no flag that is known.
 */
char **config_first_operand(char **arguments);

/*
 * Logs the settings that have no effect without another one, and the names of
 * variables CHATMEM_… that are no settings.  These are not refused:
 * Kubernetes sets such, for a service called chatmem.
 */
void config_warn(const struct config *config, char *const environment[]);

#endif
