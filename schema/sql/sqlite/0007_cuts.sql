-- 0007_cuts.sql - histories that begin with a part of another one.

PRAGMA user_version = 7;

-- Of what it begins with, only the seqs above this one belong to it.
ALTER TABLE history ADD COLUMN base_after INTEGER NOT NULL DEFAULT 0
	CHECK (base_after >= 0);
-- The seqs that its successor did not take over; NULL: none of them.
ALTER TABLE history ADD COLUMN cut_first INTEGER;
ALTER TABLE history ADD COLUMN cut_last INTEGER;
