/* SPDX-License-Identifier: MIT */
/*
 * tool_blocks.h - calls and results that are blocks of a content.
 */
#ifndef SCHEMA_MESSAGE_TOOL_BLOCKS_H
#define SCHEMA_MESSAGE_TOOL_BLOCKS_H

#include "schema/message/tool_calls.h"

/* Is the block a result in a human message, else a call?  *call gets its id. */
bool tool_block_is(bool human, struct slice block, struct tool_call *call);

#endif
