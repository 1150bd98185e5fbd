/* SPDX-License-Identifier: MIT */
/*
 * handlers.h - what the files of this folder share: the handlers that the route
 * table names, and what they have in common.
 */
#ifndef SERVER_API_HANDLERS_H
#define SERVER_API_HANDLERS_H

#include <jansson.h>

#include "core/history/history.h"
#include "core/history/page.h"
#include "core/store/session_list.h"
#include "schema/error.h"
#include "schema/forms/form.h"
#include "schema/memory/settings.h"
#include "server/api/etag.h"
#include "server/api/reply.h"
#include "server/api/request.h"
#include "server/api/route.h"

api_handler api_health_alive, api_health_ready;
api_handler api_metrics_get, api_openapi_get;
api_handler api_page_get, api_page_script, api_page_style;
api_handler api_messages_get, api_messages_post, api_messages_put,
	api_messages_patch, api_messages_delete;
api_handler api_message_get, api_message_put, api_message_delete;
api_handler api_session_fork;
api_handler api_events_get;
api_handler api_export_get, api_session_export, api_import_post;
api_handler api_memory_load, api_memory_save, api_memory_reflect;
api_handler api_memory_kept_get, api_memory_kept_put, api_memory_kept_delete;
api_handler api_mcp_post;
api_handler api_models_get, api_model_get, api_hand_on;
api_handler api_chat_post, api_completions_post;
api_handler api_responses_post;
api_handler api_response_get, api_response_delete, api_response_cancel,
	api_response_inputs_get;
api_handler api_conversations_get, api_conversations_post;
api_handler api_conversation_get, api_conversation_post,
	api_conversation_delete;
api_handler api_items_get, api_items_post;
api_handler api_item_get, api_item_delete;
api_handler api_search_all, api_search_session;
api_handler api_sessions_get, api_sessions_post, api_sessions_delete;
api_handler api_session_get, api_session_put, api_session_patch,
	api_session_delete;

/*
 * The rest of a row whose requests go to the model's server as they are.  No
 * row leads to what belongs to the account of its operator.
 */
#define API_HANDED_ON                                                    \
	LANE_READ, BODY_BYTES, .handle = api_hand_on, .storeless = true, \
			       .hands_on = true, .any_parameter = true

/* Parsers, which run before the handlers; see input.h. */
api_parser api_messages_parse, api_messages_parse_all,
	api_messages_parse_suffix, api_messages_parse_cut;
api_parser api_message_parse;
api_parser api_session_parse, api_session_parse_patch, api_session_parse_new;
api_parser api_session_parse_fork;
api_parser api_sessions_parse_owner;
api_parser api_memory_parse_save, api_memory_kept_parse;
api_parser api_import_parse;
api_parser api_chat_parse, api_completions_parse;
api_parser api_conversation_parse_new, api_conversation_parse_metadata;
api_parser api_items_parse, api_responses_parse;
api_parser api_mcp_parse;

/*
 * Calls the upstream with the request's body, if it has one, and answers with
 * the bytes that come.
 */
int request_pass_on(const struct request *request, const char *path,
	bool streams, struct reply *reply, struct error *error);

/*
 * A header that only a session's request can have, since what is handed on has
 * no version, and its answer is not kept; NULL: the request has none.
 */
const char *request_sessions_header(const struct request *request);

/* Reads which session a request for completions names, if it does. */
int request_read_session(struct request *request, struct error *error);

/* Does Chatmem-Send, if there is one, say what it can? */
int request_check_send(const struct request *request, struct error *error);

/*
 * Reads which conversation a request for a response names, in its body or in
 * X-Session-Id, if it does.
 */
int request_read_conversation(struct request *request, struct error *error);

/*
 * The window that the query asks for, WINDOW_NONE if it asks for none.
 * ERROR_INVALID if it asks for what a window excludes as well.
 */
struct window;
int request_window(const struct request *request, struct window *window,
	struct error *error);

/* Reads `order`, as request_integer() does. */
int request_order(
	const struct request *request, bool *descending, struct error *error);

/* The session that it is about, by its names. */
struct session_ref request_ref(const struct request *request);

/* Finds the session that the path names; id 0: there is none. */
int request_find(struct store *store, const struct request *request,
	struct session *session, struct error *error);
