/* SPDX-License-Identifier: MIT */
/*
 * page.c - the page for people, and what a program gets in its place.
 *
 * The page holds no data: it asks for them by the routes that everybody uses.
 */
#include "server/page/page.h"

#include <stdio.h>
#include <string.h>

#include "schema/error.h"
#include "schema/json/write.h"
#include "server/api/handlers.h"

/*
 * The page loads its own two files and asks its own server.  It draws its
 * icon from a data: URL.  Nothing that a message holds can become a script.
 */
static const struct reply_constant page_headers[] = {
	{ "Content-Security-Policy",
		"default-src 'none'; script-src 'self'; style-src 'self'; "
		"connect-src 'self'; img-src data:; base-uri 'none'; "
		"form-action 'none'; frame-ancestors 'none'; "
		"require-trusted-types-for 'script'; trusted-types 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cache-Control", "no-cache" },
	{ "Vary", "Accept" },
	{ NULL, NULL },
};

static int page_reply(const struct request *request,
	const struct page_file *file, const char *type, struct reply *reply,
	struct error *error)
{
	if (!request->page)
		return error_set(error, ERROR_NOT_FOUND,
			"this server shows no page: it has --page off");
	reply->status = 200;
	reply->content_type = type;
	reply->constants = page_headers;
	snprintf(reply->etag, sizeof(reply->etag), "\"%s\"", file->tag);
	text_string(&reply->body, file->text);
	return 0;
}

/* A program asks for JSON; a browser names HTML, and curl nothing. */
static bool page_is_for_program(const struct request *request)
{
	static const char json[] = "application/json", html[] = "text/html";
	const struct slice accept = request->accept;

	return accept.length > 0 &&
	       memmem(accept.data, accept.length, json, sizeof(json) - 1) &&
	       !memmem(accept.data, accept.length, html, sizeof(html) - 1);
}

int api_page_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	static const struct reply_constant vary[] = {
		{ "Vary", "Accept" },
		{ NULL, NULL },
	};

	(void)store;
	if (!page_is_for_program(request))
		return page_reply(request, &index_html,
			"text/html; charset=utf-8", reply, error);
	reply->status = 200;
	reply->constants = vary;
	json_begin_object(&reply->body);
	json_member_string(&reply->body, "name", slice_of("chatmem"));
	json_member_string(&reply->body, "version", slice_of(CHATMEM_VERSION));
	json_member_string(&reply->body, "openapi", slice_of("/openapi.json"));
	json_end_object(&reply->body);
	return 0;
}

int api_page_script(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	(void)store;
	return page_reply(request, &page_js, "text/javascript; charset=utf-8",
		reply, error);
}

int api_page_style(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	(void)store;
	return page_reply(
		request, &page_css, "text/css; charset=utf-8", reply, error);
}
