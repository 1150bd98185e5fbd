/* SPDX-License-Identifier: MIT */
/*
 * session.c - what can be told of a session without asking for it.
 */
#include "core/store/change_feed.h"
#include "schema/text.h"

#include <string.h>

int64_t session_version(const struct session *session)
{
	return session->last_seq + session->edits;
}

int64_t session_message_count(const struct session *session)
{
	return session->last_seq - session->removed;
}

int64_t session_expires_at(const struct session *session)
{
	int64_t written_at = session->touched_at;

	if (session->ttl_seconds == 0)
		return 0;
	if (session->appended_at > written_at)
		written_at = session->appended_at;
	return text_time_after(written_at, session->ttl_seconds);
}

int64_t session_write_time(const struct session *session, int64_t now)
{
	if (now < session->touched_at)
		now = session->touched_at;
	return now < session->appended_at ? session->appended_at : now;
}

bool session_is_gone(const struct session *session, int64_t now)
{
	return session->disowned ||
	       (session->ttl_seconds && session_expires_at(session) <= now);
}

int64_t store_id_seq(struct slice id, const char *mark)
{
	int64_t seq = 0;
	size_t at = MARK_LENGTH + 1;

	if (id.length <= at || id.length > at + 18)
		return 0;
	if (memcmp(id.data, mark, MARK_LENGTH) != 0 ||
		id.data[MARK_LENGTH] != '-' || id.data[at] == '0')
		return 0;
	for (; at < id.length; at++) {
		if (id.data[at] < '0' || id.data[at] > '9')
			return 0;
		seq = seq * 10 + (id.data[at] - '0');
	}
	return seq;
}

/*
 * FNV-1a with a step more between the two, then mixed: names that differ in
 * their last bytes only would share few sets.
 */
uint64_t store_session_key(struct session_ref ref)
{
	uint64_t hash = 0xcbf29ce484222325;
	size_t i;

	for (i = 0; i < ref.tenant.length; i++)
		hash = (hash ^ (unsigned char)ref.tenant.data[i]) *
		       0x100000001b3;
	hash = (hash ^ 0x100) * 0x100000001b3;
	for (i = 0; i < ref.name.length; i++)
		hash = (hash ^ (unsigned char)ref.name.data[i]) * 0x100000001b3;
	return (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
}
