/* SPDX-License-Identifier: MIT */
/* output.c - standard output, which may be a terminal, a file or a pipe. */
#include "server/cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "schema/error.h"

void output_prepare(void)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	int fd;

	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL); /* a limit is a full disk */
	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int output_fail(struct error *error)
{
	return error_set(error, ERROR_UNAVAILABLE,
		"cannot write the output: %s", strerror(errno));
}

int output_write(struct slice bytes, struct error *error)
{
	if (bytes.length > 0 &&
		fwrite(bytes.data, 1, bytes.length, stdout) != bytes.length)
		return output_fail(error);
	return output_end(error);
}

int output_end(struct error *error)
{
	return fflush(stdout) || ferror(stdout) ? output_fail(error) : 0;
}

bool output_is_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

bool output_has_colours(void)
{
	const char *none = getenv("NO_COLOR");

	return output_is_terminal() && !(none && *none);
}

void output_style(struct text *out, enum output_style style)
{
	static const char *const codes[] = {
		[STYLE_PLAIN] = "\033[0m",
		[STYLE_STRONG] = "\033[1m",
		[STYLE_FAINT] = "\033[2m",
		[STYLE_HUMAN] = "\033[1;32m",
		[STYLE_AI] = "\033[1;36m",
		[STYLE_OTHER] = "\033[1;33m",
	};

	if (output_has_colours())
		text_string(out, codes[style]);
}

static bool output_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c ||
	       c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

void output_text(struct text *out, struct slice utf8, bool lines)
{
	while (utf8.length > 0) {
		const size_t step = utf8_step(utf8);
		const size_t length = step ? step : 1;
		const uint32_t c = step ? utf8_code_point(utf8.data, step)
					: (unsigned char)*utf8.data;

		if (step && (!output_is_control(c) || c == '\t' ||
				    (c == '\n' && lines)))
			text_append(out, utf8.data, length);
		else
			text_format(out, "\\u%04x", c);
		utf8.data += length;
		utf8.length -= length;
	}
}
