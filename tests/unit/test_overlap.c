/* SPDX-License-Identifier: MIT */
/*
 * test_overlap.c - of what clients send, each turn is stored once.
 */
#include "core/history/history.h"

#include "tests/contract/opened_store.h"
#include "tests/unit/parsed.h"

#define USER(text) "{'role':'user','content':'" text "'}"
#define BOT(text)  "{'role':'assistant','content':'" text "'}"
#define SYS(text)  "{'role':'system','content':'" text "'}"
#define CALLS(calls) \
	"{'role':'assistant','content':null,'tool_calls':[" calls "]}"
#define ONE(id, arguments)                              \
	"{'id':'" id "','type':'function','function':{" \
	"'name':'f','arguments':'" arguments "'}}"
#define CALL(id) CALLS(ONE(id, "{}"))
#define RESULT(id, text) \
	"{'role':'tool','tool_call_id':'" id "','content':'" text "'}"

/* A UIMessage, and its parts. */
#define UI(parts)  "{'id':'m','role':'assistant','parts':[" parts "]}"
#define SAYS(text) "{'type':'text','text':'" text "'}"
#define TOOL(id, output)                                             \
	"{'type':'tool-f','toolCallId':'" id "','input':{},'state':" \
	"'output-available','output':'" output "'}"

/* Items. */
#define THOUGHT	   "{'type':'reasoning','id':'r','summary':[]}"
#define TEXT(text) "{'type':'message','role':'assistant','content':'" text "'}"
#define MAKES(id)                                    \
	"{'type':'function_call','call_id':'" id "'" \
	",'name':'f','arguments':'{}'}"
#define GIVES(id, output)                                   \
	"{'type':'function_call_output','call_id':'" id "'" \
	",'output':'" output "'}"

#define SAID(text, calls) \
	"{'role':'assistant','content':'" text "','tool_calls':[" calls "]}"

/* Appends; with `answers` those of the assistant are the model's. */
static void holds(const char *messages, bool answers)
{
	struct parsed parsed = { 0 };
	struct history_appended appended[32];
	struct history_edit edit = {
		.ref.name = SLICE("s"), .now = 1000, .appended = appended
	};

	ok(parse(&parsed, messages));
	for (size_t i = 0; i < parsed.list.count; i++)
		parsed.list.items[i].answer =
			answers && parsed.list.items[i].type == MESSAGE_AI;
	ok(history_append(store, &edit, &parsed.list, &error));
	parsed_clear(&parsed);
}

/* "known/archived from", with "own" where the client has some. */
static void finds(const char *messages, enum overlap_send send, int64_t arrived,
	const char *expected)
{
	struct parsed parsed = { 0 };
	const struct session session = find(store, "s");
	const struct history_request request = { &parsed.list, send, arrived };
	struct history_overlap overlap;
	struct text found = { 0 };

	ok(parse(&parsed, messages));
	ok(history_find_overlap(store, &session, &request, &overlap, &error));
	text_format(&found, "%zu", overlap.known);
	if (overlap.own_end > overlap.own_first)
		text_format(&found, " own %zu-%zu", overlap.own_first,
			overlap.own_end);
	if (overlap.archived.last > 0)
		text_format(&found, " archive %d-%d",
			(int)overlap.archived.first,
			(int)overlap.archived.last);
	ck_assert_msg(slice_is(text_view(&found), expected),
		"%s:\nis '%.*s', not '%s'", messages,
		SLICE_SHORT(text_view(&found)), expected);
	text_clear(&found);
	parsed_clear(&parsed);
}

static void known(const char *messages, const char *expected)
{
	finds(messages, OVERLAP_FIND, INT64_MAX, expected);
}

/* --- what clients send ---------------------------------------------------- */

START_TEST(nothing_is_known_of_an_empty_history)
{
	known("[]", "0");
	known("[" USER("a") "]", "0");
	known("[" SYS("s") "," USER("a") "]", "1");
}
END_TEST

