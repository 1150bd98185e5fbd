/* SPDX-License-Identifier: MIT */
/* prefixes.c - how the settings of a memory spell its buffer string. */
#include "schema/memory/prefixes.h"

#include "schema/forms/string_format.h"
#include "schema/memory/settings.h"

struct format_prefixes settings_prefixes(const struct settings *settings)
{
	return (struct format_prefixes){
		.human = text_view(&settings->human_prefix),
		.ai = text_view(&settings->ai_prefix),
		.strings = string_format_named(
			text_view(&settings->string_format)),
	};
}
