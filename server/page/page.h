/* SPDX-License-Identifier: MIT */
/*
 * page.h - the files of this folder that browsers get, embedded by CMake.
 */
#ifndef SERVER_PAGE_PAGE_H
#define SERVER_PAGE_PAGE_H

struct page_file {
	const char *text;
	const char *tag; /* a part of its SHA-256 in hexadecimal digits */
};

extern const struct page_file index_html, page_js, page_css;

#endif