START_TEST(a_loop_of_tools_adds_what_is_new)
{
	holds("[" USER("a") "," CALL("1") "]", true);
	known("[" USER("a") "," CALL("1") "," RESULT("1", "x") "]", "2");
	holds("[" RESULT("1", "x") "," BOT("b") "]", true);
	known("[" USER("a") "," CALL("1") "," RESULT("1", "x") "," BOT(
		      "b") "," USER("c") "]",
		"4");
	/* The end of it. */
	known("[" BOT("b") "," USER("c") "]", "1");
	/* The texts. */
	known("[" USER("a") "," BOT("b") "," USER("c") "]", "2");
	/* A summary and the newest, a head and the newest. */
	known("[" USER("sum") "," BOT("b") "," USER("c") "]", "2 own 0-1");
	known("[" USER("a") "," USER("x") "," BOT("b") "," USER("c") "]",
		"3 own 1-2");
	/* Only what is new, by rule 4. */
	known("[" USER("c") "]", "0");
}
END_TEST

START_TEST(a_call_that_was_given_up_is_passed_over)
{
	holds("[" USER("a") "," CALLS(ONE("1", "{}") "," ONE("2", "{}")) "]",
		true);
	known("[" USER("a") "," USER("b") "]", "1");
	known("[" USER("a") "," CALL("1") "," RESULT("1", "x") "]", "2");
	known("[" USER("a") ",{'role':'assistant','content':'t'}]", "1");
}
END_TEST

START_TEST(gone_back_is_archived)
{
	holds("[" SYS("s") "," USER("a") "," BOT("b") "," USER("c") "," CALL(
		      "1") "," RESULT("1", "x") "," BOT("d") "]",
		true);
	/* The answer again, the question edited. */
	known("[" USER("a") "," BOT("b") "," USER("c") "]", "3 archive 5-7");
	known("[" SYS("t") "," USER("a") "," BOT("b") "," USER("C") "]",
		"3 archive 4-7");
	/* A stream that was stopped; the client leaves calls out. */
	known("[" USER("a") "," BOT("b") "," USER("c") "," BOT("D") "," USER(
		      "e") "]",
		"3 archive 7-7");
	known("[" USER("a") "," BOT("B") "," USER("e") "]", "1 archive 3-7");
	finds("[" USER("A") "]", OVERLAP_ALL, INT64_MAX, "0 archive 2-7");
	finds("[" USER("a") "]", OVERLAP_NEW, INT64_MAX, "0");
	/* The first question: nothing is alike. */
	known("[" USER("A") "]", "0");
}
END_TEST

START_TEST(examples_are_known)
{
	holds("[" USER("a") "," BOT("yes") "," USER("b") "," BOT("no") "," USER(
		      "q") "]",
		false);
	holds("[" BOT("no") "]", true);
	known("[" USER("a") "," BOT("yes") "," USER("b") "," BOT("no") "," USER(
		      "r") "]",
		"4");
	known("[" USER("a") "," BOT("yes") "," USER("b") "," BOT("no") "," USER(
		      "q") "]",
		"4");
}
END_TEST

START_TEST(what_came_since_is_not_archived)
{
	holds("[" USER("a") "," BOT("b") "," USER("c") "," BOT("d") "]", true);
	finds("[" USER("a") "," BOT("b") "," USER("C") "]", OVERLAP_FIND, 2,
		"2");
	finds("[" USER("a") "," BOT("b") "," USER("c") "]", OVERLAP_FIND, 2,
		"2");
	/* An answer that its client did not see the end of, and one it saw. */
	finds("[" USER("a") "," BOT("b") "," USER("c") "," BOT("") "," USER(
		      "e") "]",
		OVERLAP_FIND, 2, "3 archive 4-4");
	finds("[" USER("a") "," BOT("b") "," USER("c") "," BOT("d") "," USER(
		      "e") "]",
		OVERLAP_FIND, 2, "4");
}
END_TEST

/* --- what is stored otherwise --------------------------------------------- */

#define ASKED USER("a") "," SAID("t", ONE("1", "{}")) "," RESULT("1", "x")
#define STORED \
	UI(SAYS("t") "," TOOL("1", "x") ",{'type':'step-start'}," SAYS("b"))

