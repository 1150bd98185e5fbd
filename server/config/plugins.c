/* SPDX-License-Identifier: MIT */
/*
 * plugins.c - memory classes from shared objects.
 *
 * A plugin calls chatmem through the table of functions that each call gives
 * it, never by name: so nothing of the program is exported, a plugin that was
 * made for another interface is refused before any of it has run, and only one
 * symbol has to be found.
 */
#include "server/config/plugins.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "core/memory/registry.h"
#include "schema/error.h"

#define NAME_MOST 64
#define FILE_MOST 4096

static int plugins_refuse(
	const char *file, const char *reason, struct error *error)
{
	return error_set(
		error, ERROR_INVALID, "--memory-plugin %s: %s", file, reason);
}

/* Checks the interface first: no other member is known to be where it is. */
static int plugins_check(const char *file, const struct memory_class *class,
	const struct memories *memories, struct error *error)
{
	if (class->interface != MEMORY_INTERFACE)
		return error_set(error, ERROR_INVALID,
			"--memory-plugin %s: it has version %u of the "
			"interface, and this is version %u",
			file, class->interface, MEMORY_INTERFACE);
	if (class->name == NULL || class->name[0] == '\0' ||
		strlen(class->name) > NAME_MOST ||
		!slice_is_utf8(slice_of(class->name)))
		return plugins_refuse(file, "its class has no name", error);
	if (class->load_variables == NULL)
		return plugins_refuse(
			file, "its class loads no variables", error);
	if (memory_class_named(memories, slice_of(class->name)) != NULL)
		return error_set(error, ERROR_INVALID,
			"--memory-plugin %s: there is a class \"%s\" already",
			file, class->name);
	return 0;
}

/* Says why dlopen() failed, without the name that it puts in front. */
static int plugins_refuse_file(const char *file, struct error *error)
{
	const char *reason = dlerror();
	const char *name = strstr(reason, file);

	if (name != NULL && strncmp(name + strlen(file), ": ", 2) == 0)
		reason = name + strlen(file) + 2;
	return plugins_refuse(file, reason, error);
}

/* A name without a slash would be looked for where libraries are. */
static void *plugins_open_file(const char file[FILE_MOST])
{
	char here[FILE_MOST + 2];

	if (strchr(file, '/') != NULL)
		return dlopen(file, RTLD_NOW | RTLD_LOCAL);
	snprintf(here, sizeof(here), "./%s", file);
	return dlopen(here, RTLD_NOW | RTLD_LOCAL);
}

static int plugins_open_plugin(struct plugins *plugins, const char *file,
	struct memories *memories, struct error *error)
{
	const struct memory_class *class;
	void *handle;

	if (plugins->count == PLUGINS_MAX)
		return plugins_refuse(file, "there are too many", error);
	handle = plugins_open_file(file);
	if (handle == NULL)
		return plugins_refuse_file(file, error);
	plugins->handles[plugins->count] = handle;
	class = dlsym(handle, MEMORY_PLUGIN);
	if (class == NULL ? plugins_refuse(
				    file, "it has no " MEMORY_PLUGIN, error)
			  : plugins_check(file, class, memories, error)) {
		dlclose(handle);
		return -1;
	}
	plugins->classes[plugins->count++] = class;
	memories->plugins = plugins->classes;
	memories->count = plugins->count;
	return 0;
}

int plugins_open(struct plugins *plugins, const char *files,
	struct memories *memories, struct error *error)
{
	char file[FILE_MOST];

	while (files != NULL && *files != '\0') {
		const size_t length = strcspn(files, ",");

		if (length >= sizeof(file))
			return plugins_refuse(
				"", "the name is too long", error);
		memcpy(file, files, length);
		file[length] = '\0';
		if (plugins_open_plugin(plugins, file, memories, error))
			return -1;
		files += length + (files[length] == ',');
	}
	return 0;
}

void plugins_close(struct plugins *plugins)
{
	while (plugins->count > 0)
		dlclose(plugins->handles[--plugins->count]);
}
