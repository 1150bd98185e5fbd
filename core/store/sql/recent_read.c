/* SPDX-License-Identifier: MIT */
/* recent_read.c - reads that find their session in the cache, and fill it. */
#include "core/store/sql/recent.h"

#include "core/store/sql/sql.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_FIRST  32
#define BYTES_FIRST 4096

/* The rows of a list may be kept. */
enum recent_read_noting {
	NOTE_NOTHING,
	NOTE_DOWN, /* from the newest, or from the oldest that is kept */
	NOTE_UP,   /* all of them */
	NOTE_FULL, /* down to here: there were too many */
};

struct recent_reading {
	uint64_t number;  /* of commits, before it began */
	bool passes;	  /* the cache is not asked, */
	bool passes_next; /* by the next read */
	bool asks;	  /* the tables were looked at */
	bool trusts;	  /* the session is not from there */
	bool refuses;	  /* they have another session */
	bool grew;
	struct text name; /* of the view's session, behind its tenant */
	size_t tenant;
	struct recent_view view; /* its session is 0: there is none */
	enum recent_read_noting noting;
	struct recent_rows *rows; /* that are noted */
};

int store_reading_open(struct store *store, struct error *error)
{
	store->reading = calloc(1, sizeof(*store->reading));
	return store->reading ? 0 : error_out_of_memory(error);
}

static void recent_read_clear(struct recent_reading *reading)
{
	recent_view_clear(&reading->view);
	recent_rows_free(reading->rows);
	reading->rows = NULL;
	reading->noting = NOTE_NOTHING;
	reading->asks = reading->trusts = reading->refuses = reading->grew =
		false;
}

void store_reading_close(struct store *store)
{
	if (!store->reading)
		return;
	recent_read_clear(store->reading);
	text_clear(&store->reading->name);
	free(store->reading);
	store->reading = NULL;
}

static struct session_ref recent_read_ref(const struct recent_reading *reading)
{
	const struct slice name = text_view(&reading->name);

	return (struct session_ref){
		.tenant = { name.data, reading->tenant },
		.name = { name.data + reading->tenant,
			name.length - reading->tenant },
	};
}

void store_pass_recent(struct store *store)
{
	if (store->reading)
		store->reading->passes = true;
}

void store_reading_begin(struct store *store)
{
	struct recent_reading *reading = store->reading;

	if (!reading)
		return;
	recent_read_clear(reading);
	reading->passes = reading->passes_next;
	reading->passes_next = false;
	reading->number = store_recent_number(store->options.recent);
}

void store_reading_end(struct store *store)
{
	struct recent_reading *reading = store->reading;

	if (!reading)
		return;
	if (reading->grew && reading->view.session.id)
		store_recent_put(store->options.recent, reading->number,
			recent_read_ref(reading), &reading->view);
	recent_read_clear(reading);
}

static bool recent_read_name(
	struct recent_reading *reading, struct session_ref ref)
{
	reading->name.length = 0;
	text_slice(&reading->name, ref.tenant);
	text_slice(&reading->name, ref.name);
	reading->tenant = ref.tenant.length;
	if (!reading->name.failed)
		return true;
	text_clear(&reading->name);
	return false;
}

bool store_reading_find(
	struct store *store, struct session_ref ref, struct session *out)
{
	struct recent_reading *reading = store->reading;

	if (!reading || reading->passes || reading->asks ||
		reading->view.session.id || !recent_read_name(reading, ref) ||
		!store_recent_find(store->options.recent, ref, &reading->view))
		return false;
	reading->trusts = true;
	*out = reading->view.session;
	return true;
}

void store_reading_found(struct store *store, struct session_ref ref,
	const struct session *session)
{
	struct recent_reading *reading = store->reading;

	if (!reading || reading->view.session.id ||
		!recent_read_name(reading, ref))
		return;
	reading->view.session = *session;
}

/* --- is it still so? --------------------------------------------------------
 */

bool store_reading_holds(struct store *store)
{
	struct recent_reading *reading = store->reading;
	struct session session;
	struct error error = { 0 };

	if (!reading)
		return true;
	reading->asks = true;
	if (!reading->trusts)
		return !reading->refuses;
	reading->trusts = false;
	if (store_session_look_up(
		    store, recent_read_ref(reading), &session, &error) == 0 &&
		recent_view_is_of(&reading->view, &session))
		return true;
	store_recent_drop(store->options.recent, recent_read_ref(reading));
	/* Rows of it may just be visited: they stay until the end. */
	reading->refuses = reading->passes_next = true;
	reading->grew = false;
	store->retries = true;
	return false;
}

/* --- profiles ---------------------------------------------------------------
 */

const struct session_profile *store_reading_profile(
	const struct store *store, int64_t session)
{
	const struct recent_reading *reading = store->reading;

	return reading && !reading->refuses &&
			       session == reading->view.session.id &&
			       reading->view.profile
		       ? &reading->view.profile->profile
		       : NULL;
}

void store_reading_learn_profile(struct store *store,
	const struct session *session, const struct session_profile *profile)
{
	struct recent_reading *reading = store->reading;

	if (!reading || session->id != reading->view.session.id ||
		reading->view.profile)
		return;
	reading->view.profile = recent_profile_new(profile);
	reading->grew |= reading->view.profile != NULL;
}

/* --- answers ----------------------------------------------------------------
 */

