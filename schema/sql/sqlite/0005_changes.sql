-- 0005_changes.sql - what happened after a version, found in its order.

PRAGMA user_version = 5;

-- New messages are found by their seqs.
CREATE INDEX message_edited ON message (history, born)
	WHERE updated_at IS NOT NULL;
CREATE INDEX retired_edited ON retired (history, born);
CREATE INDEX retired_removed ON retired (history, retired, seq);
