-- 0018_kept.sql - kept replies and what classes keep say what they were.

PRAGMA user_version = 18;

-- Sums of what is given out of a row and of whose it is.  NULL: the row was
-- written before there were any; replies are gone after a day, and what classes
-- keep is made anew by and by.
ALTER TABLE idempotency_record ADD COLUMN checksum INTEGER;
ALTER TABLE memory_state ADD COLUMN checksum INTEGER;
ALTER TABLE memory_item ADD COLUMN checksum INTEGER;