void store_recent_answer(struct store *store, struct recent_body *body)
{
	const struct recent_bodies one = { { body } };
	struct recent_reading *reading = store->reading;

	if (body && reading && reading->view.session.id && !reading->refuses) {
		recent_bodies_join(&reading->view.bodies, &one);
		reading->grew = true;
	}
	recent_body_free(body);
}

/* --- lists ------------------------------------------------------------------
 */

static void recent_read_plan(struct recent_reading *reading,
	const struct message_query *what, bool goes_on)
{
	const struct session *session = &reading->view.session;
	const bool newest =
		what->before == 0 || what->before > session->last_seq;

	reading->noting = NOTE_NOTHING;
	if (reading->rows || what->types || what->damaged ||
		(!newest && !goes_on))
		return;
	if (what->descending)
		reading->noting = NOTE_DOWN;
	else if (what->after == 0 &&
		 session_message_count(session) <= RECENT_ROWS_MOST)
		reading->noting = NOTE_UP;
	if (reading->noting)
		reading->rows = recent_rows_new(ROWS_FIRST, BYTES_FIRST);
	if (!reading->rows)
		reading->noting = NOTE_NOTHING;
}

struct recent_read_list {
	const struct recent_view *view;
	struct message_query *what;
	struct message_visitor visitor;
};

/* 1: the list is ended. */
static int recent_read_visit(const struct recent_read_list *list, size_t at)
{
	const struct message_row row = recent_rows_get(list->view->rows, at);

	if (list->what->types && !(list->what->types >> row.message.type & 1))
		return 0;
	list->what->limit--;
	return list->visitor.visit(list->visitor.context, &row) ||
	       list->what->limit == 0;
}

static bool recent_read_down(const struct recent_read_list *list)
{
	struct message_query *what = list->what;
	const struct recent_view *view = list->view;
	size_t at = view->count;

	while (at > 0 && what->before &&
		recent_rows_seq(view->rows, at - 1) >= what->before)
		at--;
	if (at == 0)
		return view->whole;
	for (; at > 0; at--)
		if (recent_rows_seq(view->rows, at - 1) <= what->after ||
			recent_read_visit(list, at - 1))
			return true;
	what->before = recent_rows_seq(view->rows, 0);
	return view->whole || what->after >= what->before - 1;
}

static bool recent_read_up(const struct recent_read_list *list)
{
	const struct message_query *what = list->what;
	const struct recent_view *view = list->view;
	size_t at = 0;

	if (!view->whole &&
		(view->count == 0 ||
			what->after < recent_rows_seq(view->rows, 0) - 1))
		return false;
	while (at < view->count &&
		recent_rows_seq(view->rows, at) <= what->after)
		at++;
	for (; at < view->count; at++)
		if ((what->before &&
			    recent_rows_seq(view->rows, at) >= what->before) ||
			recent_read_visit(list, at))
			break;
	return true;
}

bool store_reading_list(struct store *store, const struct session *session,
	struct message_query *what, struct message_visitor visitor)
{
	struct recent_reading *reading = store->reading;
	bool goes_on = false;

	/* A view of the past may be one of version 0, as the session is. */
	if (!reading || reading->refuses || session->as_of ||
		what->limit <= 0 || !recent_view_is_of(&reading->view, session))
		return false;
	if (reading->view.rows) {
		const struct recent_read_list list = { &reading->view, what,
			visitor };

		if ((what->descending ? recent_read_down : recent_read_up)(
			    &list))
			return true;
		goes_on =
			what->descending &&
			what->before == recent_rows_seq(reading->view.rows, 0);
	}
	if (store_reading_holds(store))
		recent_read_plan(reading, what, goes_on);
	return false;
}

void store_reading_note(struct store *store, const struct message_row *row)
{
	struct recent_reading *reading = store->reading;

	if (!reading || reading->noting == NOTE_NOTHING ||
		reading->noting == NOTE_FULL)
		return;
	if (recent_rows_grow(reading->rows, row))
		return;
	if (reading->noting == NOTE_DOWN)
		reading->noting = NOTE_FULL;
	else
		store_reading_forget(store);
}

void store_reading_forget(struct store *store)
{
	struct recent_reading *reading = store->reading;

	if (!reading)
		return;
	recent_rows_free(reading->rows);
	reading->rows = NULL;
	reading->noting = NOTE_NOTHING;
}

/* The kept ones follow those that are older. */
static bool recent_read_join(struct recent_reading *reading)
{
	const struct recent_view *view = &reading->view;
	struct recent_rows *rows = reading->rows;
	bool good = true;

	recent_rows_turn(rows);

	for (size_t at = 0; good && view->rows && at < view->count; at++) {
		const struct message_row row = recent_rows_get(view->rows, at);

		good = recent_rows_grow(rows, &row);
	}
	return good;
}

void store_reading_noted(struct store *store, bool whole)
{
	struct recent_reading *reading = store->reading;
	struct recent_view *view;
	enum recent_read_noting noting;

	if (!reading || reading->noting == NOTE_NOTHING)
		return;
	view = &reading->view;
	noting = reading->noting;
	if ((noting == NOTE_UP ? !whole : !recent_read_join(reading)) ||
		reading->rows->count == 0) {
		store_reading_forget(store);
		return;
	}
	recent_rows_free(view->rows);
	view->rows = reading->rows;
	recent_rows_fit(view->rows);
	view->count = view->rows->count;
	view->wanted = noting == NOTE_UP ? RECENT_ROWS_MOST : view->count;
	view->whole = whole && noting != NOTE_FULL;
	reading->rows = NULL;
	reading->noting = NOTE_NOTHING;
	reading->grew = true;
}
