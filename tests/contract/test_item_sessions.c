/* SPDX-License-Identifier: MIT */
/* test_item_sessions.c - an item's session is found by the item's id alone. */
#include "tests/contract/store_unit.h"

#include "core/store/item_sessions.h"
#include "schema/message/forms.h"

static struct store *store;

static void setup(void)
{
	scratch();
	store = open_store(STORE_WRITE);
	ok(store_begin(store, &error));
}

static void teardown(void)
{
	store_rollback(store);
	store_close(store);
	scratch_end();
}

static struct session make_of(const char *tenant, const char *name)
{
	struct session session;

	ok(store_session_create(store,
		(struct session_ref){ slice_of(tenant), slice_of(name) }, 1000,
		&session, &error));
	return session;
}

static void append_item(struct session *session, const char *id)
{
	const struct message message = {
		.form = MESSAGE_ITEM,
		.type = MESSAGE_HUMAN,
		.body = SLICE("{\"type\":\"message\"}"),
		.id = slice_of(id),
	};

	ok(store_message_append(store, session, &message, 2000, &error));
}

static struct session fork_of(struct session *parent, const char *name)
{
	const struct session_fork fork = {
		.ref = { SLICE(""), slice_of(name) },
		.upto = parent->last_seq,
		.now = 2000,
	};
	struct session session;

	ok(store_session_fork(store, parent, &fork, &session, &error));
	return session;
}

static int write_name(void *context, struct slice name)
{
	struct text *out = context;

	text_slice(out, name);
	text_byte(out, ' ');
	return 0;
}

static void has_sessions_at(
	int64_t now, const char *tenant, const char *id, const char *names)
{
	const struct item_search search = { slice_of(tenant), slice_of(id),
		now };
	struct text out = { 0 };

	ok(store_item_sessions(store, &search,
		(struct name_visitor){ write_name, &out }, &error));
	is(text_view(&out), names);
	text_clear(&out);
}

/* Those that it visits without forks, and then with them. */
static void has_sessions(const char *tenant, const char *id, const char *names)
{
	has_sessions_at(3000, tenant, id, names);
}

START_TEST(an_id_of_the_server_names_its_session)
{
	struct session one = make_of("", "one"), two = make_of("", "two");
	char id[40];

	append_item(&one, "");
	append_item(&two, "");
	snprintf(id, sizeof(id), "%s-1", two.id_mark);
	has_sessions("", id, "two two ");
	has_sessions("t", id, "");
	has_sessions("", two.id_mark, "");
	has_sessions("", "0000000000000-1", "");
}
END_TEST

START_TEST(an_id_of_a_client_names_the_newest_session_first)
{
	struct session one = make_of("", "one"), two = make_of("", "two");
	struct session other = make_of("t", "other");

	append_item(&one, "msg_1");
	append_item(&two, "msg_1");
	append_item(&other, "msg_1");
	has_sessions("", "msg_1", "two one two one ");
	has_sessions("t", "msg_1", "other other ");
	has_sessions("", "msg_2", "");
}
END_TEST

START_TEST(what_is_erased_or_has_ended_is_not_named)
{
	struct session erased = make_of("", "erased");
	struct session ended = make_of("", "ended");
	const struct session_profile profile = { .ttl_seconds = 10,
		.memory = SLICE("{}"),
		.metadata = SLICE("{}"),
		.retain_retired = -1 };

	append_item(&erased, "msg_1");
	append_item(&ended, "msg_1");
	ok(store_session_configure(store, &ended, &profile, 2000, &error));
	has_sessions("", "msg_1", "ended erased ended erased ");
	ok(store_session_erase(store, &erased, 2500, &error));
	has_sessions("", "msg_1", "ended ended ");
	has_sessions_at(60000, "", "msg_1", "");
}
END_TEST

START_TEST(forks_go_on_with_what_is_erased)
{
	struct session parent = make_of("", "parent"), child, grandchild;

	append_item(&parent, "msg_1");
	child = fork_of(&parent, "child");
	append_item(&child, "msg_2");
	grandchild = fork_of(&child, "grandchild");
	has_sessions("", "msg_1", "parent grandchild child parent ");
	has_sessions("", "msg_2", "child grandchild child ");
	ok(store_session_erase(store, &parent, 2500, &error));
	ok(store_session_erase(store, &child, 2500, &error));
	has_sessions("", "msg_1", "grandchild ");
	append_item(&grandchild, "msg_3");
	has_sessions("", "msg_3", "grandchild grandchild ");
}
END_TEST

CONTRACT_UNIT("item sessions", setup, teardown,
	an_id_of_the_server_names_its_session,
	an_id_of_a_client_names_the_newest_session_first,
	what_is_erased_or_has_ended_is_not_named,
	forks_go_on_with_what_is_erased)
