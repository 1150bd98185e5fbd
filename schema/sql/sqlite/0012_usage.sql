-- What each tenant keeps, for its quota.  A session and a message count 100
-- bytes each, and what they hold.  Triggers count sessions, and the messages
-- that are retired or go; those that are appended, replaced and copied are
-- counted by the store, once a batch and tenant: a trigger would cost every
-- append a fifth.

PRAGMA user_version = 12;

CREATE TABLE tenant_usage (
	tenant TEXT PRIMARY KEY,
	sessions INTEGER NOT NULL,
	bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO tenant_usage (tenant, sessions, bytes)
	SELECT tenant, sum(is_session), sum(bytes) FROM (
		SELECT tenant, 1 AS is_session, 100
			+ length(CAST(memory AS BLOB))
			+ length(CAST(metadata AS BLOB)) AS bytes
		FROM session
		UNION ALL
		SELECT tenant, 0, 100 + length(CAST(body AS BLOB))
		FROM message JOIN history ON history.id = message.history
		UNION ALL
		SELECT tenant, 0, 100 + length(CAST(body AS BLOB))
		FROM retired JOIN history ON history.id = retired.history)
	GROUP BY tenant;

CREATE TRIGGER session_made AFTER INSERT ON session BEGIN
	INSERT INTO tenant_usage (tenant, sessions, bytes)
		VALUES (new.tenant, 1, 100 + length(CAST(new.memory AS BLOB))
			+ length(CAST(new.metadata AS BLOB)))
		ON CONFLICT (tenant) DO UPDATE SET sessions = sessions + 1,
			bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER session_configured AFTER UPDATE OF memory, metadata ON session
BEGIN
	UPDATE tenant_usage SET bytes = bytes
		+ length(CAST(new.memory AS BLOB))
		+ length(CAST(new.metadata AS BLOB))
		- length(CAST(old.memory AS BLOB))
		- length(CAST(old.metadata AS BLOB))
		WHERE tenant = new.tenant;
END;
CREATE TRIGGER session_gone AFTER DELETE ON session BEGIN
	UPDATE tenant_usage SET sessions = sessions - 1, bytes = bytes - 100
		- length(CAST(old.memory AS BLOB))
		- length(CAST(old.metadata AS BLOB))
		WHERE tenant = old.tenant;
END;

-- Fires for a row that is replaced, too: the writer has recursive_triggers on.
CREATE TRIGGER message_gone AFTER DELETE ON message BEGIN
	UPDATE tenant_usage SET bytes = bytes - 100
		- length(CAST(old.body AS BLOB))
		WHERE tenant = (SELECT tenant FROM history
			WHERE id = old.history);
END;
CREATE TRIGGER retired_made AFTER INSERT ON retired BEGIN
	UPDATE tenant_usage SET bytes = bytes + 100
		+ length(CAST(new.body AS BLOB))
		WHERE tenant = (SELECT tenant FROM history
			WHERE id = new.history);
END;
CREATE TRIGGER retired_gone AFTER DELETE ON retired BEGIN
	UPDATE tenant_usage SET bytes = bytes - 100
		- length(CAST(old.body AS BLOB))
		WHERE tenant = (SELECT tenant FROM history
			WHERE id = old.history);
END;
