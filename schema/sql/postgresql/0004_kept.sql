-- 0004_kept.sql - kept replies and what classes keep say what they were.

UPDATE schema_version SET version = 4;

-- As in schema/sql/sqlite/0018_kept.sql.
ALTER TABLE idempotency_record ADD COLUMN checksum bigint;
ALTER TABLE memory_state ADD COLUMN checksum bigint;
ALTER TABLE memory_item ADD COLUMN checksum bigint;

-- A server of before writes a row anew without its sum.
CREATE FUNCTION sum_is_unknown() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF is_batch() THEN
		new.checksum := NULL;
	END IF;
	RETURN new;
END $$;
CREATE TRIGGER memory_state_unknown BEFORE UPDATE OF state ON memory_state
	FOR EACH ROW WHEN (new.checksum IS NOT DISTINCT FROM old.checksum
		AND new.state <> old.state)
	EXECUTE FUNCTION sum_is_unknown();
CREATE TRIGGER memory_item_unknown BEFORE UPDATE OF item ON memory_item
	FOR EACH ROW WHEN (new.checksum IS NOT DISTINCT FROM old.checksum
		AND new.item <> old.item)
	EXECUTE FUNCTION sum_is_unknown();
