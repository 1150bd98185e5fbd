/* SPDX-License-Identifier: MIT */
/*
 * seal.c - rows of sessions and histories change together with their sums.
 *
 * A sum is changed by what the row was and by what it is: if it did not hold
 * before it does not hold afterwards, so that no change vouches for damage.
 * The writer's connection does it by triggers, which are temporary: no
 * statement of chatmem's can forget a sum, and another program that writes to
 * the file has none.  An append fires none, but for one a minute, which
 * touches its session.
 */
#include "core/store/checksum.h"
#include "core/store/pieces.h"
#include "core/store/sqlite/sqlite.h"

/* Of a new row; and of one that changed, which may have had none before. */
#define SEAL_SESSION	  SESSION_SEALED("0", "new.")
#define SEAL_PROFILE	  PROFILE_SEALED("0", "new.")
#define SEAL_HISTORY	  HISTORY_SEALED("0", "new.")
#define SEAL_WITHOUT(old) "coalesce(" old ", 0)"
#define SEAL_SESSION_AGAIN \
	SESSION_SEALED(    \
		SEAL_WITHOUT(SESSION_SEALED("old.checksum", "old.")), "new.")
#define SEAL_HISTORY_AGAIN \
	HISTORY_SEALED(SEAL_WITHOUT(HISTORY_SEALED("old.seal", "old.")), "new.")
#define SEAL_ITS_ROW " WHERE id = new.id; END"

static const char *const seal_new_rows[] = {
	"CREATE TEMP TRIGGER session_sealed AFTER INSERT ON main.session BEGIN"
	" UPDATE session SET checksum = " SEAL_SESSION ", profile_checksum ="
	" coalesce(new.profile_checksum, " SEAL_PROFILE ")" SEAL_ITS_ROW,
	"CREATE TEMP TRIGGER history_sealed AFTER INSERT ON main.history BEGIN"
	" UPDATE history SET seal = " SEAL_HISTORY SEAL_ITS_ROW,
	"CREATE TEMP TRIGGER owner_erasure_sealed AFTER INSERT ON"
	" main.owner_erasure BEGIN UPDATE owner_erasure SET"
	" seal = " ERASURE_SUM("new.") SEAL_ITS_ROW,
	/* A restore has no such function. */
	"UPDATE epoch SET seal = " EPOCH_SUM " WHERE seal IS NULL",
	NULL,
};

/* A client's settings are written all at once. */
static const char *const seal_changed_rows[] = {
	"CREATE TEMP TRIGGER session_resealed AFTER UPDATE OF id, tenant, name,"
	" mark, history, last_seq, edits, removed, inherited, purged,"
	" created_at, touched_at, ttl_seconds, retain_retired, owner,"
	" generation, epoch ON main.session BEGIN"
	" UPDATE session SET checksum = " SEAL_SESSION_AGAIN SEAL_ITS_ROW,
	"CREATE TEMP TRIGGER profile_resealed AFTER UPDATE OF memory, metadata"
	" ON main.session BEGIN"
	" UPDATE session SET profile_checksum = " SEAL_PROFILE SEAL_ITS_ROW,
	"CREATE TEMP TRIGGER history_resealed AFTER UPDATE OF id, session,"
	" from_version, until_version, ended_at, base, base_upto, base_version,"
	" base_after, cut_first, cut_last, mark, tenant ON main.history BEGIN"
	" UPDATE history SET seal = " SEAL_HISTORY_AGAIN SEAL_ITS_ROW,
	NULL,
};

/* Each is the seed of the next, by its type: NULL is no 0, and no text. */
static uint64_t seal_add(sqlite3_value *value, uint64_t sum)
{
	const int type = sqlite3_value_type(value);
	struct slice bytes = { 0 };

	sum += (uint64_t)type;
	if (type == SQLITE_INTEGER)
		return checksum_of_number(sqlite3_value_int64(value), sum);
	if (type != SQLITE_NULL) {
		bytes.data = sqlite3_value_blob(value);
		bytes.length = (size_t)sqlite3_value_bytes(value);
	}
	return checksum_of(bytes, sum);
}

