-- What each tenant keeps, for its quota.  A session and a message count 100
-- bytes each, and what they hold.  It is counted only while there is a row in
-- usage_counted: a server without a quota pays nothing, and one with a quota
-- counts all of it when it starts.  Triggers count sessions, and the messages
-- that are retired or go; those that are appended, replaced and copied are
-- counted by the store, once a batch and tenant: a trigger would cost every
-- append a fifth.

PRAGMA user_version = 12;

CREATE TABLE tenant_usage (
	tenant TEXT PRIMARY KEY,
	sessions INTEGER NOT NULL,
	bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_counted (
	id INTEGER PRIMARY KEY CHECK (id = 1)
) STRICT;

CREATE TRIGGER session_made AFTER INSERT ON session
	WHEN EXISTS (SELECT 1 FROM usage_counted)
BEGIN
	INSERT INTO tenant_usage (tenant, sessions, bytes)
		VALUES (new.tenant, 1, 100 + length(CAST(new.memory AS BLOB))
			+ length(CAST(new.metadata AS BLOB)))
		ON CONFLICT (tenant) DO UPDATE SET sessions = sessions + 1,
			bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER session_configured AFTER UPDATE OF memory, metadata ON session
	WHEN EXISTS (SELECT 1 FROM usage_counted)
BEGIN
	UPDATE tenant_usage SET bytes = bytes
		+ length(CAST(new.memory AS BLOB))
		+ length(CAST(new.metadata AS BLOB))
		- length(CAST(old.memory AS BLOB))
		- length(CAST(old.metadata AS BLOB))
		WHERE tenant = new.tenant;
END;
CREATE TRIGGER session_gone AFTER DELETE ON session
	WHEN EXISTS (SELECT 1 FROM usage_counted)
BEGIN
	UPDATE tenant_usage SET sessions = sessions - 1, bytes = bytes - 100
		- length(CAST(old.memory AS BLOB))
		- length(CAST(old.metadata AS BLOB))
		WHERE tenant = old.tenant;
END;

-- Fires for a row that is replaced, too: the writer has recursive_triggers on.
CREATE TRIGGER message_gone AFTER DELETE ON message
	WHEN EXISTS (SELECT 1 FROM usage_counted)
BEGIN
	UPDATE tenant_usage SET bytes = bytes - 100
		- length(CAST(old.body AS BLOB))
		WHERE tenant = (SELECT tenant FROM history
			WHERE id = old.history);
END;
CREATE TRIGGER retired_made AFTER INSERT ON retired
	WHEN EXISTS (SELECT 1 FROM usage_counted)
BEGIN
	UPDATE tenant_usage SET bytes = bytes + 100
		+ length(CAST(new.body AS BLOB))
		WHERE tenant = (SELECT tenant FROM history
			WHERE id = new.history);
END;
CREATE TRIGGER retired_gone AFTER DELETE ON retired
	WHEN EXISTS (SELECT 1 FROM usage_counted)
BEGIN
	UPDATE tenant_usage SET bytes = bytes - 100
		- length(CAST(old.body AS BLOB))
		WHERE tenant = (SELECT tenant FROM history
			WHERE id = old.history);
END;
