/* SPDX-License-Identifier: MIT */
/*
 * equal.h - are two JSON texts the same value?
 */
#ifndef SCHEMA_JSON_EQUAL_H
#define SCHEMA_JSON_EQUAL_H

#include "schema/text.h"

/*
 * Compares two valid, compact JSON values: objects without order, strings by
 * their code units however escaped, numbers by their decimal value, exactly
 * (1.10 is 11e-1; an exponent of more than 17 digits is only equal to itself).
 * Returns 1 or 0, and -1 out of memory: members are sorted to be compared.
 */
int json_same_value(struct slice a, struct slice b);

#endif
