/* SPDX-License-Identifier: MIT */
/* epoch.c - the marks of a store that was restored from a backup. */
#include "core/store/mark.h"
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The columns of the rows. */
enum { IS_ID, IS_MARK, IS_SOUND };

const char *const epoch_sql[SQL_COUNT] = {
	[SQL_EPOCHS] = "SELECT id, mark, " SOUNDNESS(
		"seal", EPOCH_SUM) " FROM epoch ORDER BY id",
};

static int epoch_read_row(
	struct store *store, const struct query *query, struct error *error)
{
	struct store_epochs *epochs = &store->epochs;
	const struct slice mark = query_get_text(query, IS_MARK);
	char(*more)[MARK_LENGTH + 1];

	if (query_get_number(query, IS_ID) != epochs->count + 1 ||
		!mark_valid(mark) || !store_is_sound(query, IS_SOUND))
		return error_set(error, ERROR_DAMAGED,
			"the marks that its restores wrote are damaged; chatmem"
			" restore brings a backup back");
	more = reallocarray(
		epochs->marks, (size_t)epochs->count + 1, sizeof(*more));
	if (!more)
		return error_out_of_memory(error);
	epochs->marks = more;
	memcpy(more[epochs->count], mark.data, MARK_LENGTH);
	more[epochs->count++][MARK_LENGTH] = '\0';
	return 0;
}

static int epoch_read_all(struct store *store, struct error *error)
{
	struct query query = query_rows(store, SQL_EPOCHS, INT64_MAX);
	int found;

	while ((found = query_step(&query, error)) > 0)
		if (epoch_read_row(store, &query, error)) {
			found = -1;
			break;
		}
	query_end(&query);
	return found < 0 ? -1 : 0;
}

/* An export still reads what is there, with other marks. */
int store_epochs_open(struct store *store, struct error *error)
{
	if (epoch_read_all(store, error) == 0)
		return 0;
	if (store->mode != STORE_READ || error->code != ERROR_DAMAGED)
		return -1;
	store->epochs.lost = true;
	*error = (struct error){ 0 };
	return 0;
}

void store_epochs_close(struct store *store)
{
	free(store->epochs.marks);
}

/* --- marks ---------------------------------------------------------------- */

/* As it is seen in this epoch, and back. */
static void epoch_move(const struct store *store, int64_t epoch, char *mark)
{
	if (epoch > 0 && epoch <= store->epochs.count)
		mark_move(mark, store->epochs.marks[epoch - 1]);
}

int store_epoch_show(const struct store *store, struct session *session,
	int64_t epoch, struct error *error)
{
	if (!store->epochs.lost && (epoch < 0 || epoch > store->epochs.count))
		return error_set(error, ERROR_DAMAGED, "its epoch is unknown");
	memcpy(session->id_mark, session->mark, sizeof(session->id_mark));
	epoch_move(store, epoch, session->id_mark);
	epoch_move(store, store->epochs.count, session->mark);
	return 0;
}

struct epoch_mark store_epoch_keep(
	const struct store *store, const struct session *session)
{
	return store_epoch_keep_of(store, session, store->epochs.count);
}

struct epoch_mark store_epoch_keep_of(
	const struct store *store, const struct session *session, int64_t epoch)
{
	struct epoch_mark kept;

	memcpy(kept.letters, session->mark, sizeof(kept.letters));
	epoch_move(store, epoch, kept.letters);
	return kept;
}

struct slice store_id_to_keep(const struct session *session,
	const struct message *message, int64_t seq, char made[STORE_ID_BYTES])
{
	if (message->id.length > 0 ||
		memcmp(session->mark, session->id_mark, MARK_LENGTH) == 0)
		return message->id;
	snprintf(
		made, STORE_ID_BYTES, "%s-%lld", session->mark, (long long)seq);
	return slice_of(made);
}
