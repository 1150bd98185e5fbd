-- 0019_message_sums.sql - checksums say whose a message is, and when it came.

PRAGMA user_version = 19;

-- Those of older rows say what its bytes are, and hold as they are; maintenance
-- writes them anew.
ALTER TABLE seal_fill ADD COLUMN message INTEGER NOT NULL DEFAULT 0;
ALTER TABLE seal_fill ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;
INSERT OR IGNORE INTO seal_fill (id, session, history) SELECT 1, 0, 0
	WHERE EXISTS (SELECT 1 FROM message) OR EXISTS (SELECT 1 FROM retired);
