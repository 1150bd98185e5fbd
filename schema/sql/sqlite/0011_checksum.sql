-- 0011_checksum.sql - a message says what its bytes were.

PRAGMA user_version = 11;

-- XXH64 over form, type, sent type, client's time and body, which no copy of
-- the row changes.  NULL: the row was written before there were any.  Nothing
-- is rewritten here, so that a file of any size is brought up to date at once;
-- a row gets its checksum when it is written anew.
ALTER TABLE message ADD COLUMN checksum INTEGER;
ALTER TABLE retired ADD COLUMN checksum INTEGER;
