-- 0017_seal.sql - rows of sessions and histories say what they were.

PRAGMA user_version = 17;

-- The sum of a row's other columns: core/store/sqlite/seal.c says which, and
-- sees to it that whatever chatmem changes changes the sum along.  NULL: the row
-- was written before there were any.
ALTER TABLE session ADD COLUMN checksum INTEGER;
-- Of what a client sets, which may be long and is read apart.
ALTER TABLE session ADD COLUMN profile_checksum INTEGER;
ALTER TABLE history ADD COLUMN seal INTEGER;

-- Rows up to these ids have theirs.  There is a row only as long as others may
-- lack it: maintenance fills them in, so that a file of any size is brought up
-- to date at once.
CREATE TABLE seal_fill (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	session INTEGER NOT NULL,
	history INTEGER NOT NULL
) STRICT;
INSERT INTO seal_fill (id, session, history) SELECT 1, 0, 0
	WHERE EXISTS (SELECT 1 FROM session) OR EXISTS (SELECT 1 FROM history);
