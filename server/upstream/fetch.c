/* SPDX-License-Identifier: MIT */
/* fetch.c - requests of a command to a running server. */
#include "server/upstream/fetch.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "schema/error.h"

#define CONNECT_SECONDS 30L
#define ANSWER_SECONDS	600L
#define SILENT_SECONDS	60L /* a tail has a comment every 15 */
#define ANSWER_MOST	((size_t)256 << 20)

#define SOCKET_SCHEME "unix:"

struct fetch {
	CURL *curl;
	char *url;
	const char *socket;  /* in `url`; NULL: it is none of these */
	char *authorization; /* NULL: there is no key */
};

int fetch_start(struct fetch **out, const char *url, const char *key,
	struct error *error)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));

	if (!fetch || curl_global_init(CURL_GLOBAL_DEFAULT)) {
		free(fetch);
		return error_out_of_memory(error);
	}
	fetch->curl = curl_easy_init();
	fetch->url = strdup(url);
	if (key && asprintf(&fetch->authorization, "Authorization: Bearer %s",
			   key) < 0)
		fetch->authorization = NULL;
	if (!fetch->curl || !fetch->url || (key && !fetch->authorization)) {
		fetch_stop(fetch);
		return error_out_of_memory(error);
	}
	if (!strncmp(fetch->url, SOCKET_SCHEME, strlen(SOCKET_SCHEME)))
		fetch->socket = fetch->url + strlen(SOCKET_SCHEME);
	*out = fetch;
	return 0;
}

void fetch_stop(struct fetch *fetch)
{
	if (!fetch)
		return;
	curl_easy_cleanup(fetch->curl);
	free(fetch->authorization);
	free(fetch->url);
	free(fetch);
	curl_global_cleanup();
}

/* --- a request ------------------------------------------------------------ */

struct fetch_transfer {
	struct fetch *fetch;
	struct fetch_answer *answer;
};

static size_t fetch_take(
	const char *data, size_t one, size_t length, void *context)
{
	const struct fetch_transfer *transfer = context;
	struct fetch_answer *answer = transfer->answer;
	long status = 0;

	(void)one;
	curl_easy_getinfo(
		transfer->fetch->curl, CURLINFO_RESPONSE_CODE, &status);
	if (answer->take && status / 100 == 2) {
		answer->stopped = answer->take(answer->context,
					  (struct slice){ data, length }) != 0;
		return answer->stopped ? 0 : length;
	}
	if (answer->body.length + length > ANSWER_MOST)
		return 0;
	text_append(&answer->body, data, length);
	return answer->body.failed ? 0 : length;
}

static int fetch_add_header(struct curl_slist **headers, const char *line)
{
	struct curl_slist *more = curl_slist_append(*headers, line);

	if (!more)
		return -1;
	*headers = more;
	return 0;
}

static int fetch_set_headers(const struct fetch *fetch,
	const struct fetch_request *request, struct curl_slist **headers)
{
	char type[100];

	snprintf(type, sizeof(type), "Content-Type: %s",
		request->type ? request->type : "application/json");
	return fetch_add_header(headers, "Expect:") ||
	       (request->body.length > 0 && fetch_add_header(headers, type)) ||
	       (request->header &&
		       fetch_add_header(headers, request->header)) ||
	       (fetch->authorization &&
		       fetch_add_header(headers, fetch->authorization));
}

/* The server's URL without slashes behind it, and the target; ends with 0. */
static int fetch_write_url(const struct fetch *fetch,
	const struct fetch_request *request, struct text *out)
{
	const char *base = fetch->socket ? "http://localhost" : fetch->url;
	size_t length = strlen(base);

	while (length > 0 && base[length - 1] == '/')
		length--;
	text_append(out, base, length);
	text_append(out, request->target, strlen(request->target) + 1);
	return out->failed ? -1 : 0;
}

/* Redirects are not followed, and no proxy gets the key. */
static void fetch_set_options(struct fetch *fetch,
	const struct fetch_request *request, struct fetch_transfer *transfer)
{
	CURL *curl = fetch->curl;

	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, fetch->socket);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	if (request->body.length > 0) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.data);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
			(curl_off_t)request->body.length);
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(
		curl, CURLOPT_TIMEOUT, request->endless ? 0L : ANSWER_SECONDS);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME,
		request->endless ? SILENT_SECONDS : 0L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, fetch_take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
}

static CURLcode fetch_perform(struct fetch *fetch,
	const struct fetch_request *request, struct fetch_answer *answer)
{
	struct fetch_transfer transfer = { fetch, answer };
	struct curl_slist *headers = NULL;
	CURLcode result = CURLE_OUT_OF_MEMORY;
	struct text url = { 0 };
	long status = 0;

	curl_easy_reset(fetch->curl);
	if (fetch_write_url(fetch, request, &url) == 0 &&
		fetch_set_headers(fetch, request, &headers) == 0) {
		fetch_set_options(fetch, request, &transfer);
		curl_easy_setopt(fetch->curl, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(fetch->curl, CURLOPT_URL, url.data);
		result = curl_easy_perform(fetch->curl);
		curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &status);
	}
	answer->status = (int)status;
	curl_slist_free_all(headers);
	text_clear(&url);
	return result;
}

int fetch_send(struct fetch *fetch, const struct fetch_request *request,
	struct fetch_answer *answer, struct error *error)
{
	const CURLcode result = fetch_perform(fetch, request, answer);

	if (result == CURLE_OK || answer->stopped)
		return 0;
	if (result == CURLE_OUT_OF_MEMORY)
		return error_out_of_memory(error);
	return error_set(error, ERROR_UNAVAILABLE, "\"%s\": %s", fetch->url,
		curl_easy_strerror(result));
}
