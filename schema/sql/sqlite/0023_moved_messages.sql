-- 0023_moved_messages.sql - messages of a session that has gone quiet are moved
-- next to each other, by ids of their own.

PRAGMA user_version = 23;

-- The index of words knows such a row, be it retired since, by its first id,
-- which one has still that was too long to be moved.
CREATE TABLE moved_message (
	id INTEGER PRIMARY KEY,
	indexed_as INTEGER NOT NULL UNIQUE
) STRICT;
-- A row that is retired has its id there before it goes here.
CREATE TRIGGER moved_message_gone AFTER DELETE ON message
	WHEN EXISTS (SELECT 1 FROM moved_message WHERE id = old.id)
	AND NOT EXISTS (SELECT 1 FROM retired WHERE id = old.id)
BEGIN
	DELETE FROM moved_message WHERE id = old.id;
END;
CREATE TRIGGER moved_retired_gone AFTER DELETE ON retired
	WHEN EXISTS (SELECT 1 FROM moved_message WHERE id = old.id)
BEGIN
	DELETE FROM moved_message WHERE id = old.id;
END;

-- One row.  Messages up to this id have been looked at; of the history at hand,
-- if there is one, those behind first, and up to last, are still to be moved.
CREATE TABLE packing (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	upto INTEGER NOT NULL,
	history INTEGER,
	first INTEGER NOT NULL DEFAULT 0,
	last INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO packing (id, upto) VALUES (1, 0);
