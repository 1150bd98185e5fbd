/* SPDX-License-Identifier: MIT */
/*
 * memory.h - what a memory class is: LangChain's BaseMemory, in C.
 *
 * A class shows a session's history as memory variables.  chatmem's own are
 * core/memory/class_NAME.c, each with a row in core/memory/registry.c; yours
 * is a shared object that chatmem loads with --memory-plugin.  Both know the
 * host by this header only, which stands alone and is installed as
 * <chatmem/memory.h>; chatmem's own also use its text and JSON (schema/).
 * The one exception is class_combined.c: it runs other classes, which is the
 * host's work, and so it includes the host's headers.
 *
 * Every function of a class gets a struct memory: one memory of one session,
 * as it is now, until the function returns.  A class does all that it does
 * through memory->host, and keeps nothing from one run to the next but what
 * it gives to keep().
 *
 * ask(), which takes time, and keep(), which needs the writer, may return
 * MEMORY_AGAIN: return it at once.  The function is run again from its start,
 * over the same messages, and where it asked before it now finds the answer:
 * so a class reads as if it had waited.
 *
 * A class runs in many threads at once and must have no state of its own.  A
 * run that fails, or breaks these rules within the interface, costs its
 * request and nothing else.
 */
#ifndef CORE_MEMORY_MEMORY_H
#define CORE_MEMORY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Changes with every change of this header; others are refused. */
#define MEMORY_INTERFACE 2

/* A plugin exports const struct memory_class chatmem_memory_class. */
#define MEMORY_PLUGIN "chatmem_memory_class"

#ifndef SCHEMA_SLICE
#define SCHEMA_SLICE
/* Borrowed bytes; not terminated.  `data` may be NULL when length is 0. */
struct slice {
	const char *data;
	size_t length;
};
#endif

#define MEMORY_TEXT(literal) ((struct slice){ (literal), sizeof(literal) - 1 })

/* The result of a function that may fail; a negative one is a failure. */
enum memory_result {
	MEMORY_FAILED = -1, /* after refuse() or fail(), or a host's function */
	MEMORY_DONE,
	MEMORY_AGAIN, /* a host's function said so */
};

/* A setting of any kind; all zero if there is none of the name. */
struct memory_setting {
	struct slice text; /* UTF-8; JSON for `options`, empty if not given */
	int64_t number;
	bool flag;
	bool given; /* false: it is the default */
};

/* A message while it is visited. */
struct memory_message {
	int64_t seq;
	const char *type; /* human ai system tool function generic */
	int64_t tokens;	  /* about so many */
	const void *row;  /* the host's */
};

/* Messages to be shown, oldest first; starts as MEMORY_ALL. */
struct memory_range {
	int64_t after;	    /* the seq before the first; 0: from the start */
	int64_t last;	    /* the newest so many; -1: all */
	int64_t max_tokens; /* as a window of the API; -1 */
	struct slice front; /* UTF-8: a system message before them */
	bool bare;	    /* the front is no line, but text of its own */
};
#define MEMORY_ALL ((struct memory_range){ .last = -1, .max_tokens = -1 })

/*
 * A class keeps this of a session, under its memory key.  It is made of the
 * messages up to `seq`.  If one of these is changed or removed it is gone or,
 * where it has no bytes, back at the last item before.
 */
struct memory_state {
	int64_t seq; /* 0: there is none */
	struct slice bytes;
};

enum memory_question {
	MEMORY_COMPLETE = 1, /* a prompt; the answer is UTF-8 */
	MEMORY_EMBED,	     /* a text; the answer is a JSON array of numbers */
};

/* {name} in a template. */
struct memory_value {
	const char *name;
	struct slice value;
};

struct text; /* that grows; the host's */
struct memory_host;

struct memory {
	const struct memory_host *host;
};

/*
 * The host gives pointers that a class borrows until its function returns.
 */
struct memory_host {
	unsigned interface;

	/* --- at any time --- */
	struct memory_setting (*setting)(struct memory *, const char *name);
	/* The input and output values: JSON objects, empty if not given. */
	struct slice (*inputs)(struct memory *);
	struct slice (*outputs)(struct memory *);
	/* The input or output itself, a JSON value, chosen as LangChain does.
	 */
	int (*input)(struct memory *, struct slice *value);
	int (*output)(struct memory *, struct slice *value);
	/* The text of such a value or, if it is an object, of its content. */
	struct slice (*value_text)(struct memory *, struct slice value);
	/* Is there an upstream that answers this? */
	bool (*answers)(struct memory *, enum memory_question question);
	/* printf; ERROR_INVALID is the client's fault, INTERNAL is not. */
	int (*refuse)(struct memory *, const char *format, ...)
		__attribute__((format(printf, 2, 3)));
	int (*fail)(struct memory *, const char *format, ...)
		__attribute__((format(printf, 2, 3)));

