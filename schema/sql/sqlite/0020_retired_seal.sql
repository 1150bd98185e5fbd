-- 0020_retired_seal.sql - more rows say what they were.

PRAGMA user_version = 20;

-- The checksum of a retired row, with the version and the time that it was
-- retired at and whether it is archived: core/store/pieces.h says how.  NULL:
-- the row was written before there were any.
ALTER TABLE retired ADD COLUMN seal INTEGER;
-- Sums as those of 0017_seal.sql, of id and mark, and of id, tenant, owner and
-- time.  An erasure's row is gone after it, and what a damaged count of it says
-- is told, but nothing is done by it.
ALTER TABLE epoch ADD COLUMN seal INTEGER;
ALTER TABLE owner_erasure ADD COLUMN seal INTEGER;

-- Rows of `erased` have none: a digest that is not what was written is that of
-- no session, and `again` is set and read by one restore.  Neither has the
-- column `edits` of memory_state, which nothing goes by.

ALTER TABLE seal_fill ADD COLUMN retired_seal INTEGER NOT NULL DEFAULT 0;
-- All else has what it needs, where it is not on its way.
INSERT OR IGNORE INTO seal_fill (id, session, history, message, retired)
	SELECT 1, last, last, last, last
	FROM (SELECT 9223372036854775807 AS last)
	WHERE EXISTS (SELECT 1 FROM retired);
