/* SPDX-License-Identifier: MIT */
/*
 * tokenizers.h - the rank files that --tokenizer-file names.
 */
#ifndef SERVER_CONFIG_TOKENIZERS_H
#define SERVER_CONFIG_TOKENIZERS_H

#include "schema/tokens/tokenizer.h"
#include "server/config/config.h"

#define TOKENIZERS_MAX 16

/* Starts as {0}; tokenizer_files_close() ends it. */
struct tokenizer_files {
	struct tokenizer *items[TOKENIZERS_MAX];
	struct tokenizers set; /* what is handed on */
};

/*
 * Makes "approx", and reads the files of a list of texts NAME=FILE,NAME=FILE.
 * ERROR_INVALID names the file and says what is wrong with it; what was opened
 * before is left for tokenizer_files_close().
 */
int tokenizer_files_open(struct tokenizer_files *files,
	const struct config_list *list, struct error *error);
void tokenizer_files_close(struct tokenizer_files *files);

#endif
