/* SPDX-License-Identifier: MIT */
/* proxied.h - the header fields that only a proxy adds. */
#ifndef SERVER_AUTH_PROXIED_H
#define SERVER_AUTH_PROXIED_H

#include "schema/text.h"

/* A proxy that adds none of them cannot be told from its client. */
bool proxied_by(struct slice field_name);

#endif
