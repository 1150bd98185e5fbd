-- 0002_appended_at.sql - a session says when its newest message came, and the
-- messages are one table again.
--
-- Servers of before go on beside it, but wait while the messages are copied.
-- To plan a statement took longer than to run it: each partition was looked at
-- for it.

LOCK TABLE session, message IN ACCESS EXCLUSIVE MODE;

CREATE TABLE message_whole (
	LIKE message INCLUDING DEFAULTS INCLUDING CONSTRAINTS
);
INSERT INTO message_whole SELECT * FROM message ORDER BY history, seq;
DROP TABLE message;
ALTER TABLE message_whole RENAME TO message;
ALTER TABLE message ADD PRIMARY KEY (history, seq);
CREATE UNIQUE INDEX message_client_id ON message (history, client_id)
	WHERE client_id IS NOT NULL;
CREATE INDEX message_edited ON message (history, born)
	WHERE updated_at IS NOT NULL;
CREATE TRIGGER message_usage AFTER DELETE OR UPDATE OF body ON message
	FOR EACH ROW EXECUTE FUNCTION row_usage();
CREATE TRIGGER message_is_due AFTER INSERT OR UPDATE OF born ON message
	FOR EACH ROW EXECUTE FUNCTION word_is_due();

-- The time of the newest message that ever came; every batch writes it, with
-- last_seq.  The last write of a session is the greater of it and touched_at.
ALTER TABLE session ADD COLUMN appended_at bigint NOT NULL DEFAULT 0;
UPDATE session SET appended_at = newest.created_at FROM (
	SELECT DISTINCT ON (history) history, created_at FROM message
	ORDER BY history, seq DESC) AS newest
	WHERE newest.history = session.history;

-- A server of before writes last_seq alone.
CREATE FUNCTION session_appended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	new.appended_at := greatest(new.appended_at, (SELECT created_at
		FROM message WHERE history = new.history
		ORDER BY seq DESC LIMIT 1));
	RETURN new;
END $$;
CREATE TRIGGER session_appended BEFORE UPDATE OF last_seq ON session
	FOR EACH ROW WHEN (new.last_seq > old.last_seq
		AND new.appended_at = old.appended_at)
	EXECUTE FUNCTION session_appended();

UPDATE schema_version SET version = 2;
