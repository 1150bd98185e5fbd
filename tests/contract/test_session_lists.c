/* SPDX-License-Identifier: MIT */
/* test_session_lists.c - sessions in lists. */
#include "tests/contract/opened_store.h"

/* Makes a session in a batch of its own. */
static struct session put_of(const char *tenant, const char *name,
	const char *owner, const char *metadata, int64_t ttl, int64_t now)
{
	const struct session_profile profile = {
		.owner = slice_of(owner),
		.memory = SLICE("{}"),
		.metadata = slice_of(metadata),
		.ttl_seconds = ttl,
		.retain_retired = -1,
	};
	struct session session;

	ok(store_begin(store, &error));
	ok(store_session_find(store,
		(struct session_ref){ slice_of(tenant), slice_of(name) }, now,
		&session, &error));
	if (session.id == 0)
		ok(store_session_create(store,
			(struct session_ref){
				slice_of(tenant), slice_of(name) },
			now, &session, &error));
	ok(store_session_configure(store, &session, &profile, now, &error));
	ok(store_commit(store, &error));
	return session;
}

static struct session put(const char *name, const char *owner,
	const char *metadata, int64_t ttl, int64_t now)
{
	return put_of("", name, owner, metadata, ttl, now);
}

/* Sessions touched at 1, 2, 2, 3 and 4, and one of another tenant. */
static void make_list(void)
{
	put("b2", "u", "{\"t\":1,\"s\":\"x\"}", 0, 1);
	put("a", "v", "{\"t\":1}", 0, 2);
	put("b1", "u", "{\"t\":\"1\",\"s\":\"y\"}", 0, 2);
	put("b%", "u", "{\"t\":1.0}", 0, 3);
	put("c", "", "{\"t\":1,\"s\":\"x\"}", 0, 4);
	put_of("t", "b", "u", "{\"t\":1}", 0, 3);
}

START_TEST(sessions_are_listed_newest_first)
{
	struct session_query query = { 0 };

	make_list();
	lists_names(&query, "c b% b1 a b2 ");
	put("a", "v", "{}", 0, 5);
	lists_names(&query, "a c b% b1 b2 ");
	query.tenant = SLICE("t");
	lists_names(&query, "b ");
}
END_TEST

START_TEST(sessions_are_listed_by_prefix)
{
	struct session_query query = { .has_prefix = true };

	make_list();
	lists_names(&query, "a b% b1 b2 c ");
	query.prefix = SLICE("b");
	lists_names(&query, "b% b1 b2 ");
	query.after.name = SLICE("b%");
	lists_names(&query, "b1 b2 ");
	query.after.name = SLICE("a");
	lists_names(&query, "b% b1 b2 ");
	query.prefix = SLICE("zz");
	lists_names(&query, "");
}
END_TEST

START_TEST(sessions_are_listed_by_owner_newest_first)
{
	struct session_query query = { .owner = SLICE("u") };

	make_list();
	lists_names(&query, "b% b1 b2 ");
	put("b2", "u", "{}", 0, 9);
	lists_names(&query, "b2 b% b1 ");
	put("b%", "v", "{}", 0, 9);
	lists_names(&query, "b2 b1 ");
	query.owner = SLICE("v");
	lists_names(&query, "b% a ");
	query.owner = SLICE("");
	query.tenant = SLICE("t");
	lists_names(&query, "b ");
}
END_TEST

START_TEST(sessions_are_listed_by_metadata_newest_made_first)
{
	struct session_tag tag = { SLICE("t"), SLICE("1") };
	struct session_query query = { .tags = &tag, .tag_count = 1 };

	make_list();
	lists_names(&query, "c b1 a b2 ");
	put("b2", "u", "{\"t\":1,\"x\":[]}", 0, 9);
	lists_names(&query, "c b1 a b2 ");
	tag.value = SLICE("1.0");
	lists_names(&query, "b% ");
	put("b%", "u", "{}", 0, 9);
	lists_names(&query, "");
}
END_TEST

START_TEST(a_query_may_ask_for_several_things)
{
	struct session_tag tags[] = { { SLICE("t"), SLICE("1") },
		{ SLICE("s"), SLICE("x") } };
	struct session_query query = { .tags = tags, .tag_count = 2 };

	make_list();
	lists_names(&query, "c b2 ");
	query.owner = SLICE("u");
	lists_names(&query, "b2 ");
	query.tag_count = 1;
	lists_names(&query, "b1 b2 ");
	query.has_prefix = true;
	query.prefix = SLICE("b");
	query.tag_count = 0;
	lists_names(&query, "b% b1 b2 ");
	query.tag_count = 2;
	lists_names(&query, "b2 ");
}
END_TEST

/* Each page has one session; hidden ones do not count. */
struct page {
	const struct session_query *query;
	struct session_cursor place;
	struct text name;
	int shown;
};