/* The same, as it was at the version that `as_of` names, if that is given. */
int request_find_at(struct store *store, const struct request *request,
	struct session *session, struct error *error);
/* The same, where a session is needed: ERROR_NOT_FOUND. */
int request_need(struct store *store, const struct request *request,
	struct session *session, struct error *error);

/*
 * Erases it; where that goes on already, gives what was begun.  The reply waits
 * for the end of the erasure.  A damaged one can be erased; ERROR_NOT_FOUND.
 */
int request_erase(struct store *store, const struct request *request,
	struct reply *reply, struct erasure *erasure, struct error *error);

/* The form of the messages in a reply. */
struct message_row;
struct reply_form {
	const struct form_ops *form;
	struct format_prefixes prefixes; /* of lines; borrowed */
	bool one; /* each row is one message, not those that it is to a chat */
	/* Notes of the rows that were written, see core/history/joined.h; NULL:
	 * they are one by one. */
	struct text *marks;
};
/* The form that the query names, or the default; prefixes are the caller's. */
int request_form(const struct request *request, struct reply_form *form,
	struct error *error);

/* Replies with the session as it is now; the status is the caller's. */
int reply_session(struct store *store, const struct session *session,
	struct slice name, struct reply *reply, struct error *error);
/* Makes a name for a session that the client did not name. */
#define SESSION_NAME_MADE 32
int session_make_name(char name[SESSION_NAME_MADE], struct error *error);

/* Reads the defaults, then the session's own settings. */
int session_settings(struct store *store, const struct session *session,
	struct settings *settings, struct error *error);

/* The same, then the settings of the query. */
int request_settings(struct store *store, const struct request *request,
	const struct session *session, struct settings *settings,
	struct error *error);

/* Can the settings in the query be read?  There is no session yet. */
int request_check_settings(const struct request *request, struct error *error);

/*
 * Replies with what a memory class needs before it is run again: an answer (a
 * call to the language model) or the writer's batch.  The reply's continuation
 * has what it must know then.
 */
struct memories;
struct llm_replay;
void reply_ask(struct reply *reply, const struct memories *memories,
	const struct llm_replay *replay);
/*
 * After such a call: reads the answer to it, for the replay of this run.
 * Borrows from `buf` or from the request.
 */
int request_answer(const struct request *request, struct text *buf,
	struct slice *answer, struct error *error);
/* The session has new messages, which its memory may have to work on. */
int reply_reflect(struct store *store, const struct request *request,
	const struct session *session, struct reply *reply,
	struct error *error);
/* Must be called after all messages of the session were removed. */
int request_cleared(struct store *store, const struct request *request,
	struct session *session, struct error *error);

/* Writes what a window shows: as headers, and as members after the last one. */
void reply_figures(struct reply *reply, const struct history_figures *figures);
void reply_write_figures(
	struct text *out, const struct history_figures *figures);

/* Gives a change of the session's history that the request makes now. */
struct history_edit request_edit(const struct request *request);

/* Begins {"session","version","messages":[, which the caller ends. */
void reply_begin_messages(struct text *body, const struct request *request,
	const struct session *session);

/* Replies 201 with the seqs and ids of what was appended. */
void reply_appended(struct reply *reply, const struct request *request,
	const struct session *session, const struct message_list *list,
	const struct history_appended *appended);

/*
 * Applies what was read of the request to what can be set of a session: a patch
 * to what is stored, else to nothing.  Writes it if that changes something.
 */
int request_configure(struct store *store, const struct request *request,
	struct session *session, struct error *error);
/* The owner that the body gives to the session; empty: it gives none. */
struct slice request_owner(const struct request *request);

/*
 * Appends a message as GET shows it; for struct history_page.  The context is
 * a struct reply_form; NULL: the default.
 */
void reply_write_message(struct text *out, const struct session *session,
	const struct message_row *row, const void *context);

/* Appends {"id","version",…}: a session as the API shows it. */
void reply_write_session(struct text *out, const struct session_row *row);

/* Takes `json`, which must hold no value of a client but UTF-8 strings. */
int reply_json(
	struct reply *reply, int status, json_t *json, struct error *error);

#endif
