/* SPDX-License-Identifier: MIT */
/*
 * systemd.h - what the service manager is told: sd_notify(3).
 */
#ifndef SERVER_SYSTEMD_H
#define SERVER_SYSTEMD_H

/* The server answers from now on; also when it has read its settings again. */
void systemd_ready(void);
void systemd_reloading(void);
void systemd_stopping(void);

#endif
