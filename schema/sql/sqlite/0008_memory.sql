-- 0008_memory.sql - what memory classes keep of a session.

PRAGMA user_version = 8;

-- Made of the messages up to seq.  It goes with the session, and when one of
-- these messages is changed or removed; what has no bytes goes back to its last
-- item before.
CREATE TABLE memory_state (
	id INTEGER PRIMARY KEY,
	session INTEGER NOT NULL,
	class TEXT NOT NULL,
	-- the memory variable
	key TEXT NOT NULL,
	-- 0: the state itself; else what belongs to the message of this seq
	item INTEGER NOT NULL CHECK (item >= 0),
	seq INTEGER NOT NULL CHECK (seq >= 0),
	-- the session's when it was written
	edits INTEGER NOT NULL CHECK (edits >= 0),
	state BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX memory_state_item
	ON memory_state (session, class, key, item);
