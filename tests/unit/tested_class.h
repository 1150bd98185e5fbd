/* SPDX-License-Identifier: MIT */
/*
 * tested_class.h - a memory class that does what a test says.
 */
#ifndef TESTS_UNIT_TESTED_CLASS_H
#define TESTS_UNIT_TESTED_CLASS_H

#include "tests/unit/memory_unit.h"

static int (*act)(struct memory *memory);
static int act_once(struct memory *memory)
{
	return act(memory);
}

static struct memory_class tested = {
	.interface = MEMORY_INTERFACE,
	.name = "tested",
	.load_variables = act_once,
};

static const struct memory_class *const plugins[] = { &tested };

static inline void setup(void)
{
	begin_memory();
	tested.reflect = act_once;
	tested.save_context = tested.clear = tested.check = NULL;
	memories.plugins = plugins;
	memories.count = 1;
}

static inline void use(int (*function)(struct memory *memory))
{
	act = function;
	set("{\"class\":\"tested\"}");
}

static inline int value(struct memory *memory, const char *json)
{
	return memory->host->variable(memory, SLICE("v")) ||
	       memory->host->json(memory, slice_of(json));
}

#define FAILED "the memory class \"tested\" failed: "

#endif
