/* SPDX-License-Identifier: MIT */
/*
 * from_line.h - what the formats of from.h share: the line that they write,
 * and the branch of a tree that was shown.
 */
#ifndef CORE_TRANSFER_FROM_LINE_H
#define CORE_TRANSFER_FROM_LINE_H

#include "core/transfer/from.h"

/* A line while it is written. */
struct from_line {
	struct text *out;
	const struct from_format *format;
	const struct from_place *place;
	struct error *error;
};

struct from_format {
	const char *name;
	/* Must: is it such a conversation?  For "auto". */
	bool (*recognise)(struct slice conversation);
	/* Must: begins the line, writes the messages and ends it. */
	int (*write)(struct from_line *line, struct slice conversation);
};

/*
 * Begins the line of the conversation with this id and title, JSON values, or
 * empty where there is none.
 */
int from_begin(struct from_line *line, struct slice id, struct slice title);
/* The same with metadata: the members of an object, without braces. */
int from_begin_with(
	struct from_line *line, struct slice id, struct slice metadata);
int from_end(struct from_line *line);

/* A message; all slices are JSON values, and empty where there is none. */
struct from_message {
	const char *path;      /* of it in the conversation, for refusals */
	const char *time_name; /* the member that `time` was in */
	struct slice role;
	struct slice content;
	struct slice id;   /* left out if it is none that a client may give */
	struct slice time; /* seconds since 1970, or RFC 3339 */
	/* More members of its data, without braces. */
	struct slice more;
	bool call_result; /* `more` has the tool_call_id */
};

/* Appends it.  Roles that are nobody's are those of generic messages. */
int from_put(struct from_line *line, const struct from_message *message);

/* Says that a member is missing, or what it must be; -1. */
int from_refuse(struct from_line *line, const char *path, const char *member,
	const char *wanted, struct slice value);

/* The member of this kind; or says that it must be of it. */
int from_need_string(struct from_line *line, const char *path,
	struct slice object, const char *member, struct slice *value);
int from_need_array(struct from_line *line, const char *path,
	struct slice object, const char *member, struct slice *value);
int from_need_object(struct from_line *line, const char *path,
	struct slice object, const char *member, struct slice *value);

/* The path of a message: NAME[12], NAME.ID and what follows. */
#define FROM_PATH_MAX 128
void from_path(char path[FROM_PATH_MAX], const char *name, size_t index);
void from_member_path(char path[FROM_PATH_MAX], const char *name,
	struct slice id, const char *rest);

/* --- trees ------------------------------------------------------------ */

struct from_node {
	struct slice id; /* a JSON string */
	struct slice value;
};

/* Starts as {0}. */
struct from_tree {
	struct from_node *nodes; /* sorted by their ids */
	size_t count;
	struct slice *branch; /* the values from the root to a tip */
	size_t length;
};

/* The members of an object, or the objects of an array by their `id`. */
int from_tree_read(struct from_tree *tree, struct from_line *line,
	struct slice container, const char *id);
/*
 * Finds the branch that ends in the node `tip`; each names its parent in the
 * member `parent`.  `path` is that of the nodes.
 */
int from_tree_follow(struct from_tree *tree, struct from_line *line,
	struct slice tip, const char *parent, const char *path);
void from_tree_clear(struct from_tree *tree);

#endif
