-- 0002_chores.sql - work that grows with a history, done in small steps.

PRAGMA user_version = 2;

-- To go through the histories of a session, the newest first, and delete the
-- rows that nothing can show any more.  The session may be there (then these
-- are retired rows and ended histories, past retain_retired) or not (all rows
-- that no fork begins with).
CREATE TABLE chore (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	session INTEGER NOT NULL UNIQUE,
	-- 0: an erasure, before all others
	due_at INTEGER NOT NULL,
	-- to be gone through once more when it is done
	again INTEGER NOT NULL DEFAULT 0,
	-- the session's histories from this from_version on are done
	top INTEGER,
	-- the history at hand: one of these, or one that such a one began with
	history INTEGER,
	-- first its live rows (0: seq), then its retired ones (1: their
	-- retired_at and id): up to here they are done
	phase INTEGER NOT NULL DEFAULT 0,
	at INTEGER NOT NULL DEFAULT 0,
	at_id INTEGER NOT NULL DEFAULT 0,
	-- of an erasure: the receipt, for who asks again
	tenant TEXT,
	name TEXT,
	deleted INTEGER,
	erased_at INTEGER
) STRICT;
CREATE INDEX chore_due ON chore (due_at, id);
CREATE INDEX chore_name ON chore (tenant, name) WHERE name IS NOT NULL;
