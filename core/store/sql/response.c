/* SPDX-License-Identifier: MIT */
/* response.c - responses that are kept, with their sessions or alone. */
#include "core/store/response.h"

#include "core/store/checksum.h"
#include "core/store/idempotency.h"
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

/* The parameters of the statements. */
enum { FIND_TENANT = 1, FIND_NAME, FIND_NOW };
enum {
	KEEP_TENANT = 1,
	KEEP_NAME,
	KEEP_SESSION,
	KEEP_LAST_SEQ,
	KEEP_PREVIOUS,
	KEEP_EXPIRES_AT,
	KEEP_INPUT,
	KEEP_BODY,
	KEEP_CHECKSUM
};
enum { ATTACH_ID = 1, ATTACH_SESSION, ATTACH_LAST_SEQ, ATTACH_CHECKSUM };
enum { DELETE_ID = 1 };
enum { ERASE_SESSION = 1, ERASE_MOST };
enum { PURGE_NOW = 1, PURGE_MOST };

/* And the columns of their rows. */
enum {
	IS_ID,
	IS_SESSION,
	IS_SESSION_NAME,
	IS_LAST_SEQ,
	IS_PREVIOUS,
	IS_EXPIRES_AT,
	IS_INPUT,
	IS_BODY,
	IS_CHECKSUM
};

const char *const response_sql[SQL_COUNT] = {
	[SQL_RESPONSE_FIND] =
		"SELECT kept.id, coalesce(kept.session, 0),"
		" coalesce(session.name, ''), kept.last_seq, previous,"
		" expires_at, input, body, kept.checksum FROM response AS kept"
		" LEFT JOIN session ON session.id = kept.session"
		" AND " SESSION_LIVES(
			"?3") " WHERE kept.tenant = ?1 AND kept.name = ?2"
			      " AND expires_at > ?3",
	[SQL_RESPONSE_KEEP] =
		"INSERT INTO response (tenant, name, session, last_seq,"
		" previous, expires_at, input, body, checksum)"
		" VALUES (?1, ?2, nullif(?3, 0), ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_RESPONSE_ATTACH] = "UPDATE response SET session = ?2,"
				" last_seq = ?3, checksum = ?4 WHERE id = ?1",
	[SQL_RESPONSE_DELETE] = "DELETE FROM response WHERE id = ?1",
	[SQL_RESPONSES_ERASE] =
		"DELETE FROM response WHERE id IN (SELECT id FROM response"
		" WHERE session = ?1 AND NOT EXISTS (SELECT 1 FROM session"
		" WHERE id = ?1) LIMIT ?2)",
	[SQL_RESPONSES_PURGE] =
		"DELETE FROM response WHERE id IN (SELECT id FROM response"
		" WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
};

static int64_t response_sum(const struct store_response *response)
{
	uint64_t sum = checksum_of(response->tenant, 0);

	sum = checksum_of(response->name, sum);
	sum = checksum_of_number(response->session, sum);
	sum = checksum_of_number(response->last_seq, sum);
	sum = checksum_of(response->previous, sum);
	sum = checksum_of_number(response->expires_at, sum);
	sum = checksum_of(response->input, sum);
	return checksum_kept(checksum_of(response->body, sum));
}

/* --- finding ------------------------------------------------------------ */

/* Copies the row's texts, which then borrow from `buf`. */
static int response_read(const struct query *query, struct store_response *out,
	struct error *error)
{
	struct text *buf = &out->buf;
	struct slice *const texts[] = { &out->session_name, &out->previous,
		&out->input, &out->body };
	static const int columns[] = { IS_SESSION_NAME, IS_PREVIOUS, IS_INPUT,
		IS_BODY };
	const char *at;

	out->id = query_get_number(query, IS_ID);
	out->session = query_get_number(query, IS_SESSION);
	out->last_seq = query_get_number(query, IS_LAST_SEQ);
	out->expires_at = query_get_number(query, IS_EXPIRES_AT);
	for (size_t i = 0; i < 4; i++) {
		*texts[i] = query_get_text(query, columns[i]);
		text_slice(buf, *texts[i]);
	}
	if (buf->failed)
		return error_out_of_memory(error);
	at = buf->data;
	for (size_t i = 0; i < 4; i++) {
		texts[i]->data = at;
		at += texts[i]->length;
	}
	if (query_get_number(query, IS_CHECKSUM) == response_sum(out))
		return 0;
	error_describe(error, ERROR_DAMAGED,
		"response \"%.*s\" is damaged: DELETE removes it",
		SLICE_SHORT(out->name));
	error->final = true;
	return -1;
}

