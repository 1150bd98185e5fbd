/* SPDX-License-Identifier: MIT */
/*
 * test_secret.c - the key that has a file of its own.
 */
#include "server/auth/secret.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/written.h"

START_TEST(the_first_line_is_the_key)
{
	static const char *const files[] = { "sk-1", "sk-1\n", "sk-1\r\n",
		"sk-1\nsk-2\n" };
	char *secret;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		const char *path = written(files[i]);

		ok(secret_read(&secret, path, &secret_llm_key, &error));
		unlink(path);
		ck_assert_str_eq(secret, "sk-1");
		secret_free(secret);
	}
	secret_free(NULL);
}
END_TEST

START_TEST(a_file_without_a_key_is_refused)
{
	static const char *const files[] = { "", "\n", "\nsk-1\n" };
	char words[100];
	char *secret;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		const char *path = written(files[i]);

		fails(secret_read(&secret, path, &secret_llm_key, &error),
			ERROR_INVALID);
		unlink(path);
		snprintf(words, sizeof(words),
			"the first line of %s holds no key", path);
		says(words);
	}
	fails(secret_read(&secret, "/nowhere/key", &secret_llm_key, &error),
		ERROR_INVALID);
	says("cannot open /nowhere/key: No such file or directory; "
	     "--llm-key-file and CHATMEM_LLM_KEY_FILE name a file; the key "
	     "itself goes into CHATMEM_LLM_KEY");
	fails(secret_read(&secret, "sk-s3cret", &secret_llm_key, &error),
		ERROR_INVALID);
	says("there is no such file; --llm-key-file and CHATMEM_LLM_KEY_FILE "
	     "name a file; the key itself goes into CHATMEM_LLM_KEY");
	fails(secret_read(&secret, "/tmp", &secret_llm_key, &error),
		ERROR_INVALID);
}
END_TEST

UNIT("secret", the_first_line_is_the_key, a_file_without_a_key_is_refused)
