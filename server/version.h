/* SPDX-License-Identifier: MIT */
/*
 * version.h - chatmem version: what this is made of.
 */
#ifndef SERVER_VERSION_H
#define SERVER_VERSION_H

struct config;
struct error;

/* Prints the versions of chatmem and of the libraries that are linked. */
int command_version(const struct config *config, struct error *error);

#endif
