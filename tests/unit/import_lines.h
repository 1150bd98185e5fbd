/* SPDX-License-Identifier: MIT */
/* import_lines.h - lines that the tests of the import read. */
#ifndef TESTS_UNIT_IMPORT_LINES_H
#define TESTS_UNIT_IMPORT_LINES_H

#include "core/memory/registry.h"
#include "core/transfer/import.h"
#include "tests/unit/unit.h"

#define TIMES                                         \
	"\"created_at\":\"2026-01-31T09:30:00.000Z\"" \
	",\"updated_at\":\"2026-02-01T09:30:00.123Z\""
#define SESSION(version, last, count)                                         \
	"{\"session\":\"a\",\"mark\":\"9f3kq0w2m5xvd\",\"version\":" #version \
	",\"last_seq\":" #last ",\"message_count\":" #count "," TIMES "}\n"
#define MESSAGE(seq, more)                                                   \
	"{\"seq\":" #seq ",\"created_at\":\"2026-01-31T09:30:00.001Z\"" more \
	"}\n"

#define DROPPED(name)                                          \
	"{\"session\":\"" name "\",\"mark\":\"9f3kq0w2m5xvd\"" \
	",\"dropped\":true}\n"
#define LIST "{\"session\":\"b\",\"messages\":[]}\n"

static const struct memories classes = { .count = 0 };

static inline int read_lines(
	struct import_input *input, const char *lines, struct error *why)
{
	const struct import_source source = {
		.lines = slice_of(lines), .line = 1, .memories = &classes
	};

	return import_read(input, &source, why);
}

#endif
