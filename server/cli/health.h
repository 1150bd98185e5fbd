/* SPDX-License-Identifier: MIT */
/*
 * health.h - asks a running server whether it is ready, for container health
 * checks.
 */
#ifndef SERVER_CLI_HEALTH_H
#define SERVER_CLI_HEALTH_H

struct error;

/*
 * 0 if GET /readyz at the listen address is answered with 200; the address
 * "any" means this machine.  Each step may take three seconds.
 */
int health_ask(const char *listen, struct error *error);

#endif