	/* --- text --- */
	struct text *(*text)(struct memory *);
	void (*append)(struct text *, struct slice bytes);
	void (*append_json)(struct text *, struct slice utf8); /* a string */
	struct slice (*view)(const struct text *);
	void (*empty)(struct text *); /* to be used again */
	/*
	 * Fills a template as LangChain does: {name}, {{ and }}.  The values
	 * end with a NULL name.
	 */
	int (*fill)(struct memory *, struct text *out, struct slice template,
		const struct memory_value *values);

	/*
	 * --- the history: in load_variables and reflect ---
	 * Where a function visits, that may read and keep nothing meanwhile;
	 * it returns 0 to go on and 1 to stop.
	 */
	int64_t (*last_seq)(struct memory *);
	/* Visits those with after < seq < before (0: no bound), oldest first.
	 */
	int (*each)(struct memory *, int64_t after, int64_t before,
		int (*visit)(
			void *context, const struct memory_message *message),
		void *context);
	/* The lines of these, with line feeds between. */
	int (*lines)(struct memory *, int64_t after, int64_t before,
		struct text *out);
	/* The seq before the newest `count` messages below `before` (or 0). */
	int (*back)(
		struct memory *, int64_t before, int64_t count, int64_t *after);
	/* Of a message: `Human: Hi!`, `Hi!`, {"type":…,"data":…}. */
	void (*line)(struct memory *, const struct memory_message *,
		struct text *out);
	void (*content)(struct memory *, const struct memory_message *,
		struct text *out);
	void (*stored)(struct memory *, const struct memory_message *,
		struct text *out);
	/* The messages that have any of the words, best first. */
	int (*search)(struct memory *, struct slice words, int64_t limit,
		int (*visit)(
			void *context, const struct memory_message *message),
		void *context);

	/* --- memory variables: in load_variables --- */
	/* Begins a variable (in names: it is one).  Its value follows. */
	int (*variable)(struct memory *, struct slice name);
	int (*json)(struct memory *, struct slice json);
	int (*string)(struct memory *, struct slice utf8);
	/* A buffer string or, with return_messages, a list. */
	int (*history)(struct memory *, const struct memory_range *range);

	/* --- what is kept --- */
	int (*state)(struct memory *, struct memory_state *out);
	int (*items)(struct memory *,
		int (*visit)(void *context, int64_t seq, struct slice bytes),
		void *context);
	/* In save_context, clear, reflect and correct. */
	int (*keep)(struct memory *, const struct memory_state *state);
	/* Something of a message; after a keep() of its state. */
	int (*keep_item)(struct memory *, int64_t seq, struct slice bytes);

	/*
	 * In show: what is kept, as members of a JSON object, `"a":1,"b":2`;
	 * how far it reaches is added.
	 */
	int (*show)(struct memory *, struct slice members);
	/*
	 * In correct: the member of this name that a client gives for what is
	 * kept, JSON, and a state that reaches as far as that is to; empty if
	 * it gives nothing for this class.
	 */
	int (*correction)(struct memory *, const char *member,
		struct slice *value, struct memory_state *state);

	/* --- an answer: in load_variables and reflect --- */
	int (*ask)(struct memory *, enum memory_question question,
		struct slice text, struct slice *answer);

	/* --- messages: in save_context --- */
	/* `data` is JSON, as in LangChain's stored form. */
	int (*add)(struct memory *, const char *type, struct slice data);
	/* Input and output, as BaseChatMemory saves them. */
	int (*add_turn)(struct memory *);
};

/* All but `interface`, `name` and `load_variables` may be left out. */
struct memory_class {
	unsigned interface; /* MEMORY_INTERFACE */
	const char *name;
	/* It cannot be chosen without an upstream that answers this. */
	enum memory_question needs;
	/* Its variables depend on messages and settings only. */
	bool pure;
	/* Defaults of its own; 0 and NULL: those of all. */
	int64_t k;
	const char *memory_key;
	/*
	 * The options of its own, with spaces between: of k and max_token_limit
	 * those that are not here are refused.  NULL: none is.
	 */
	const char *options;

	/* May the settings be as they are?  There is no session yet. */
	int (*check)(struct memory *memory);
	/* Calls variable() for each; NULL: there is one, the memory key. */
	int (*names)(struct memory *memory);
	int (*load_variables)(struct memory *memory);
	/* In the write of a turn; NULL: add_turn(). */
	int (*save_context)(struct memory *memory);
	/* When all messages were removed; what was kept is gone already. */
	int (*clear)(struct memory *memory);
	/*
	 * In the background, after messages came and after a load: may ask
	 * and keep, and is run until its state reaches no further.
	 */
	int (*reflect)(struct memory *memory);
	/*
	 * Shows what is kept, by the host's show(); NULL: of a class that
	 * reflects, how far that is.
	 */
	int (*show)(struct memory *memory);
	/*
	 * Keeps what a client gives in place of that, by correction() and
	 * keep(); NULL: it is refused.
	 */
	int (*correct)(struct memory *memory);
};

#endif
