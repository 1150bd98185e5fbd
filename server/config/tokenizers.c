/* SPDX-License-Identifier: MIT */
/* tokenizers.c - rank files, read when the server starts. */
#include "server/config/tokenizers.h"

#include <ctype.h>
#include <string.h>

#include "schema/error.h"
#include "server/config/whole_file.h"

#define NAME_MOST  64
#define FILE_MOST  4096
#define BYTES_MOST ((size_t)64 << 20)

/* An entry of the list: `name` and the path that follows. */
struct tokenizers_entry {
	struct slice name;
	char path[FILE_MOST];
};

static int tokenizers_read_file(
	struct text *bytes, const char *path, struct error *error)
{
	struct error why = { 0 };

	if (whole_file_read(bytes, path, BYTES_MOST, &why) == 0)
		return 0;
	error_describe(error, why.code, "--tokenizer-file: %s", why.message);
	return -1;
}

static bool tokenizers_is_name(struct slice name)
{
	for (size_t i = 0; i < name.length; i++)
		if (!isalnum((unsigned char)name.data[i]) &&
			strchr("._-", name.data[i]) == NULL)
			return false;
	return name.length > 0 && name.length <= NAME_MOST &&
	       !slice_is(name, "approx");
}

static int tokenizers_split(
	struct tokenizers_entry *entry, struct slice text, struct error *error)
{
	const char *equals = memchr(text.data, '=', text.length);
	const size_t length = equals == NULL ? 0 : (size_t)(equals - text.data);
	const size_t path = text.length - length - (equals != NULL);

	entry->name = (struct slice){ text.data, length };
	if (equals == NULL || path == 0 || path >= sizeof(entry->path))
		return error_set(error, ERROR_INVALID,
			"--tokenizer-file %.*s: say NAME=FILE, as in "
			"o200k_base=o200k_base.tiktoken",
			SLICE_SHORT(text));
	if (!tokenizers_is_name(entry->name))
		return error_set(error, ERROR_INVALID,
			"--tokenizer-file %.*s: a name is up to %d letters, "
			"digits, \".\", \"_\" and \"-\", and not approx",
			SLICE_SHORT(text), NAME_MOST);
	memcpy(entry->path, equals + 1, path);
	entry->path[path] = '\0';
	return 0;
}

static int tokenizers_open_entry(struct tokenizer_files *files,
	const struct tokenizers_entry *entry, struct error *error)
{
	const struct tokenizer *known;
	struct error none = { 0 };
	struct text bytes = { 0 };
	int result;

	if (files->set.count == TOKENIZERS_MAX)
		return error_set(error, ERROR_INVALID,
			"--tokenizer-file %s: there are more than %d",
			entry->path, TOKENIZERS_MAX);
	if (tokenizers_find(&files->set, entry->name, &known, &none) == 0)
		return error_set(error, ERROR_INVALID,
			"--tokenizer-file %s: there is a \"%.*s\" already",
			entry->path, SLICE_SHORT(entry->name));
	result = tokenizers_read_file(&bytes, entry->path, error);
	if (result == 0)
		result = tokenizer_new(&files->items[files->set.count],
			&(struct tokenizer_file){
				entry->name, text_view(&bytes), entry->path },
			error);
	if (result == 0)
		files->set.count++;
	text_clear(&bytes);
	return result;
}

static int tokenizers_open_entries(
	struct tokenizer_files *files, const char *text, struct error *error)
{
	struct tokenizers_entry entry;

	while (text != NULL) {
		const size_t length = strcspn(text, ",");

		if (tokenizers_split(
			    &entry, (struct slice){ text, length }, error) ||
			tokenizers_open_entry(files, &entry, error))
			return -1;
		text = text[length] ? text + length + 1 : NULL;
	}
	return 0;
}

int tokenizer_files_open(struct tokenizer_files *files,
	const struct config_list *list, struct error *error)
{
	files->set.items = files->items;
	if (tokenizer_new_approx(&files->set.approx, error))
		return -1;
	for (size_t i = 0; i < list->count; i++)
		if (tokenizers_open_entries(files, list->values[i], error))
			return -1;
	return 0;
}

void tokenizer_files_close(struct tokenizer_files *files)
{
	for (size_t i = 0; i < files->set.count; i++)
		tokenizer_free(files->items[i]);
	tokenizer_free(files->set.approx);
	*files = (struct tokenizer_files){ 0 };
}
