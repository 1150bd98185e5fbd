/* SPDX-License-Identifier: MIT */
/*
 * output.h - standard output, which may be a terminal, a file or a pipe.
 */
#ifndef SERVER_CLI_OUTPUT_H
#define SERVER_CLI_OUTPUT_H

#include <stdbool.h>

#include "schema/text.h"

struct error;

/*
 * Before anything is opened: what is written to a closed pipe, or where there
 * is no standard output at all, is an error and no signal, and no file of ours
 * takes its number.
 */
void output_prepare(void);

/* Writes all of it at once.  ERROR_UNAVAILABLE says why it could not. */
int output_write(struct slice bytes, struct error *error);
/* Writes what stdio still holds. */
int output_end(struct error *error);

/* Does a person look on, at a terminal that can do more than type? */
bool output_is_terminal(void);
/* The same, and they have not asked for NO_COLOR. */
bool output_has_colours(void);

enum output_style {
	STYLE_PLAIN,
	STYLE_STRONG,
	STYLE_FAINT,
	STYLE_HUMAN,
	STYLE_AI,
	STYLE_OTHER,
};
/* Appends what switches the style on, where there are colours. */
void output_style(struct text *out, enum output_style style);

/*
 * Appends text of others so that it cannot steer a terminal: controls, but for
 * tabs and, if `lines`, ends of lines, and marks that turn the direction of
 * writing, become \u001b and the like, which in JSON are the same.
 */
void output_text(struct text *out, struct slice utf8, bool lines);

#endif
