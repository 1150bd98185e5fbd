/* SPDX-License-Identifier: MIT */
/* proxied.c - the header fields that only a proxy adds. */
#include "server/auth/proxied.h"

#include <strings.h>

#define SLICE_OF(literal)                      \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

/* A name that ends with a hyphen stands for all that begin so. */
static const struct slice proxied_names[] = {
	SLICE_OF("Forwarded"),
	SLICE_OF("Forwarded-"),
	SLICE_OF("Via"),
	SLICE_OF("X-Forwarded"),
	SLICE_OF("X-Forwarded-"),
	SLICE_OF("X-Forward-"),
	SLICE_OF("X-Real-IP"),
	SLICE_OF("X-Real-Port"),
	SLICE_OF("X-Client-IP"),
	SLICE_OF("X-Client-Port"),
	SLICE_OF("X-ClientIP"),
	SLICE_OF("X-Cluster-Client-IP"),
	SLICE_OF("X-Remote-IP"),
	SLICE_OF("X-Remote-Addr"),
	SLICE_OF("X-Source-IP"),
	SLICE_OF("X-Original-"),
	SLICE_OF("X-Originating-IP"),
	SLICE_OF("X-Rewrite-URL"),
	SLICE_OF("X-Host"),
	SLICE_OF("X-HTTP-Host-Override"),
	SLICE_OF("X-ProxyUser-IP"),
	SLICE_OF("X-Proxy-"),
	SLICE_OF("True-Client-IP"),
	SLICE_OF("Client-IP"),
	SLICE_OF("Cdn-"),
	SLICE_OF("CF-"),
	SLICE_OF("Fastly-"),
	SLICE_OF("Fly-"),
	SLICE_OF("Akamai-"),
	SLICE_OF("Tailscale-"),
	SLICE_OF("X-Akamai-"),
	SLICE_OF("X-Amz-Cf-Id"),
	SLICE_OF("X-Amzn-Trace-Id"),
	SLICE_OF("X-Appengine-"),
	SLICE_OF("X-ARR-"),
	SLICE_OF("X-Azure-"),
	SLICE_OF("X-Envoy-"),
	SLICE_OF("X-Nf-"),
	SLICE_OF("X-Sucuri-"),
	SLICE_OF("X-Traefik-"),
	SLICE_OF("X-Varnish"),
	SLICE_OF("X-Vercel-"),
};

#define NAME_COUNT (sizeof(proxied_names) / sizeof(*proxied_names))

/* Asked for each field of each request: most differ in their first letter. */
static bool proxied_matches(struct slice name, struct slice field_name)
{
	const bool begins = name.data[name.length - 1] == '-';

	return ((name.data[0] ^ field_name.data[0]) & ~0x20) == 0 &&
	       (begins ? field_name.length >= name.length
		       : field_name.length == name.length) &&
	       !strncasecmp(name.data, field_name.data, name.length);
}

bool proxied_by(struct slice field_name)
{
	for (size_t i = 0; field_name.length > 0 && i < NAME_COUNT; i++)
		if (proxied_matches(proxied_names[i], field_name))
			return true;
	return false;
}
