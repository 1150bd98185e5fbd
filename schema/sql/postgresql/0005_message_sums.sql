-- 0005_message_sums.sql - the table's twin of SQLite has these, too.
--
-- Checksums of messages stay what servers of before read.

UPDATE schema_version SET version = 5;

ALTER TABLE seal_fill ADD COLUMN message bigint NOT NULL DEFAULT 0;
ALTER TABLE seal_fill ADD COLUMN retired bigint NOT NULL DEFAULT 0;
