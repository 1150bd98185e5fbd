/* SPDX-License-Identifier: MIT */
/*
 * find_ids.c - messages found by several ids at once.
 */
#include "core/store/damage.h"
#include "core/store/message_ids.h"
#include "core/store/pieces.h"
#include "core/store/sql/chain.h"
#include "schema/json/write.h"

/*
 * Looks for each that is asked for.  The sign keeps SQLite from an index by
 * which it would look at all rows of the history instead.
 */
#define ASKED_OF(row, asked)                                     \
	"SELECT " MESSAGE_COLUMNS " FROM (SELECT value AS asked" \
	" FROM json_each(" asked ")) CROSS JOIN " row            \
	" WHERE history = ?1 AND +seq > ?2 AND +seq < ?3 "
/* By the ids of clients; by their seqs those that have none. */
#define BY_ID  "AND client_id = asked "
#define BY_SEQ "AND client_id IS NULL AND seq = asked "
#define THEN   "AND +born <= ?4 "
#define UNTIL  "AND +retired > ?4 "

const char *const find_ids_sql[SQL_COUNT] = {
	[SQL_MESSAGES_BY_IDS] = ASKED_OF("message", "?4") BY_ID "ORDER BY seq",
	[SQL_MESSAGES_BY_SEQS] =
		ASKED_OF("message", "?4") BY_SEQ "ORDER BY seq",
	[SQL_AS_OF_BY_IDS] = ASKED_OF("message", "?5") BY_ID THEN
	"UNION ALL " ASKED_OF("retired", "?5") BY_ID THEN UNTIL "ORDER BY seq",
	[SQL_AS_OF_BY_SEQS] = ASKED_OF("message", "?5") BY_SEQ THEN
	"UNION ALL " ASKED_OF("retired", "?5") BY_SEQ THEN UNTIL "ORDER BY seq",
};

/* A search for ids, which is the same in each history. */
struct find_ids {
	struct store *store;
	const struct session *session;
	const struct message_ids *wanted;
	struct message_visitor visitor;
	struct text ids;  /* JSON arrays */
	struct text seqs; /* of those that this history's server made */
	int64_t seq;	  /* of the last row */
	bool stopped;
};

/* False: there are none. */
static bool find_ids_write_seqs(struct text *out, const struct message_ids *ids,
	const struct segment *segment)
{
	bool some = false;

	out->length = 0;
	json_begin_array(out);
	for (size_t i = 0; i < ids->count; i++) {
		const int64_t seq = store_id_seq(ids->all[i].id, segment->mark);

		if (seq)
			json_put_number(out, seq);
		some = some || seq;
	}
	json_end_array(out);
	return some;
}

/* Visits the rows of a bound query and ends it; 1: there may be more. */
static int find_ids_visit(struct find_ids *find, const struct segment *segment,
	struct query *query, struct error *error)
{
	struct message_row row;
	int more = 0;

	while (!find->stopped && (more = query_step(query, error)) > 0) {
		if (damage_read_message(query, segment->history, &row, error)) {
			more = store_damaged_message(
				find->store, find->session, row.seq, error);
			break;
		}
		row.mark = (struct slice){ segment->mark, MARK_LENGTH };
		find->seq = row.seq;
		find->stopped =
			find->visitor.visit(find->visitor.context, &row) != 0;
	}
	query_end(query);
	return more < 0 ? -1 : !find->stopped && query->more;
}

/* In pieces, as the messages may be large. */
static int find_ids_in(struct find_ids *find, const struct segment *segment,
	bool by_seq, struct error *error)
{
	struct segment_read read = {
		.live = by_seq ? SQL_MESSAGES_BY_SEQS : SQL_MESSAGES_BY_IDS,
		.as_of = by_seq ? SQL_AS_OF_BY_SEQS : SQL_AS_OF_BY_IDS,
		.after = segment->floor,
		.before = INT64_MAX,
		.most = { (int64_t)find->wanted->count, STORE_PIECE_BYTES },
	};
	int more;

	do {
		struct query query =
			store_segment_query(find->store, segment, &read);

		query_text(&query, segment_rest(segment),
			text_view(by_seq ? &find->seqs : &find->ids));
		more = find_ids_visit(find, segment, &query, error);
		read.after = find->seq;
	} while (more > 0);
	return more;
}

static int find_ids_walk(struct find_ids *find, const struct session *session,
	struct error *error)
{
	struct segment segment = store_segment_top(session);

	message_ids_write(&find->ids, find->wanted);
	for (;;) {
		const bool made = find_ids_write_seqs(
			&find->seqs, find->wanted, &segment);

		if (find->ids.failed || find->seqs.failed)
			return error_out_of_memory(error);
		if (find_ids_in(find, &segment, false, error) ||
			(made && find_ids_in(find, &segment, true, error)))
			return -1;
		if (find->stopped || !store_segment_goes_on(&segment, 0))
			return 0;
		if (store_segment_below(find->store, &segment, error))
			return -1;
	}
}

static bool find_ids_is_needless(struct store *store,
	const struct session *session, const struct message_ids *ids)
{
	for (size_t i = 0; i < ids->count; i++)
		if (!store_expect_no_id(store, session, ids->all[i].id))
			return false;
	return true;
}

int store_message_find_ids(struct store *store, const struct session *session,
	const struct message_ids *ids, struct message_visitor visitor,
	struct error *error)
{
	struct find_ids find = {
		.store = store,
		.session = session,
		.wanted = ids,
		.visitor = visitor,
	};
	int result;

	if (find_ids_is_needless(store, session, ids))
		return 0;
	result = find_ids_walk(&find, session, error);
	text_clear(&find.ids);
	text_clear(&find.seqs);
	return result;
}
