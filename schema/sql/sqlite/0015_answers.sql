-- 0015_answers.sql - what a model answered, and what is archived.

PRAGMA user_version = 15;

-- 1: a model gave the message here, to a request for it; no client brought it.
-- Nothing is checked here, so that a file of any size is brought up to date at
-- once.
ALTER TABLE message ADD COLUMN answer INTEGER NOT NULL DEFAULT 0;
ALTER TABLE retired ADD COLUMN answer INTEGER NOT NULL DEFAULT 0;

-- 1: kept until the session is erased, whatever its retain_retired says.
ALTER TABLE retired ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