static int turn_page(void *context, const struct session_row *row)
{
	struct page *page = context;

	if (page->shown)
		return 1;
	page->place = session_cursor(page->query, row);
	page->name.length = 0;
	text_slice(&page->name, row->name);
	page->shown = !row->hidden;
	return 0;
}

/* Reads the whole list page by page; `between` happens after the first. */
static void pages(struct session_query *query, const char *expected,
	void (*between)(void))
{
	struct page page = { .query = query };
	struct text out = { 0 };

	query->after = (struct session_cursor){ 0 };
	do {
		page.shown = 0;
		ok(store_session_list(store, query,
			(struct session_visitor){ turn_page, &page }, &error));
		if (page.shown) {
			text_slice(&out, text_view(&page.name));
			text_append(&out, " ", 1);
		}
		query->after = page.place;
		if (query->after.id == 0)
			query->after.name = text_view(&page.name);
		if (between)
			between();
		between = NULL;
	} while (page.shown);
	is(text_view(&out), expected);
	text_clear(&out);
	text_clear(&page.name);
}

START_TEST(a_list_goes_on_where_it_ended)
{
	struct session_tag tag = { SLICE("t"), SLICE("1") };
	struct session_query query = { 0 };

	make_list();
	pages(&query, "c b% b1 a b2 ", NULL);
	query.owner = SLICE("u");
	pages(&query, "b% b1 b2 ", NULL);
	query.owner = SLICE("");
	query.tags = &tag;
	query.tag_count = 1;
	pages(&query, "c b1 a b2 ", NULL);
	query.has_prefix = true;
	pages(&query, "a b1 b2 c ", NULL);
}
END_TEST

/* "b%" is shown or not yet; the others come, go and move. */
static void stir(void)
{
	struct session session;

	put("d", "u", "{\"t\":1}", 0, 8);
	put("b0", "u", "{\"t\":1}", 0, 8);
	put("c", "", "{\"t\":1}", 0, 9);
	ok(store_begin(store, &error));
	session = find(store, "b1");
	ok(store_session_erase(store, &session, 1, &error));
	ok(store_commit(store, &error));
}

START_TEST(no_session_is_listed_twice_while_rows_come_and_go)
{
	struct session_tag tag = { SLICE("t"), SLICE("1") };
	struct session_query query = { 0 };

	make_list();
	pages(&query, "c b% a b2 ", stir);
	query.tags = &tag;
	query.tag_count = 1;
	pages(&query, "b0 d c a b2 ", stir);
	query.has_prefix = true;
	pages(&query, "a b0 b2 c d ", stir);
}
END_TEST

static int check_row(void *context, const struct session_row *row)
{
	int *visits = context;

	is(row->owner, "u");
	is(row->memory, "{}");
	is(row->metadata, "{\"a\":1}");
	ck_assert_int_eq(row->updated_at, 2000);
	ck_assert_int_eq(session_version(&row->session), 2);
	ck_assert_int_eq(session_expires_at(&row->session), 62000);
	++*visits;
	return 1;
}

START_TEST(a_listed_session_has_all_of_it)
{
	struct session_query query = { .now = 2000 };
	struct session session = put("alice", "u", "{\"a\":1}", 60, 1500);
	int visits = 0;

	ok(store_begin(store, &error));
	append(store, &session, "a");
	ok(store_commit(store, &error));
	ok(store_session_list(store, &query,
		(struct session_visitor){ check_row, &visits }, &error));
	ck_assert_int_eq(visits, 1);
}
END_TEST

START_TEST(a_fork_is_listed_by_what_it_inherits)
{
	struct session_tag tag = { SLICE("a"), SLICE("1") };
	struct session_query query = { .tags = &tag, .tag_count = 1 };
	struct session parent = put("a", "u", "{\"a\":1}", 60, 1000);
	struct session fork;

	ok(store_begin(store, &error));
	append(store, &parent, "x");
	ok(store_session_fork(store, &parent,
		&(struct session_fork){ { SLICE(""), SLICE("b") }, 1, 50000 },
		&fork, &error));
	ok(store_commit(store, &error));
	lists_names(&query, "b a ");
	query.tag_count = 0;
	query.owner = SLICE("u");
	lists_names(&query, "b a ");
	ck_assert_int_eq(session_expires_at(&fork), 110000);
}
END_TEST

CONTRACT_UNIT("shelf", start, stop, sessions_are_listed_newest_first,
	sessions_are_listed_by_prefix,
	sessions_are_listed_by_owner_newest_first,
	sessions_are_listed_by_metadata_newest_made_first,
	a_query_may_ask_for_several_things, a_list_goes_on_where_it_ended,
	no_session_is_listed_twice_while_rows_come_and_go,
	a_listed_session_has_all_of_it, a_fork_is_listed_by_what_it_inherits)
