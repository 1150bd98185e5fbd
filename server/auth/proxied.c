/* SPDX-License-Identifier: MIT */
/* proxied.c - the header fields that only a proxy adds. */
#include "server/auth/proxied.h"

#include <string.h>
#include <strings.h>

/* A name that ends with a hyphen stands for all that begin so. */
static const char *const proxied_names[] = {
	"Forwarded",
	"Forwarded-",
	"Via",
	"X-Forwarded",
	"X-Forwarded-",
	"X-Forward-",
	"X-Real-IP",
	"X-Real-Port",
	"X-Client-IP",
	"X-Client-Port",
	"X-ClientIP",
	"X-Cluster-Client-IP",
	"X-Remote-IP",
	"X-Remote-Addr",
	"X-Source-IP",
	"X-Original-",
	"X-Originating-IP",
	"X-Rewrite-URL",
	"X-Host",
	"X-HTTP-Host-Override",
	"X-ProxyUser-IP",
	"X-Proxy-",
	"True-Client-IP",
	"Client-IP",
	"Cdn-",
	"CF-",
	"Fastly-",
	"Fly-",
	"Akamai-",
	"Tailscale-",
	"X-Akamai-",
	"X-Amz-Cf-Id",
	"X-Amzn-Trace-Id",
	"X-Appengine-",
	"X-ARR-",
	"X-Azure-",
	"X-Envoy-",
	"X-Nf-",
	"X-Sucuri-",
	"X-Traefik-",
	"X-Varnish",
	"X-Vercel-",
};

#define NAME_COUNT (sizeof(proxied_names) / sizeof(*proxied_names))

static bool proxied_matches(const char *name, struct slice field_name)
{
	const size_t length = strlen(name);
	const bool begins = name[length - 1] == '-';

	return (begins ? field_name.length >= length
		       : field_name.length == length) &&
	       !strncasecmp(name, field_name.data, length);
}

bool proxied_by(struct slice field_name)
{
	for (size_t i = 0; i < NAME_COUNT; i++)
		if (proxied_matches(proxied_names[i], field_name))
			return true;
	return false;
}
