-- 0006_search.sql - the words of messages, to search by.

PRAGMA user_version = 6;

-- A history's tenant stays known when its session is erased and forks go on.
ALTER TABLE history ADD COLUMN tenant TEXT NOT NULL DEFAULT '';
UPDATE history SET tenant = coalesce(
	(SELECT tenant FROM session WHERE session.id = history.session),
	(WITH RECURSIVE above (id, session) AS (
		SELECT history.id, history.session
		UNION ALL SELECT fork.id, fork.session
		FROM above JOIN history AS fork ON fork.base = above.id)
	SELECT tenant FROM above JOIN session ON session.id = above.session
	LIMIT 1), '');

-- Keeps no text, only where each word is; rows have the ids of messages, be
-- they live or retired.  place: "h" and the history, "t" and the tenant in
-- hexadecimal, so that one of these is a word like any other.
CREATE VIRTUAL TABLE words USING fts5(text, place, content = '',
	tokenize = 'unicode61 remove_diacritics 2');

-- One row.  Messages up to this id are in it, live or retired.  stale: since
-- when it may have words of what was deleted, which only a merge of all of it
-- removes; 0: it has none; below zero while that goes on.
CREATE TABLE search (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	upto INTEGER NOT NULL,
	stale INTEGER NOT NULL
) STRICT;
INSERT INTO search (id, upto, stale) VALUES (1, 0, 0);
