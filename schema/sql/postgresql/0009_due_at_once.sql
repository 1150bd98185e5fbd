-- 0009_due_at_once.sql - the messages of an append are noted for the index of
-- words at once, not one by one.

UPDATE schema_version SET version = 9;

CREATE FUNCTION words_are_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO word_due (history, seq, born)
		SELECT history, seq, born FROM added ON CONFLICT DO NOTHING;
	RETURN NULL;
END $$;
DROP TRIGGER message_is_due ON message;
CREATE TRIGGER message_is_due AFTER UPDATE OF born ON message
	FOR EACH ROW EXECUTE FUNCTION word_is_due();
CREATE TRIGGER messages_are_due AFTER INSERT ON message
	REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION words_are_due();
