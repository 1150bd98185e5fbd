/* SPDX-License-Identifier: MIT */
/*
 * error.c - words for a failure, safe to show.
 */
#include "schema/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "schema/text.h"

#define MESSAGE_BYTES 500

/* Copies what is whole and harmless; never more than it reads. */
static void error_copy_clean(char *out, struct slice raw)
{
	size_t length = 0;

	while (length < raw.length) {
		struct slice rest = { raw.data + length, raw.length - length };
		size_t step = utf8_step(rest);
		unsigned char first = (unsigned char)*rest.data;

		if (length + step > MESSAGE_BYTES)
			break;
		if (step == 0 || first < ' ' || first == 0x7f) {
			out[length++] = '?';
			continue;
		}
		for (size_t i = 0; i < step; i++)
			out[length++] = rest.data[i];
	}
	out[length] = '\0';
}

void error_describe(
	struct error *error, enum error_code code, const char *format, ...)
{
	/* Has bytes for a longest character more, so that none is halved. */
	char raw[MESSAGE_BYTES + 4];
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(raw, sizeof(raw), format, arguments);
	va_end(arguments);
	error->code = code;
	error->final = false;
	error->retry_after = 0;
	error_copy_clean(
		error->message, length < 0 ? slice_of("") : slice_of(raw));
}

const char *error_name(enum error_code code)
{
#define ERROR_NAME(code, name, status) [code] = (name),
	static const char *const names[] = { [ERROR_NONE] = "none",
		ERROR_CODES(ERROR_NAME) };
#undef ERROR_NAME
	return names[code];
}

int error_status(enum error_code code)
{
#define ERROR_STATUS(code, name, status) [code] = (status),
	static const int statuses[] = { [ERROR_NONE] = 200,
		ERROR_CODES(ERROR_STATUS) };
#undef ERROR_STATUS
	return statuses[code];
}
