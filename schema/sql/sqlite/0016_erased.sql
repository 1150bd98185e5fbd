-- 0016_erased.sql - a journal of erasures, for a restore from a backup that
-- was made before them.

PRAGMA user_version = 16;

-- Half a SHA-256 of the mark that an erased session had, which was random:
-- nothing of its name or its owner can be told from it, but a backup that has
-- the session is told that it is no more.  The newest million is kept.  A
-- restore writes this table into older files too.
CREATE TABLE IF NOT EXISTS erased (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 16),
	erased_at INTEGER NOT NULL,
	-- to be done again in a file that was just restored
	again INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1))
) STRICT;
