/* SPDX-License-Identifier: MIT */
/*
 * openapi.h - the file schema/openapi.json, embedded by CMake.
 */
#ifndef SCHEMA_OPENAPI_H
#define SCHEMA_OPENAPI_H

/* Its text, and a part of its SHA-256 in hexadecimal digits. */
extern const char *const openapi_json;
extern const char openapi_tag[];

#endif
