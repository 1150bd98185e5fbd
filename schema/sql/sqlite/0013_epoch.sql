-- 0013_epoch.sql - a file that was restored from a backup is in a new epoch.

PRAGMA user_version = 13;

-- A row for each restore, in their order from 1 on.  The mark that clients see
-- of a session is its own, moved by that of the newest row: no ETag and no
-- event's id is one of those that the lost file gave.  A restore writes this
-- table into older files too.
CREATE TABLE IF NOT EXISTS epoch (
	id INTEGER PRIMARY KEY,
	mark TEXT NOT NULL CHECK (length(mark) = 13)
) STRICT;

-- The epoch in which the session's history was made, whose ids begin with its
-- mark as it was seen then.  NULL: before any restore.
ALTER TABLE session ADD COLUMN epoch INTEGER;
