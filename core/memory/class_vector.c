/* SPDX-License-Identifier: MIT */
/*
 * class_vector.c - LangChain's VectorStoreRetrieverMemory: the turns that
 * have most to do with what is said now.
 *
 * LangChain keeps a document of its own for each turn that it saves.  Here a
 * document is what stands in the history, so that an edit changes it and
 * nothing is stored twice; beside it is kept where its meaning points to, its
 * embedding.  Where nobody embeds, the turns are found by their words.  A
 * turn that was saved just now is found too: a load sees to those that the
 * background has not come to yet.
 */
#include "core/memory/embedding.h"
#include "core/memory/memory.h"
#include "schema/json/write.h"
#include "schema/text.h"

#define BATCH 16 /* documents that are embedded before they are kept */

struct vector_document { /* a turn */
	int64_t after;	 /* the seq before its first message */
	int64_t last;
	double closeness;
};

/* Documents, one after the other in a growing text. */
struct vector_documents {
	struct memory *memory;
	struct text *text;
	struct vector_document open; /* not whole yet; last 0: none */
	bool asks;		     /* its newest message is a human one */
	int64_t limit;
};

static struct vector_document *vector_document_at(
	const struct vector_documents *documents, size_t i)
{
	return (struct vector_document *)(void *)documents->text->data + i;
}

static size_t vector_document_count(const struct vector_documents *documents)
{
	return documents->text->length / sizeof(struct vector_document);
}

static void vector_add_document(struct vector_documents *documents,
	const struct vector_document *document)
{
	text_append(documents->text, (const char *)document, sizeof(*document));
}

/* --- the turns of a history ---------------------------------------------- */

static int vector_visit_turn(
	void *context, const struct memory_message *message)
{
	struct vector_documents *documents = context;
	struct vector_document *open = &documents->open;

	documents->asks = message->type[0] == 'h';
	if (documents->asks && open->last > 0) {
		vector_add_document(documents, open);
		*open = (struct vector_document){ .after = open->last };
		if ((int64_t)vector_document_count(documents) ==
			documents->limit)
			return 1;
	}
	open->last = message->seq;
	return 0;
}

/* The turns after a seq; with `whole` a question waits for its answer. */
static int vector_list_turns(struct memory *memory, int64_t after, bool whole,
	struct vector_documents *documents)
{
	documents->open.after = after;
	if (memory->host->each(memory, after, 0, vector_visit_turn, documents))
		return MEMORY_FAILED;
	if ((int64_t)vector_document_count(documents) < documents->limit &&
		documents->open.last > 0 && !(whole && documents->asks))
		vector_add_document(documents, &documents->open);
	return MEMORY_DONE;
}

struct vector_writing {
	struct memory *memory;
	struct text *out;
	struct slice input;
	struct slice output;
	size_t begun;
};

static int vector_write_line(
	void *context, const struct memory_message *message)
{
	struct vector_writing *writing = context;
	const struct memory_host *host = writing->memory->host;
	const char type = message->type[0];

	if (type != 'h' && type != 'a')
		return 0;
	if (writing->out->length > writing->begun)
		text_append(writing->out, "\n", 1);
	text_slice(
		writing->out, type == 'h' ? writing->input : writing->output);
	text_append(writing->out, ": ", 2);
	host->content(writing->memory, message, writing->out);
	return 0;
}

/* `input: …` and `output: …`, under the names that the session has. */
static int vector_write_document(struct memory *memory,
	const struct vector_document *document, struct text *out)
{
	const struct memory_host *host = memory->host;
	const struct memory_setting input = host->setting(memory, "input_key");
	const struct memory_setting output =
		host->setting(memory, "output_key");
	struct vector_writing writing = { memory, out,
		input.given ? input.text : SLICE("input"),
		output.given ? output.text : SLICE("output"), out->length };

	return host->each(memory, document->after, document->last + 1,
		vector_write_line, &writing);
}

/* --- embeddings ---------------------------------------------------------- */

static int vector_embed(
	struct memory *memory, struct slice text, struct text *vector)
{
	struct slice answer;
	int result = memory->host->ask(memory, MEMORY_EMBED, text, &answer);

