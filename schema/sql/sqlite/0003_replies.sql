-- 0003_replies.sql - replies that are given again when a request is repeated.

PRAGMA user_version = 3;

-- Newest last; a row is written with the change that it answers, is valid for
-- a day and goes with its session.
CREATE TABLE reply (
	id INTEGER PRIMARY KEY,
	tenant TEXT NOT NULL,
	-- the session that it tells of; 0: none
	session INTEGER NOT NULL,
	-- the client's; NULL: found by the session, the newest of it only
	key BLOB CHECK (length(key) BETWEEN 1 AND 255),
	-- of the request: SHA-256
	digest BLOB NOT NULL CHECK (length(digest) = 32),
	kept_at INTEGER NOT NULL,
	status INTEGER NOT NULL,
	etag TEXT NOT NULL,
	location TEXT NOT NULL,
	body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX reply_key ON reply (tenant, key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX reply_newest ON reply (session) WHERE key IS NULL;
CREATE INDEX reply_session ON reply (session);
