/* SPDX-License-Identifier: MIT */
/*
 * count.c - the tokens of texts, by chatmem's own encoder.
 *
 *	count ENCODING FILE	stdin: texts, each behind its length in
 *				bytes and a newline; stdout: a number a line
 */
#include <stdio.h>
#include <stdlib.h>

#include "schema/error.h"
#include "schema/tokens/tokenizer.h"

static struct text read_all(FILE *file)
{
	struct text bytes = { 0 };
	static char buf[1 << 16];
	size_t got;

	while ((got = fread(buf, 1, sizeof(buf), file)) > 0)
		text_append(&bytes, buf, got);
	return bytes;
}

static struct tokenizer *open_tokenizer(const char *encoding, const char *path)
{
	struct tokenizer *tokenizer;
	struct error error = { 0 };
	FILE *file = fopen(path, "rb");
	struct text bytes;
	int failed;

	if (file == NULL) {
		perror(path);
		exit(2);
	}
	bytes = read_all(file);
	fclose(file);
	failed = tokenizer_new(&tokenizer,
		&(struct tokenizer_file){
			slice_of(encoding), text_view(&bytes), path },
		&error);
	text_clear(&bytes);
	if (failed) {
		fprintf(stderr, "%s\n", error.message);
		exit(2);
	}
	return tokenizer;
}

int main(int count, char **arguments)
{
	struct tokenizer *tokenizer;
	char line[32];

	if (count != 3)
		return 2;
	tokenizer = open_tokenizer(arguments[1], arguments[2]);
	while (fgets(line, sizeof(line), stdin)) {
		const size_t length = strtoul(line, NULL, 10);
		char *text = malloc(length + 1);

		if (text == NULL || fread(text, 1, length, stdin) != length)
			return 2;
		printf("%lld\n", (long long)tokenizer_count(tokenizer,
					 (struct slice){ text, length }));
		free(text);
	}
	tokenizer_free(tokenizer);
	return 0;
}