	if (result == MEMORY_DONE)
		embedding_read(vector, answer);
	return result;
}

static int vector_reflect(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	struct vector_documents documents = { .text = host->text(memory),
		.limit = BATCH };
	struct text *vectors[BATCH];
	struct memory_state state;
	size_t count;
	int result = MEMORY_DONE;

	if (!host->answers(memory, MEMORY_EMBED))
		return MEMORY_DONE;
	if (host->state(memory, &state) ||
		vector_list_turns(memory, state.seq, true, &documents))
		return MEMORY_FAILED;
	count = vector_document_count(&documents);
	for (size_t i = 0; i < count && result == MEMORY_DONE; i++) {
		struct text *text = host->text(memory);

		vectors[i] = host->text(memory);
		if (vector_write_document(
			    memory, vector_document_at(&documents, i), text))
			return MEMORY_FAILED;
		result = vector_embed(memory, text_view(text), vectors[i]);
	}
	if (result != MEMORY_DONE || count == 0)
		return result;
	state.seq = vector_document_at(&documents, count - 1)->last;
	result = host->keep(memory, &state);
	for (size_t i = 0; i < count && result == MEMORY_DONE; i++)
		result = host->keep_item(memory,
			vector_document_at(&documents, i)->last,
			text_view(vectors[i]));
	return result;
}

/* --- what is nearest ----------------------------------------------------- */

/* Keeps the nearest, of equals the first. */
static void vector_insert(struct vector_documents *documents,
	const struct vector_document *document)
{
	size_t at = vector_document_count(documents);

	if (documents->limit == 0 || document->closeness < -1.5)
		return;
	if ((int64_t)at < documents->limit)
		vector_add_document(documents, document);
	else if (document->closeness <=
		 vector_document_at(documents, at - 1)->closeness)
		return;
	else
		at--;
	if (documents->text->failed)
		return;
	for (; at > 0 && vector_document_at(documents, at - 1)->closeness <
				 document->closeness;
		at--)
		*vector_document_at(documents, at) =
			*vector_document_at(documents, at - 1);
	*vector_document_at(documents, at) = *document;
}

struct vector_nearest {
	struct vector_documents *documents;
	struct slice vector;
	int64_t after;
};

static int vector_visit_item(void *context, int64_t seq, struct slice bytes)
{
	struct vector_nearest *nearest = context;
	const struct vector_document document = {
		.after = nearest->after,
		.last = seq,
		.closeness = embedding_closeness(nearest->vector, bytes),
	};

	nearest->after = seq;
	vector_insert(nearest->documents, &document);
	return 0;
}

/* The newest turns that nothing is kept of yet are embedded for this load. */
static int vector_find_newest(
	struct memory *memory, int64_t after, struct vector_nearest *nearest)
{
	struct vector_documents turns = { .text = memory->host->text(memory),
		.limit = INT64_MAX };
	int result = vector_list_turns(memory, after, true, &turns);
	const size_t count = vector_document_count(&turns);

	for (size_t i = count > BATCH ? count - BATCH : 0;
		i < count && result == MEMORY_DONE; i++) {
		const struct vector_document *turn =
			vector_document_at(&turns, i);
		struct text *text = memory->host->text(memory);
		struct text *vector = memory->host->text(memory);

		if (vector_write_document(memory, turn, text))
			return MEMORY_FAILED;
		result = vector_embed(memory, text_view(text), vector);
		nearest->after = turn->after;
		if (result == MEMORY_DONE)
			vector_visit_item(
				nearest, turn->last, text_view(vector));
	}
	return result;
}

static int vector_find_near(struct memory *memory, struct slice said,
	struct vector_documents *found)
{
	const struct memory_host *host = memory->host;
	struct text *vector = host->text(memory);
	struct vector_nearest nearest = { .documents = found };
	struct memory_state state;
	int result;

