-- 0001_sessions.sql - sessions, their histories and their messages.
--
-- Run in one transaction on an empty database.  Times are milliseconds since
-- 1970; texts are UTF-8.  Everything refers to session.id, which is never
-- reused, and nothing to a name.

PRAGMA application_id = 1130909037; -- "ChMm"
PRAGMA user_version = 1;

-- version = last seq + edits.  An append adds messages, every other change
-- adds one to edits and writes last_seq, so that a seq is never given twice.
-- The last seq is the greater of last_seq and the history's newest message.
CREATE TABLE session (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	tenant TEXT NOT NULL,
	name TEXT NOT NULL CHECK (
		length(CAST(name AS BLOB)) BETWEEN 1 AND 255),
	mark TEXT NOT NULL CHECK (length(mark) = 13),
	history INTEGER NOT NULL,
	last_seq INTEGER NOT NULL CHECK (last_seq >= 0),
	edits INTEGER NOT NULL CHECK (edits >= 0),
	-- message_count = last seq - removed
	removed INTEGER NOT NULL CHECK (removed >= 0),
	-- the seqs up to this one belong to a base of the history
	inherited INTEGER NOT NULL CHECK (inherited >= 0),
	-- versions below this one can no longer be shown
	purged INTEGER NOT NULL CHECK (purged >= 0),
	created_at INTEGER NOT NULL,
	-- the last write, true to the minute
	touched_at INTEGER NOT NULL,
	-- NULL: never expires
	ttl_seconds INTEGER CHECK (ttl_seconds > 0),
	-- seconds that a retired message stays readable; NULL: the default
	retain_retired INTEGER CHECK (retain_retired >= 0),
	owner TEXT,
	-- JSON objects, last because they may be long
	memory TEXT NOT NULL,
	metadata TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX session_name ON session (tenant, name);
CREATE INDEX session_touched ON session (tenant, touched_at);

-- A list of messages, shown by its session from from_version until before
-- until_version.  The rows of base up to seq base_upto, as they were at
-- base_version, come before its own, which all have greater seqs.  The ids
-- that the server gives to its own rows are made of mark and seq.
CREATE TABLE history (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	session INTEGER NOT NULL,
	from_version INTEGER NOT NULL CHECK (from_version >= 0),
	until_version INTEGER CHECK (until_version > from_version),
	-- when it was succeeded by another one
	ended_at INTEGER,
	base INTEGER CHECK (base < id),
	base_upto INTEGER CHECK (base_upto > 0),
	base_version INTEGER CHECK (base_version >= base_upto),
	mark TEXT NOT NULL CHECK (length(mark) = 13)
) STRICT;
CREATE UNIQUE INDEX history_session ON history (session, from_version);
CREATE INDEX history_base ON history (base, base_upto, base_version)
	WHERE base IS NOT NULL;

-- Live messages; ids follow the order of commits and are never reused.  form
-- and type are the numbers of enum message_form and enum message_type; born
-- is the version that the row came with.  The body is last because it may be
-- long.
CREATE TABLE message (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	history INTEGER NOT NULL,
	seq INTEGER NOT NULL CHECK (seq > 0),
	born INTEGER NOT NULL CHECK (born >= seq),
	form INTEGER NOT NULL CHECK (form > 0),
	type INTEGER NOT NULL CHECK (type > 0),
	created_at INTEGER NOT NULL,
	updated_at INTEGER,
	type_sent TEXT,
	client_id TEXT CHECK (
		length(CAST(client_id AS BLOB)) BETWEEN 1 AND 128),
	client_created_at TEXT,
	body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX message_seq ON message (history, seq);
CREATE UNIQUE INDEX message_client_id ON message (history, client_id)
	WHERE client_id IS NOT NULL;

-- Messages as they were before an edit or a deletion, with the id that they
-- had: visible at the versions from born until before retired.
CREATE TABLE retired (
	id INTEGER PRIMARY KEY,
	history INTEGER NOT NULL,
	seq INTEGER NOT NULL CHECK (seq > 0),
	born INTEGER NOT NULL CHECK (born >= seq),
	retired INTEGER NOT NULL CHECK (retired > born),
	retired_at INTEGER NOT NULL,
	form INTEGER NOT NULL CHECK (form > 0),
	type INTEGER NOT NULL CHECK (type > 0),
	created_at INTEGER NOT NULL,
	updated_at INTEGER,
	type_sent TEXT,
	client_id TEXT,
	client_created_at TEXT,
	body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX retired_born ON retired (history, seq, born, retired);
CREATE INDEX retired_client_id ON retired (history, client_id)
	WHERE client_id IS NOT NULL;
-- the oldest first, to be purged
CREATE INDEX retired_age ON retired (history, retired_at);

-- One row, written to find out whether the store can be written.
CREATE TABLE probe (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	probed_at INTEGER NOT NULL
) STRICT;
