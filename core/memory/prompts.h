/* SPDX-License-Identifier: MIT */
/*
 * prompts.h - LangChain's prompts, of which sessions may have others.
 */
#ifndef CORE_MEMORY_PROMPTS_H
#define CORE_MEMORY_PROMPTS_H

extern const char memory_summary_prompt[];	 /* SUMMARY_PROMPT */
extern const char memory_extraction_prompt[];	 /* ENTITY_EXTRACTION_PROMPT */
extern const char memory_summarization_prompt[]; /* ENTITY_SUMMARIZATION_… */

#endif