	if (host->state(memory, &state))
		return MEMORY_FAILED;
	result = vector_embed(memory, said, vector);
	if (result != MEMORY_DONE)
		return result;
	nearest.vector = text_view(vector);
	if (host->items(memory, vector_visit_item, &nearest))
		return MEMORY_FAILED;
	return vector_find_newest(memory, state.seq, &nearest);
}

/* --- or has the words ---------------------------------------------------- */

struct vector_hits {
	const struct vector_documents *turns;
	struct vector_documents *found;
};

static int vector_visit_hit(void *context, const struct memory_message *message)
{
	const struct vector_hits *hits = context;
	size_t low = 0, high = vector_document_count(hits->turns);

	while (high - low > 1) {
		const size_t middle = (low + high) / 2;

		if (vector_document_at(hits->turns, middle)->after <
			message->seq)
			low = middle;
		else
			high = middle;
	}
	for (size_t i = 0; i < vector_document_count(hits->found); i++)
		if (vector_document_at(hits->found, i)->last ==
			vector_document_at(hits->turns, low)->last)
			return 0;
	if ((int64_t)vector_document_count(hits->found) < hits->found->limit)
		vector_add_document(
			hits->found, vector_document_at(hits->turns, low));
	return 0;
}

static int vector_find_words(struct memory *memory, struct slice said,
	struct vector_documents *found)
{
	struct vector_documents turns = { .text = memory->host->text(memory),
		.limit = INT64_MAX };
	struct vector_hits hits = { &turns, found };

	if (vector_list_turns(memory, 0, false, &turns))
		return MEMORY_FAILED;
	return vector_document_count(&turns) == 0
		       ? MEMORY_DONE
		       : memory->host->search(memory, said,
				 found->limit < 100 ? 8 * found->limit : 1000,
				 vector_visit_hit, &hits);
}

static int vector_check(struct memory *memory)
{
	return memory->host->answers(memory, MEMORY_EMBED)
		       ? MEMORY_DONE
		       : memory->host->search(memory, SLICE(""), 0, NULL, NULL);
}

/* --- what is shown ------------------------------------------------------- */

static int vector_write_doc(struct memory *memory,
	const struct vector_document *document, struct text *out)
{
	const struct memory_host *host = memory->host;
	const struct slice metadata = host->setting(memory, "metadata").text;
	struct text *content = host->text(memory);

	if (vector_write_document(memory, document, content))
		return MEMORY_FAILED;
	json_begin_object(out);
	json_member_string(out, "pageContent", text_view(content));
	json_member(
		out, "metadata", metadata.length > 0 ? metadata : SLICE("{}"));
	json_end_object(out);
	return MEMORY_DONE;
}

static int vector_show(
	struct memory *memory, const struct vector_documents *found)
{
	const struct memory_host *host = memory->host;
	const bool docs = host->setting(memory, "return_docs").flag;
	struct text *out = host->text(memory);

	if (docs)
		json_begin_array(out);
	for (size_t i = 0; i < vector_document_count(found); i++) {
		if (i > 0 && !docs)
			text_string(out, "\n\n");
		if ((docs ? vector_write_doc : vector_write_document)(
			    memory, vector_document_at(found, i), out))
			return MEMORY_FAILED;
	}
	if (docs)
		json_end_array(out);
	return (docs ? host->json : host->string)(memory, text_view(out));
}

static int vector_load_variables(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	struct vector_documents found = { .text = host->text(memory),
		.limit = host->setting(memory, "k").number };
	struct slice value, said;
	int result;

	if (host->input(memory, &value))
		return MEMORY_FAILED;
	said = host->value_text(memory, value);
	result = (host->answers(memory, MEMORY_EMBED)
			  ? vector_find_near
			  : vector_find_words)(memory, said, &found);
	if (result != MEMORY_DONE)
		return result;
	if (host->variable(memory, host->setting(memory, "memory_key").text))
		return MEMORY_FAILED;
	return vector_show(memory, &found);
}

const struct memory_class memory_vector = {
	.interface = MEMORY_INTERFACE,
	.name = "vector",
	.options = "k",
	.k = 4,
	.memory_key = "memory",
	.check = vector_check,
	.load_variables = vector_load_variables,
	.reflect = vector_reflect,
};
