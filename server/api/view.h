/* SPDX-License-Identifier: MIT */
/*
 * view.h - messages of a session, as a reply lists them in the form that the
 * query names.
 */
#ifndef SERVER_API_VIEW_H
#define SERVER_API_VIEW_H

#include "core/history/page.h"
#include "core/history/window.h"
#include "core/store/store.h"
#include "server/api/handlers.h"

/* A view: the window, or the page where that is WINDOW_NONE. */
struct messages_view {
	struct reply_form form;
	struct session session;
	struct window window;
	struct history_figures figures; /* the window's */
	struct history_page page;
};

/*
 * Appends the elements of the array, without its brackets; those of one answer
 * are one, where the form has it so.
 */
int reply_write_view(struct store *store, struct messages_view *view,
	struct text *body, struct error *error);

#endif
