/* SPDX-License-Identifier: MIT */
/* tags.c - the tags of a session: rows that lists are made by. */
#include "core/store/tags.h"
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

#include "schema/json/value.h"

#define MEMBERS_MAX 1000

/* The parameters of the statements. */
enum { CREATE_SESSION = 1, CREATE_KEY, CREATE_VALUE };
enum { COPY_FROM = 1, COPY_TO, COPY_BORN_AT };
enum { ERASE_SESSION = 1 };

const char *const tags_sql[SQL_COUNT] = {
	[SQL_TAG_CREATE] =
		"INSERT INTO tag (session, key, value, tenant, born_at)"
		" SELECT id, ?2, ?3, tenant, created_at FROM session"
		" WHERE id = ?1",
	[SQL_TAGS_COPY] =
		"INSERT INTO tag (session, key, value, tenant, born_at)"
		" SELECT ?2, key, value, tenant, ?3 FROM tag"
		" WHERE session = ?1",
	[SQL_TAGS_ERASE] = "DELETE FROM tag WHERE session = ?1",
};

static int tags_create_tag(struct store *store, const struct session *session,
	const struct session_tag *tag, struct error *error)
{
	struct query query = query_start(store, SQL_TAG_CREATE);

	query_number(&query, CREATE_SESSION, session->id);
	query_text(&query, CREATE_KEY, tag->key);
	query_text(&query, CREATE_VALUE, tag->value);
	return query_run(&query, error);
}

/* Creates the tag of a member, both as JSON, if it makes one. */
static int tags_write_member(struct store *store, const struct session *session,
	const struct session_tag *member, struct text scratch[2],
	struct error *error)
{
	struct session_tag tag;
	bool short_enough;

	if (!tag_text(member->value, &scratch[0], &tag.value))
		return 0;
	scratch[1].length = 0;
	if (!json_decode(&scratch[1], member->key))
		return 0; /* half a character: no query can name it */
	if (scratch[0].failed || scratch[1].failed)
		return error_out_of_memory(error);
	tag.key = text_view(&scratch[1]);
	short_enough = tag.key.length <= TAG_KEY_MAX &&
		       tag.value.length <= TAG_VALUE_MAX;
	return short_enough ? tags_create_tag(store, session, &tag, error) : 0;
}

int store_tags_erase(
	struct store *store, const struct session *session, struct error *error)
{
	struct query query = query_start(store, SQL_TAGS_ERASE);

	query_number(&query, ERASE_SESSION, session->id);
	return query_run(&query, error);
}

int store_tags_write(struct store *store, const struct session *session,
	struct slice metadata, struct error *error)
{
	struct text scratch[2] = { { 0 }, { 0 } };
	struct json_walk walk = json_walk(metadata);
	struct session_tag member;
	int result;

	if (json_count(metadata) > MEMBERS_MAX)
		return error_set(error, ERROR_TOO_LARGE,
			"metadata has more than %d members", MEMBERS_MAX);
	result = store_tags_erase(store, session, error);
	while (result == 0 &&
		json_next_member(&walk, &member.key, &member.value))
		result = tags_write_member(
			store, session, &member, scratch, error);
	text_clear(&scratch[0]);
	text_clear(&scratch[1]);
	return result;
}

int store_tags_copy(struct store *store, const struct session *parent,
	const struct session *fork, struct error *error)
{
	struct query query = query_start(store, SQL_TAGS_COPY);

	query_number(&query, COPY_FROM, parent->id);
	query_number(&query, COPY_TO, fork->id);
	query_number(&query, COPY_BORN_AT, fork->created_at);
	return query_run(&query, error);
}
