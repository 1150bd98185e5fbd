/* SPDX-License-Identifier: MIT */
/*
 * plugin_questions.c - a memory class of one's own: it keeps only questions.
 *
 *	cc -shared -fPIC $(pkg-config --cflags chatmem) \
 *		-o questions.so plugin_questions.c
 *	chatmem --memory-plugin ./questions.so
 */
#include <chatmem/memory.h>

static bool is_question(struct slice text)
{
	return text.length > 0 && text.data[text.length - 1] == '?';
}

/* Of a turn the question is added, if it is one. */
static int save_context(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	struct text *data = host->text(memory);
	struct slice input, said;

	if (host->input(memory, &input))
		return MEMORY_FAILED;
	said = host->value_text(memory, input);
	if (!is_question(said))
		return MEMORY_DONE;
	host->append(data, MEMORY_TEXT("{\"content\":"));
	host->append_json(data, said);
	host->append(data, MEMORY_TEXT("}"));
	return host->add(memory, "human", host->view(data));
}

struct questions {
	struct memory *memory;
	struct text *one;
	struct text *all; /* a JSON array */
};

static int visit(void *context, const struct memory_message *message)
{
	const struct questions *questions = context;
	const struct memory_host *host = questions->memory->host;

	host->empty(questions->one);
	host->content(questions->memory, message, questions->one);
	if (!is_question(host->view(questions->one)))
		return 0;
	if (host->view(questions->all).length > 1)
		host->append(questions->all, MEMORY_TEXT(","));
	host->append_json(questions->all, host->view(questions->one));
	return 0;
}

/* Messages that came by other ways are looked at, too. */
static int load_variables(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	struct questions questions = { memory, host->text(memory),
		host->text(memory) };

	host->append(questions.all, MEMORY_TEXT("["));
	if (host->each(memory, 0, 0, visit, &questions) ||
		host->variable(
			memory, host->setting(memory, "memory_key").text))
		return MEMORY_FAILED;
	host->append(questions.all, MEMORY_TEXT("]"));
	return host->json(memory, host->view(questions.all));
}

const struct memory_class chatmem_memory_class = {
	.interface = MEMORY_INTERFACE,
	.name = "questions",
	.pure = true,
	.memory_key = "questions",
	.load_variables = load_variables,
	.save_context = save_context,
};
