/* SPDX-License-Identifier: MIT */
/* upload.c - lines posted to a running server. */
#include "server/upstream/upload.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "schema/error.h"

#define CONNECT_SECONDS 30L
#define ANSWER_SECONDS	600L
#define ANSWER_MOST	((size_t)1 << 20)

struct upload {
	CURL *curl;
	char *url;
	struct curl_slist *headers;
};

static int upload_add_header(struct upload *upload, const char *line)
{
	struct curl_slist *more = curl_slist_append(upload->headers, line);

	if (!more)
		return -1;
	upload->headers = more;
	return 0;
}

static int upload_add_headers(struct upload *upload, const char *key)
{
	struct text line = { 0 };
	int result;

	if (upload_add_header(upload, "Content-Type: application/x-ndjson") ||
		upload_add_header(upload, "Expect:"))
		return -1;
	if (!key)
		return 0;
	text_string(&line, "Authorization: Bearer ");
	text_append(&line, key, strlen(key) + 1);
	result = line.failed ? -1 : upload_add_header(upload, line.data);
	text_clear(&line);
	return result;
}

int upload_start(struct upload **out, const char *url, const char *key,
	struct error *error)
{
	struct upload *upload = calloc(1, sizeof(*upload));

	if (!upload || curl_global_init(CURL_GLOBAL_DEFAULT)) {
		free(upload);
		return error_out_of_memory(error);
	}
	upload->curl = curl_easy_init();
	upload->url = strdup(url);
	if (!upload->curl || !upload->url || upload_add_headers(upload, key)) {
		upload_stop(upload);
		return error_out_of_memory(error);
	}
	*out = upload;
	return 0;
}

void upload_stop(struct upload *upload)
{
	if (!upload)
		return;
	curl_easy_cleanup(upload->curl);
	curl_slist_free_all(upload->headers);
	free(upload->url);
	free(upload);
	curl_global_cleanup();
}

static size_t upload_take(
	const char *data, size_t one, size_t length, void *context)
{
	struct text *answer = context;

	(void)one;
	if (answer->length + length > ANSWER_MOST)
		return 0;
	text_append(answer, data, length);
	return answer->failed ? 0 : length;
}

/* URL/import?line=N&session=NAME, ended by a NUL. */
static int upload_write_target(
	struct upload *upload, const struct upload_part *part, struct text *out)
{
	size_t length = strlen(upload->url);
	char *escaped;

	while (length > 0 && upload->url[length - 1] == '/')
		length--;
	text_append(out, upload->url, length);
	text_string(out, "/import?line=");
	text_number(out, part->line);
	if (part->session) {
		escaped = curl_easy_escape(upload->curl, part->session, 0);
		text_string(out, "&session=");
		text_string(out, escaped ? escaped : "");
		out->failed = out->failed || !escaped;
		curl_free(escaped);
	}
	text_append(out, "", 1);
	return out->failed ? -1 : 0;
}

static CURLcode upload_perform(struct upload *upload, const char *target,
	struct slice lines, struct upload_answer *answer)
{
	CURL *curl = upload->curl;
	long code = 0;
	CURLcode result;

	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, target);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, upload->headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, lines.data);
	curl_easy_setopt(
		curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)lines.length);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, ANSWER_SECONDS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, upload_take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer->body);
	result = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
	answer->status = (int)code;
	return result;
}

int upload_post(struct upload *upload, const struct upload_part *part,
	struct upload_answer *answer, struct error *error)
{
	struct text target = { 0 };
	CURLcode result;

	if (upload_write_target(upload, part, &target)) {
		text_clear(&target);
		return error_out_of_memory(error);
	}
	result = upload_perform(upload, target.data, part->lines, answer);
	text_clear(&target);
	if (result == CURLE_OK)
		return 0;
	return error_set(error, ERROR_UNAVAILABLE, "\"%s\": %s", upload->url,
		curl_easy_strerror(result));
}
