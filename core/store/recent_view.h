/* SPDX-License-Identifier: MIT */
/*
 * recent_view.h - what is known of a session at one version.
 */
#ifndef CORE_STORE_RECENT_VIEW_H
#define CORE_STORE_RECENT_VIEW_H

#include "core/store/recent_body.h"
#include "core/store/recent_rows.h"

/* A profile, kept in the same way. */
struct recent_profile {
	atomic_uint references;
	size_t length;
	struct session_profile profile;
	char bytes[];
};
struct recent_profile *recent_profile_new(const struct session_profile *from);
struct recent_profile *recent_profile_keep(struct recent_profile *profile);
void recent_profile_free(struct recent_profile *profile);

/* A session as it was at one version, or a part of it. */
struct recent_view {
	struct session session;
	/* Its newest messages; NULL: none are known. */
	struct recent_rows *rows;
	size_t count;  /* so many of `rows`: others may follow */
	size_t wanted; /* so many of them were read at once */
	bool whole;    /* there are no messages before these */
	struct recent_profile *profile; /* NULL: it is not known */
	struct recent_bodies bodies;
};

/* The view's own references are given back. */
void recent_view_clear(struct recent_view *view);
/* All bytes that its parts take. */
size_t recent_view_bytes(const struct recent_view *view);

/* Is the session still as the view has it?  Times do not count. */
bool recent_view_is_of(
	const struct recent_view *view, const struct session *session);

/* Adds what another one knows, which stays as it is. */
void recent_view_join(
	struct recent_view *known, const struct recent_view *view);

/* A session that a batch changed. */
struct recent_change {
	struct session session;	  /* in the end */
	struct recent_rows *rows; /* that were appended; NULL: none are known */
};
/*
 * Moves the view on.  -1: it is not known what the session is now, as more than
 * appends happened.
 */
int recent_view_append(
	struct recent_view *view, const struct recent_change *change);

#endif
