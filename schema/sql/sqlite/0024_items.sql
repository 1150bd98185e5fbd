-- 0024_items.sql - an item is found by its id alone, whatever session has it.

PRAGMA user_version = 24;

-- The mark that the ids of its own rows begin with.
CREATE INDEX history_mark ON history (mark);
-- Of messages that came as items, or can be: other forms have ids that nobody
-- asks for without their session, and an append of theirs costs nothing here.
CREATE INDEX message_item ON message (client_id)
	WHERE client_id IS NOT NULL AND form IN (3, 9);
