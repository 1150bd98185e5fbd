/* SPDX-License-Identifier: MIT */
/* erased.c - the digest of the journal of erasures. */
#include "core/store/erased.h"

#include <string.h>

#include "core/digest/digest.h"

int erased_digest(struct slice mark, unsigned char digest[ERASED_DIGEST_BYTES],
	struct error *error)
{
	const struct slice parts[] = { SLICE("erased session"), mark };
	unsigned char whole[DIGEST_LENGTH];

	if (digest_parts(parts, 2, whole, error))
		return -1;
	memcpy(digest, whole, ERASED_DIGEST_BYTES);
	return 0;
}
