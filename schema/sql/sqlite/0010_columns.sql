-- 0010_columns.sql - what a number below zero, a 0 or a 1 said in the column
-- of something else has a column of its own.

PRAGMA user_version = 10;

-- Owners whose sessions are erased: those of an older generation are found no
-- more, and maintenance removes them.
CREATE TABLE owner_erasure (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	tenant TEXT NOT NULL,
	owner TEXT NOT NULL,
	-- the receipt, for who asks again
	sessions INTEGER NOT NULL,
	messages INTEGER NOT NULL,
	erased_at INTEGER NOT NULL
) STRICT;
CREATE INDEX owner_erasure_owner ON owner_erasure (tenant, owner, id);
INSERT INTO owner_erasure (id, tenant, owner, sessions, messages, erased_at)
	SELECT id, tenant, owner, sessions, messages, erased_at FROM disowned;
-- its ids go on where those of the older table were
INSERT INTO sqlite_sequence (name, seq)
	SELECT 'owner_erasure', seq FROM sqlite_sequence
	WHERE name = 'disowned' AND NOT EXISTS (
		SELECT 1 FROM sqlite_sequence WHERE name = 'owner_erasure');
UPDATE sqlite_sequence SET seq = (
	SELECT seq FROM sqlite_sequence WHERE name = 'disowned')
	WHERE name = 'owner_erasure';

-- The newest erasure of its owner that was under way when the session was
-- given to it: an erasure that began later takes it along.  0: none was.
ALTER TABLE session ADD COLUMN generation INTEGER NOT NULL DEFAULT 0
	CHECK (generation >= 0);
UPDATE session SET generation = erasure.newest FROM (
	SELECT tenant, owner, max(id) AS newest, max(upto) AS upto
	FROM disowned GROUP BY tenant, owner) AS erasure
	WHERE session.tenant = erasure.tenant
	AND session.owner = erasure.owner AND session.id > erasure.upto;

-- Work that grows with a history, done in small steps: to go through the
-- histories of a session, the newest first, and delete the rows that nothing
-- can show any more; or to erase the sessions of an owner, one by one.  The
-- session may be there (then these are retired rows and ended histories, past
-- retain_retired) or not (all rows that no fork begins with).
CREATE TABLE maintenance (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	session INTEGER UNIQUE,
	owner_erasure INTEGER UNIQUE,
	-- The lowest is done first: 1, a part of an owner's erasure; 2, an
	-- erasure; 3, an erasure of which only words of the index are left;
	-- 4, what is due at its time.
	stage INTEGER NOT NULL CHECK (stage BETWEEN 1 AND 4),
	due_at INTEGER NOT NULL,
	-- to be gone through once more when it is done
	again INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1)),
	-- the session's histories from this from_version on are done
	top INTEGER,
	-- the history at hand: one of these, or one that such a one began with
	history INTEGER,
	-- first its live rows (0: seq), then its retired ones (1: their
	-- retired_at and id): up to here they are done
	phase INTEGER NOT NULL DEFAULT 0,
	at INTEGER NOT NULL DEFAULT 0,
	at_id INTEGER NOT NULL DEFAULT 0,
	-- of a session's erasure: the receipt, for who asks again
	tenant TEXT,
	name TEXT,
	deleted INTEGER,
	erased_at INTEGER,
	CHECK ((session IS NULL) <> (owner_erasure IS NULL))
) STRICT;
INSERT INTO maintenance (id, session, owner_erasure, stage, due_at, again, top,
	history, phase, at, at_id, tenant, name, deleted, erased_at)
	SELECT id, iif(session > 0, session, NULL),
		iif(session < 0, -session, NULL),
		CASE due_at WHEN -1 THEN 1 WHEN 0 THEN 2 WHEN 1 THEN 3
			ELSE 4 END,
		iif(due_at > 1, due_at, coalesce(erased_at, 0)), again,
		nullif(top, 9223372036854775807), nullif(history, 0), phase,
		at, at_id, tenant, name, deleted, erased_at
	FROM chore;
UPDATE sqlite_sequence SET seq = (
	SELECT seq FROM sqlite_sequence WHERE name = 'chore')
	WHERE name = 'maintenance';
CREATE INDEX maintenance_due ON maintenance (stage, due_at, id);
CREATE INDEX maintenance_name ON maintenance (tenant, name)
	WHERE name IS NOT NULL;
DROP TABLE chore;
DROP TABLE disowned;

-- Newest last; a row is written with the change that it answers, is valid for
-- a day and goes with its session.
CREATE TABLE idempotency_record (
	id INTEGER PRIMARY KEY,
	tenant TEXT NOT NULL,
	-- the session that it tells of; NULL: none
	session INTEGER,
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
INSERT INTO idempotency_record (id, tenant, session, key, digest, kept_at,
	status, etag, location, body)
	SELECT id, tenant, nullif(session, 0), key, digest, kept_at, status,
		etag, location, body
	FROM reply ORDER BY id;
DROP TABLE reply;
CREATE UNIQUE INDEX idempotency_record_key
	ON idempotency_record (tenant, key) WHERE key IS NOT NULL;
CREATE UNIQUE INDEX idempotency_record_newest
	ON idempotency_record (session) WHERE key IS NULL;
CREATE INDEX idempotency_record_session ON idempotency_record (session)
	WHERE session IS NOT NULL;
ALTER TABLE reply_count RENAME TO idempotency_count;

-- What a memory class keeps of a message, or of those that end with it; it
-- goes with the state of the same class and key.
CREATE TABLE memory_item (
	id INTEGER PRIMARY KEY,
	session INTEGER NOT NULL,
	class TEXT NOT NULL,
	key TEXT NOT NULL,
	seq INTEGER NOT NULL CHECK (seq > 0),
	item BLOB NOT NULL
) STRICT;
INSERT INTO memory_item (session, class, key, seq, item)
	SELECT session, class, key, item, state FROM memory_state
	WHERE item > 0 ORDER BY id;
CREATE UNIQUE INDEX memory_item_seq
	ON memory_item (session, class, key, seq);
DELETE FROM memory_state WHERE item > 0;
DROP INDEX memory_state_item;
ALTER TABLE memory_state DROP COLUMN item;
CREATE UNIQUE INDEX memory_state_key ON memory_state (session, class, key);

-- One row.  Messages up to this id are in the index, live or retired.
CREATE TABLE search_state (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	upto INTEGER NOT NULL,
	-- since when it may have words of what was deleted, which only a merge
	-- of all of it removes; NULL: it has none
	stale_at INTEGER,
	-- that merge is going on
	merging INTEGER NOT NULL CHECK (merging IN (0, 1)
		AND (merging = 0 OR stale_at IS NOT NULL))
) STRICT;
INSERT INTO search_state (id, upto, stale_at, merging)
	SELECT id, upto, nullif(abs(stale), 0), stale < 0 FROM search;
DROP TABLE search;

-- Copying nothing leaves rows here that every insert of a message would go past
-- in a new file: SQLite looks for the name of a table from the first row on.
DELETE FROM sqlite_sequence WHERE seq IS NULL;
