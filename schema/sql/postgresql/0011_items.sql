-- 0011_items.sql - an item is found by its id alone, whatever session has it.

UPDATE schema_version SET version = 11;

-- As in schema/sql/sqlite/0024_items.sql.
CREATE INDEX history_mark ON history (mark);
CREATE INDEX message_item ON message (client_id)
	WHERE client_id IS NOT NULL AND form IN (3, 9);
