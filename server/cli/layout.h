/* SPDX-License-Identifier: MIT */
/*
 * layout.h - help within 80 columns.
 */
#ifndef SERVER_CLI_LAYOUT_H
#define SERVER_CLI_LAYOUT_H

struct text;

/* Appends a name and, beside or beneath it, the words for it. */
void layout_row(struct text *out, const char *name, const char *words);

/* Appends sentences as lines, indented by two. */
void layout_paragraph(struct text *out, const char *words);

#endif