/* sealed(SUM, VALUE…): with the values twice the sum is what it was. */
static void seal_function(
	sqlite3_context *result, int count, sqlite3_value **values)
{
	uint64_t sum = 0;

	if (sqlite3_value_type(values[0]) == SQLITE_NULL)
		return;
	for (int i = 1; i < count; i++)
		sum = seal_add(values[i], sum);
	sum ^= (uint64_t)sqlite3_value_int64(values[0]);
	sqlite3_result_int64(result, (int64_t)sum);
}

/* The parameters of row_sum(): see ROW_SUM. */
enum {
	SUM_HISTORY,
	SUM_SEQ,
	SUM_BORN,
	SUM_CREATED_AT,
	SUM_UPDATED_AT,
	SUM_ANSWER,
	SUM_ID,
	SUM_FORM,
	SUM_TYPE,
	SUM_TYPE_SENT,
	SUM_CLIENT_CREATED_AT,
	SUM_BODY,
	SUM_PARAMETERS
};

static struct slice seal_text(sqlite3_value *value)
{
	const char *bytes = sqlite3_value_blob(value);

	return (struct slice){ bytes, (size_t)sqlite3_value_bytes(value) };
}

static int64_t seal_contents(sqlite3_value **values)
{
	const struct message message = {
		.form = (enum message_form)sqlite3_value_int(values[SUM_FORM]),
		.type = (enum message_type)sqlite3_value_int(values[SUM_TYPE]),
		.type_sent = seal_text(values[SUM_TYPE_SENT]),
		.client_created_at = seal_text(values[SUM_CLIENT_CREATED_AT]),
		.body = seal_text(values[SUM_BODY]),
	};

	return checksum_of_message(&message);
}

static void seal_row_sum(
	sqlite3_context *result, int count, sqlite3_value **values)
{
	const struct checksum_place place = {
		.history = sqlite3_value_int64(values[SUM_HISTORY]),
		.seq = sqlite3_value_int64(values[SUM_SEQ]),
		.born = sqlite3_value_int64(values[SUM_BORN]),
		.created_at = sqlite3_value_int64(values[SUM_CREATED_AT]),
		.updated_at = sqlite3_value_int64(values[SUM_UPDATED_AT]),
		.answer = sqlite3_value_int64(values[SUM_ANSWER]),
		.id = seal_text(values[SUM_ID]),
	};
	const int64_t contents = seal_contents(values);

	(void)count;
	sqlite3_result_int64(
		result, sqlite3_value_type(values[SUM_HISTORY]) == SQLITE_NULL
				? contents
				: checksum_of_row(contents, &place));
}

#define SEAL_FUNCTION (SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS)

static int seal_define(sqlite3 *db)
{
	const int rc = sqlite3_create_function(db, "sealed", -1, SEAL_FUNCTION,
		NULL, seal_function, NULL, NULL);

	return rc ? rc
		  : sqlite3_create_function(db, "row_sum", SUM_PARAMETERS,
			    SEAL_FUNCTION, NULL, seal_row_sum, NULL, NULL);
}

static int seal_run(sqlite3 *db, const char *const *triggers)
{
	int rc = SQLITE_OK;

	for (; rc == SQLITE_OK && *triggers; triggers++)
		rc = sqlite3_exec(db, *triggers, NULL, NULL, NULL);
	return rc;
}

int sqlite_seal_changes(sqlite3 *db)
{
	const int rc = seal_define(db);

	return rc ? rc : seal_run(db, seal_changed_rows);
}

int sqlite_seal_open(struct sqlite *sqlite, struct error *error)
{
	int rc;

	if (sqlite->engine.mode == STORE_READ) {
		rc = seal_define(sqlite->db);
	} else {
		rc = sqlite_seal_changes(sqlite->db);
		if (rc == SQLITE_OK)
			rc = seal_run(sqlite->db, seal_new_rows);
	}
	return rc ? sqlite_open_failed(sqlite, error) : 0;
}
