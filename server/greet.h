/* SPDX-License-Identifier: MIT */
/*
 * greet.h - what a start says to a person at a terminal.
 */
#ifndef SERVER_GREET_H
#define SERVER_GREET_H

/*
 * Says where everything is kept and what to try, if standard error is a
 * terminal.  `file` is NULL where a database elsewhere keeps it.
 */
void greet(const char *file, const char *host, unsigned port);

#endif
