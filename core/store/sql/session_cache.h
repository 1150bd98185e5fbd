/* SPDX-License-Identifier: MIT */
/* session_cache.h - the sessions that the writer wrote lately. */
#ifndef CORE_STORE_SQL_SESSION_CACHE_H
#define CORE_STORE_SQL_SESSION_CACHE_H

#include "core/store/sql/sql.h"

int store_cache_new(struct store *store, struct error *error);
void store_cache_free(struct store *store);
bool store_cache_find(
	struct store *store, struct session_ref ref, struct session *out);
/* Keeps a session just read or made; sets session->key. */
void store_cache_put(
	struct store *store, struct session_ref ref, struct session *session);
/* The session was changed in this member. */
void store_cache_changed(struct store *store, const struct session *session);
/* So was its profile, which is not known any more. */
void store_cache_configured(struct store *store, const struct session *session);
/* The profile, borrowed until the session changes; NULL: it is not known. */
const struct session_profile *store_cache_profile(
	const struct store *store, const struct session *session);
/* Keeps a copy of a profile just read. */
void store_cache_learn_profile(struct store *store,
	const struct session *session, const struct session_profile *profile);
/* The session is no more; many are. */
void store_cache_drop(struct store *store, const struct session *session);
void store_cache_drop_all(struct store *store);
/* A member begins, is undone; the whole batch begins, is undone. */
void store_cache_enter(struct store *store);
void store_cache_undo(struct store *store);
void store_cache_begin(struct store *store);
void store_cache_undo_all(struct store *store);

#endif
