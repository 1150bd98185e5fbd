/* SPDX-License-Identifier: MIT */
/* digest.c - SHA-256, also of what consists of several parts. */
#include "core/digest/digest.h"

#include <gnutls/crypto.h>

#include "schema/error.h"

static int digest_add(gnutls_hash_hd_t hash, struct slice part)
{
	uint64_t length = part.length;

	if (gnutls_hash(hash, &length, sizeof(length)))
		return -1;
	return part.length > 0 ? gnutls_hash(hash, part.data, part.length) : 0;
}

int digest_parts(const struct slice *parts, size_t count,
	unsigned char digest[DIGEST_LENGTH], struct error *error)
{
	gnutls_hash_hd_t hash;
	int failed = 0;

	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256))
		return error_out_of_memory(error);
	for (size_t i = 0; i < count && !failed; i++)
		failed = digest_add(hash, parts[i]);
	gnutls_hash_deinit(hash, digest);
	return failed ? error_out_of_memory(error) : 0;
}

int digest_bytes(struct slice bytes, unsigned char digest[DIGEST_LENGTH],
	struct error *error)
{
	return gnutls_hash_fast(
		       GNUTLS_DIG_SHA256, bytes.data, bytes.length, digest)
		       ? error_out_of_memory(error)
		       : 0;
}
