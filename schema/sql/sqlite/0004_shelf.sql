-- 0004_shelf.sql - the lists of sessions, and their end.

PRAGMA user_version = 4;

CREATE INDEX session_owner ON session (tenant, owner, touched_at)
	WHERE owner IS NOT NULL;
-- The first to expire first; a minute early, as touched_at may be late.
CREATE INDEX session_expiry ON session (touched_at + ttl_seconds * 1000)
	WHERE ttl_seconds IS NOT NULL;

-- Owners whose sessions up to that id are erased: they are found no more,
-- and the chore whose session is this id below zero removes them.
CREATE TABLE disowned (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	tenant TEXT NOT NULL,
	owner TEXT NOT NULL,
	upto INTEGER NOT NULL,
	-- the receipt, for who asks again
	sessions INTEGER NOT NULL,
	messages INTEGER NOT NULL,
	erased_at INTEGER NOT NULL
) STRICT;
CREATE INDEX disowned_owner ON disowned (tenant, owner, upto);

-- The members of a session's metadata that are no arrays and no objects, as
-- text: strings decoded, numbers as they are spelled.  Long ones are left
-- out.  born_at is the session's created_at.
CREATE TABLE tag (
	session INTEGER NOT NULL,
	key TEXT NOT NULL,
	value TEXT NOT NULL,
	tenant TEXT NOT NULL,
	born_at INTEGER NOT NULL,
	PRIMARY KEY (session, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_value ON tag (tenant, key, value, born_at, session);

-- A path spells any key but one with a quotation mark.
INSERT OR IGNORE INTO tag (session, key, value, tenant, born_at)
	SELECT session.id, member.key, CASE
		WHEN member.type = 'null' THEN 'null'
		WHEN member.type IN ('true', 'false') THEN member.type
		WHEN member.type IN ('integer', 'real')
			AND instr(member.key, '"') = 0
			THEN session.metadata -> member.fullkey
		ELSE CAST(member.value AS TEXT) END AS text,
		session.tenant, session.created_at
	FROM session, json_each(session.metadata) AS member
	WHERE member.type NOT IN ('array', 'object')
	AND length(CAST(member.key AS BLOB)) <= 255
	AND length(CAST(text AS BLOB)) <= 1024;
