/* SPDX-License-Identifier: MIT */
/* value_list.c - a list of values is JSON, which json_each() reads. */
#include "core/store/value_list.h"
#include "schema/json/write.h"

static void value_list_begin(
	struct text *out, enum value_list_of of, size_t count)
{
	(void)of;
	(void)count;
	json_begin_array(out);
}

const struct engine_value_list value_list_json = {
	.begin = value_list_begin,
	.number = json_put_number,
	.text = json_put_string,
	.end = json_end_array,
};
