/* SPDX-License-Identifier: MIT */
/*
 * etag.h - the ETag of a session, and the lists of If-Match and If-None-Match.
 *
 * An ETag is `"VERSION-MARK"` or, where there is no session, `"0"`; both in
 * their quotes.
 */
#ifndef SERVER_API_ETAG_H
#define SERVER_API_ETAG_H

#include "schema/text.h"

struct reply;
struct session;

#define ETAG_SIZE 40

/* The ETag: version and mark, `"0"` for no session. */
void session_etag(const struct session *session, char etag[ETAG_SIZE]);
/* The reply tells of the session as it is now, and has its ETag. */
void reply_etag(struct reply *reply, const struct session *session);

/* Is it `*`, or at least one tag and nothing else? */
bool etags_valid(struct slice list);

/*
 * If-Match: is the ETag in the list, or its version alone?  A weak tag names
 * nothing, `*` any session that there is.
 */
bool etags_match(struct slice list, const char *etag);

/*
 * If-None-Match: is the ETag in the list, weak or not?  `*` names any session
 * that there is; what follows a malformed tag is not looked at.
 */
bool etags_name(struct slice list, const char *etag);

#endif
