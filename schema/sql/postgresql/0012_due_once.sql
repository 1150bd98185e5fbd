-- 0012_due_once.sql - a message is noted for the index of words without a look
-- for the same row: no (history, seq, born) is ever given twice.

UPDATE schema_version SET version = 12;

CREATE OR REPLACE FUNCTION words_are_due() RETURNS trigger LANGUAGE plpgsql
	AS $$
BEGIN
	INSERT INTO word_due (history, seq, born)
		SELECT history, seq, born FROM added;
	RETURN NULL;
END $$;