int store_response_find(struct store *store, struct session_ref ref,
	int64_t now, struct store_response *out, struct error *error)
{
	struct query query = query_start(store, SQL_RESPONSE_FIND);
	int found;

	*out = (struct store_response){ .tenant = ref.tenant,
		.name = ref.name };
	query_text(&query, FIND_TENANT, ref.tenant);
	query_text(&query, FIND_NAME, ref.name);
	query_number(&query, FIND_NOW, now);
	found = query_step(&query, error);
	if (found > 0)
		found = response_read(&query, out, error);
	query_end(&query);
	if (found == 0 && out->session != 0 && out->session_name.length == 0)
		out->id = 0;
	return found;
}

/* --- changing ----------------------------------------------------------- */

static int response_insert(struct store *store,
	const struct store_response *response, struct error *error)
{
	struct query query = query_start(store, SQL_RESPONSE_KEEP);

	store_due(store, response->expires_at);
	query_text(&query, KEEP_TENANT, response->tenant);
	query_text(&query, KEEP_NAME, response->name);
	query_number(&query, KEEP_SESSION, response->session);
	query_number(&query, KEEP_LAST_SEQ, response->last_seq);
	query_text(&query, KEEP_PREVIOUS,
		response->previous.length > 0 ? response->previous : SLICE(""));
	query_number(&query, KEEP_EXPIRES_AT, response->expires_at);
	query_text(&query, KEEP_INPUT, response->input);
	query_text(&query, KEEP_BODY, response->body);
	query_number(&query, KEEP_CHECKSUM, response_sum(response));
	return query_run(&query, error);
}

int store_response_keep(struct store *store,
	const struct store_response *response, struct error *error)
{
	int64_t before;

	if (store_usage_of(store, response->tenant, error) ||
		store_usage_bytes(store, &before, error) ||
		response_insert(store, response, error))
		return -1;
	return store_usage_check_bytes(store, before, error);
}

static struct slice response_digits(struct slice name)
{
	const size_t begun = sizeof(RESPONSE_PREFIX) - 1;

	return (struct slice){ name.data + begun, name.length - begun };
}

static int response_forget_replies(struct store *store,
	const struct store_response *response, struct error *error)
{
	char etag[RESPONSE_ETAG_SIZE];

	response_etag(response_digits(response->name), etag);
	return store_idempotency_forget(
		store, response->tenant, slice_of(etag), error);
}

int store_response_attach(struct store *store, struct store_response *response,
	const struct session *session, struct error *error)
{
	struct query query = query_start(store, SQL_RESPONSE_ATTACH);

	response->session = session->id;
	response->last_seq = session->last_seq;
	query_number(&query, ATTACH_ID, response->id);
	query_number(&query, ATTACH_SESSION, session->id);
	query_number(&query, ATTACH_LAST_SEQ, session->last_seq);
	query_number(&query, ATTACH_CHECKSUM, response_sum(response));
	return query_run(&query, error) ||
			       response_forget_replies(store, response, error)
		       ? -1
		       : 0;
}

int store_response_delete(struct store *store,
	const struct store_response *response, struct error *error)
{
	struct query query = query_start(store, SQL_RESPONSE_DELETE);

	query_number(&query, DELETE_ID, response->id);
	return query_run(&query, error) ||
			       response_forget_replies(store, response, error)
		       ? -1
		       : 0;
}

/* --- maintenance -------------------------------------------------------- */

int store_response_erase(struct store *store, int64_t session, int64_t most,
	int64_t *count, struct error *error)
{
	struct query query = query_start(store, SQL_RESPONSES_ERASE);

	query_number(&query, ERASE_SESSION, session);
	query_number(&query, ERASE_MOST, most);
	return query_run_counting(&query, count, error);
}

int store_response_purge(
	struct store *store, int64_t now, int64_t *rows, struct error *error)
{
	struct query query;
	int64_t count;

	if (*rows <= 0)
		return 0;
	query = query_start(store, SQL_RESPONSES_PURGE);
	query_number(&query, PURGE_NOW, now);
	query_number(&query, PURGE_MOST, *rows / 4 + 1);
	if (query_run_counting(&query, &count, error))
		return -1;
	*rows -= 4 * count;
	return 0;
}
