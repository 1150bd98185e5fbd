/* SPDX-License-Identifier: MIT */
/*
 * address.c - the server to call: checked once, before the first call.
 */
#include "server/upstream/transfer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- what is refused ---------------------------------------------------- */

static bool address_has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	const bool found = !curl_url_get(url, part, &text, 0);

	curl_free(text);
	return found;
}

static bool address_has_scheme(CURLU *url, const char *scheme)
{
	char *text = NULL;
	const bool found = !curl_url_get(url, CURLUPART_SCHEME, &text, 0) &&
			   !strcmp(text, scheme);

	curl_free(text);
	return found;
}

/* The refusal quotes nothing of it: a password may be in there. */
static int address_check_parts(
	CURLU *url, const char *text, struct error *error)
{
	if (curl_url_set(url, CURLUPART_URL, text, 0) ||
		!(address_has_scheme(url, "http") ||
			address_has_scheme(url, "https")))
		return error_set(error, ERROR_INVALID,
			"--llm-url is not a URL such as "
			"http://127.0.0.1:11434/v1");
	if (address_has_part(url, CURLUPART_USER) ||
		address_has_part(url, CURLUPART_PASSWORD))
		return error_set(error, ERROR_INVALID,
			"--llm-url holds a user or a password: a key goes into "
			"--llm-key-file or CHATMEM_LLM_KEY");
	if (address_has_part(url, CURLUPART_QUERY) ||
		address_has_part(url, CURLUPART_FRAGMENT))
		return error_set(error, ERROR_INVALID,
			"--llm-url goes on behind its path");
	return 0;
}

static int address_check_url(const char *text, struct error *error)
{
	CURLU *url = curl_url();
	int result;

	if (!url)
		return error_out_of_memory(error);
	result = address_check_parts(url, text, error);
	curl_url_cleanup(url);
	return result;
}

/* The key becomes part of a header. */
static int address_check_key(const char *key, struct error *error)
{
	for (; *key; key++) {
		if (*key <= ' ' || *key > '~')
			return error_set(error, ERROR_INVALID,
				"the key to the language model has a "
				"space, or a character that is not printable "
				"ASCII");
	}
	return 0;
}

static int address_check_options(
	const struct upstream_options *options, struct error *error)
{
	if (address_check_url(options->url, error) ||
		(options->key && address_check_key(options->key, error)))
		return -1;
	if (options->ca_file && access(options->ca_file, R_OK))
		return error_set(error, ERROR_INVALID,
			"--llm-ca-file %s cannot be read", options->ca_file);
	return 0;
}

/* --- what is kept ------------------------------------------------------- */

static int address_copy_texts(struct upstream_address *upstream,
	const struct upstream_options *options)
{
	size_t length = strlen(options->url);

	while (length && options->url[length - 1] == '/')
		length--;
	upstream->url = strndup(options->url, length);
	upstream->key = options->key ? strdup(options->key) : NULL;
	return upstream->url && (upstream->key || !options->key)
		       ? blot_secret_init(&upstream->secret, upstream->key)
		       : -1;
}

static int address_add_header(
	struct upstream_address *upstream, const char *name, const char *value)
{
	struct text line = { 0 };
	struct curl_slist *longer = NULL;

	text_format(&line, "%s: %s", name, value);
	text_append(&line, "", 1);
	if (!line.failed)
		longer = curl_slist_append(upstream->headers, line.data);
	if (line.data)
		explicit_bzero(line.data, line.length);
	text_clear(&line);
	if (!longer)
		return -1;
	upstream->headers = longer;
	return 0;
}

/* A 100-continue would cost a second where the server does not know it. */
static int address_add_headers(struct upstream_address *upstream)
{
	struct text bearer = { 0 };
	int result = -1;

	if (address_add_header(upstream, "Content-Type", "application/json") ||
		address_add_header(upstream, "Expect", ""))
		return -1;
	upstream->untyped = upstream->headers->next;
	if (!upstream->key)
		return 0;
	text_format(&bearer, "Bearer %s", upstream->key);
	text_append(&bearer, "", 1);
	if (!bearer.failed)
		result = address_add_header(
			upstream, "Authorization", bearer.data);
	if (bearer.data)
		explicit_bzero(bearer.data, bearer.length);
	text_clear(&bearer);
	return result;
}

/*
 * Redirects are not followed, proxies of the environment not used: the key
 * goes to the one server that was named.  HTTP/1.1, because one connection of
 * HTTP/2 for everybody has room for a hundred streams only.
 */
static int address_make_model(struct upstream_address *upstream,
	const struct upstream_options *options)
{
	CURL *model = curl_easy_init();

	upstream->model = model;
	if (!model ||
		curl_easy_setopt(model, CURLOPT_PROTOCOLS_STR, "http,https") ||
		curl_easy_setopt(model, CURLOPT_PROXY, "") ||
		curl_easy_setopt(
			model, CURLOPT_USERAGENT, "chatmem/" CHATMEM_VERSION) ||
		(options->ca_file && curl_easy_setopt(model, CURLOPT_CAINFO,
					     options->ca_file)))
		return -1;
	curl_easy_setopt(model, CURLOPT_HTTPHEADER, upstream->headers);
	curl_easy_setopt(model, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(model, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(model, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(model, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(model, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(model, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(
		model, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_ms);
	curl_easy_setopt(model, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(model, CURLOPT_LOW_SPEED_TIME,
		(long)(options->silence_ms / 1000));
	return 0;
}

int upstream_address_init(struct upstream_address *upstream,
	const struct upstream_options *options, struct error *error)
{
	if (address_check_options(options, error))
		return -1;
	upstream->options = *options;
	if (address_copy_texts(upstream, options) ||
		address_add_headers(upstream) ||
		address_make_model(upstream, options))
		return error_out_of_memory(error);
	return 0;
}

void upstream_address_clear(struct upstream_address *upstream)
{
	curl_easy_cleanup(upstream->model);
	curl_slist_free_all(upstream->headers);
	free(upstream->url);
	if (upstream->key)
		explicit_bzero(upstream->key, strlen(upstream->key));
	free(upstream->key);
	blot_secret_clear(&upstream->secret);
	*upstream = (struct upstream_address){ 0 };
}