START_TEST(one_that_is_several_is_known_by_each)
{
	holds("[" USER("a") "," STORED "]", false);
	known("[" ASKED "," BOT("b") "," USER("c") "]", "4");
	/* Without the call, and its end. */
	known("[" USER("a") "," BOT("t") "," BOT("b") "," USER("c") "]", "3");
	known("[" BOT("b") "," USER("c") "]", "1");
	known("[" RESULT("1", "x") "," BOT("b") "," USER("c") "]", "2");
	/* A part of it, and what is new. */
	known("[" ASKED "]", "3");
	known("[" USER("a") "," SAID("t", ONE("1", "{}")) "]", "2");
	known("[" ASKED "," USER("c") "]", "3");
	/* It is replaced as a whole. */
	known("[" ASKED "," BOT("B") "]", "1 archive 2-2");
}
END_TEST

START_TEST(one_that_is_several_is_archived_as_a_whole)
{
	holds("[" USER("p") "," BOT("q") "]", true);
	holds("[" USER("a") "," STORED "," USER("d") "," BOT("e") "]", false);
	known("[" USER("p") "," BOT("q") "," ASKED "]", "3 archive 4-6");
	known("[" USER("p") "," BOT("q") "," ASKED "," USER("c") "]",
		"3 archive 4-6");
	known("[" USER("p") "," BOT("q") "," ASKED
					 "," BOT("b") "," USER("c") "]",
		"6 archive 5-6");
	finds("[" USER("p") "," BOT("q") "," ASKED "]", OVERLAP_ALL, INT64_MAX,
		"3 archive 4-6");
	/* Of what came since all is kept. */
	finds("[" USER("p") "," BOT("q") "," ASKED "," USER("c") "]",
		OVERLAP_FIND, 4, "5");
}
END_TEST

START_TEST(several_that_are_one_are_known_by_it)
{
	holds("[" USER("a") "," THOUGHT "," TEXT("t") "," MAKES("1") "," MAKES(
		      "2") "," GIVES("1", "x") "," GIVES("2", "y") "]",
		false);
	known("[" USER("a") "," SAID(
		      "t", ONE("1", "{}") "," ONE("2", "{}")) "," RESULT("1",
		      "x") "," RESULT("2", "y") "]",
		"4");
	holds("[" TEXT("b") "]", true);
	known("[" USER("a") "," SAID(
		      "t", ONE("1", "{}") "," ONE("2", "{}")) "," RESULT("1",
		      "x") "," RESULT("2", "y") "," BOT("b") "," USER("c") "]",
		"5");
	/* Without a call, without both, and each by itself. */
	known("[" USER("a") "," SAID("t", ONE("2", "{}")) "," RESULT(
		      "2", "y") "," BOT("b") "," USER("c") "]",
		"4");
	known("[" USER("a") "," BOT("t") "," BOT("b") "," USER("c") "]", "3");
	known("[" USER("a") "," BOT("t") "," CALL("1") "," CALL("2") "," RESULT(
		      "1", "x") "," RESULT("2",
		      "y") "," BOT("b") "," USER("c") "]",
		"7");
	/* Another text is another message. */
	known("[" USER("a") "," SAID("T", ONE("1", "{}")) "," RESULT(
		      "1", "x") "]",
		"1 archive 2-8");
}
END_TEST

START_TEST(a_thought_goes_with_what_follows_it)
{
	holds("[" USER("p") "," BOT("q") "]", true);
	holds("[" USER("a") "," THOUGHT "," TEXT("t") "," MAKES("1") "]",
		false);
	known("[" USER("p") "," BOT("q") "," USER("a") "]", "3 archive 4-6");
	known("[" USER("p") "," BOT("q") "," USER("a") "," BOT("T") "]",
		"3 archive 4-6");
	known("[" USER("p") "," BOT("q") "," USER("a") "," BOT("t") "," USER(
		      "c") "]",
		"4");
	known("[" USER("p") "," BOT("q") "," USER("a") "," BOT("t") "," CALL(
		      "1") "," RESULT("1", "x") "]",
		"5");
}
END_TEST

START_TEST(several_that_end_in_calls_are_known)
{
	holds("[" USER("a") "," MAKES("1") "," MAKES("2") "]", false);
	known("[" USER("a") "," CALLS(ONE("1", "{}") "," ONE(
		      "2", "{}")) "," RESULT("1", "x") "," RESULT("2", "y") "]",
		"2");
	known("[" CALLS(ONE("1", "{}") "," ONE("2", "{}")) "," RESULT(
		      "1", "x") "," RESULT("2", "y") "]",
		"1");
}
END_TEST

