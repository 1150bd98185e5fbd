-- 0014_checksum_fill.sql - how far the checksums of older rows have come.

PRAGMA user_version = 14;

-- Rows up to this id, live or retired, have theirs, or are damaged.  There is
-- a row only as long as others may lack it: maintenance fills them in.
CREATE TABLE checksum_fill (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	upto INTEGER NOT NULL
) STRICT;
INSERT INTO checksum_fill (id, upto) SELECT 1, 0
	WHERE EXISTS (SELECT 1 FROM message) OR EXISTS (SELECT 1 FROM retired);