#define USES(id) "{'type':'tool_use','id':'" id "','name':'f','input':{}}"
#define TOLD(id, text) \
	"{'type':'tool_result','tool_use_id':'" id "','content':'" text "'}"
#define WITH(role, parts) "{'role':'" role "','content':[" parts "]}"

START_TEST(results_among_what_a_person_says_are_known)
{
	holds("[" USER("a") "," WITH(
		      "assistant", USES("1") "," USES("2")) "," WITH("user",
		      TOLD("1", "x") "," TOLD("2", "y")) "]",
		false);
	known("[" USER("a") "," CALLS(
		      ONE("1", "{}") "," ONE("2", "{}")) "," RESULT("1",
		      "x") "," RESULT("2", "y") "," BOT("b") "]",
		"4");
	/* As it came. */
	known("[" USER("a") "," WITH(
		      "assistant", USES("1") "," USES("2")) "," WITH("user",
		      TOLD("1", "x") "," TOLD("2", "y")) "," BOT("b") "]",
		"3");
	holds("[" BOT("b") "," WITH("assistant", USES("3")) "," WITH(
		      "user", TOLD("3", "z") ",{'type':'text','text':'c'}") "]",
		false);
	known("[" BOT("b") "," CALL("3") "," RESULT("3", "z") "," USER(
		      "c") "," BOT("d") "]",
		"4");
	known("[" BOT("b") "," USER("c") "," BOT("d") "]", "2");
	known("[" BOT("b") "," WITH("assistant", USES("3")) "," WITH(
		      "user", TOLD("3", "z") ",{'type':'text','text':'c'}") "]",
		"3");
}
END_TEST

START_TEST(what_says_nothing_is_passed_over)
{
	holds("[" USER("a") "," UI("{'type':'tool-f','toolCallId':'1','state':"
				   "'input-available','input':{}}") "]",
		false);
	known("[" USER("a") "," CALL("1") "," RESULT("1", "x") "]", "1");
	holds("[" USER("b") "," THOUGHT "]", false);
	known("[" USER("a") "," USER("b") "," USER("c") "]", "2");
	/* But no answer of the model, which is made again. */
	holds("[" USER("c") "," BOT("d") "," USER("e") "," BOT("") "]", true);
	known("[" USER("a") "," USER("b") "," USER("c") "," BOT("d") "," USER(
		      "e") "]",
		"5 archive 8-8");
}
END_TEST

START_TEST(the_same_words_take_no_longer)
{
	struct parsed parsed = { 0 };
	struct history_request request = { &parsed.list, OVERLAP_FIND,
		INT64_MAX };
	struct text text = { 0 };
	struct history_overlap overlap;
	struct session session;
	struct history_appended appended[10000];
	struct history_edit edit = {
		.ref.name = SLICE("s"), .now = 1000, .appended = appended
	};

	for (int i = 0; i < 10000; i++)
		text_string(&text, i % 2 ? "," BOT("a") : "," USER("a"));
	text.data[0] = '[';
	text_append(&text, "]", 2);
	ok(parse(&parsed, text.data));
	ok(history_append(store, &edit, &parsed.list, &error));
	session = find(store, "s");
	ok(history_find_overlap(store, &session, &request, &overlap, &error));
	ck_assert_uint_eq(overlap.known, 10000);
	parsed.list.count = 9999;
	ok(history_find_overlap(store, &session, &request, &overlap, &error));
	ck_assert_uint_eq(overlap.known, 9998);
	parsed.list.count = 10000;
	text_clear(&text);
	parsed_clear(&parsed);
}
END_TEST

STORE_UNIT("history_find_overlap", begin, end,
	nothing_is_known_of_an_empty_history, a_loop_of_tools_adds_what_is_new,
	a_call_that_was_given_up_is_passed_over, gone_back_is_archived,
	examples_are_known, what_came_since_is_not_archived,
	one_that_is_several_is_known_by_each,
	one_that_is_several_is_archived_as_a_whole,
	several_that_are_one_are_known_by_it,
	a_thought_goes_with_what_follows_it,
	several_that_end_in_calls_are_known,
	results_among_what_a_person_says_are_known,
	what_says_nothing_is_passed_over, the_same_words_take_no_longer)
