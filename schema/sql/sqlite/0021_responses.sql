-- 0021_responses.sql - responses of a model, by the ids that clients know.

PRAGMA user_version = 21;

CREATE TABLE response (
	id INTEGER PRIMARY KEY,
	tenant TEXT NOT NULL,
	name TEXT NOT NULL,
	-- whose history goes on behind it, and the seq of its last message there;
	-- NULL: it is in none so far, and nothing else keeps its messages
	session INTEGER,
	last_seq INTEGER NOT NULL CHECK (last_seq >= 0),
	-- the name of the one that it goes on from; empty: none
	previous TEXT NOT NULL,
	expires_at INTEGER NOT NULL,
	-- the items of its request, and the model's answer
	input TEXT NOT NULL,
	body TEXT NOT NULL,
	checksum INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX response_name ON response (tenant, name);
CREATE INDEX response_session ON response (session)
	WHERE session IS NOT NULL;
CREATE INDEX response_expiry ON response (expires_at);

CREATE TRIGGER response_made AFTER INSERT ON response
	WHEN EXISTS (SELECT 1 FROM usage_counted)
BEGIN
	INSERT INTO tenant_usage (tenant, sessions, bytes)
		VALUES (new.tenant, 0, 100 + length(CAST(new.input AS BLOB))
			+ length(CAST(new.body AS BLOB)))
		ON CONFLICT (tenant) DO UPDATE
			SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER response_gone AFTER DELETE ON response
	WHEN EXISTS (SELECT 1 FROM usage_counted)
BEGIN
	UPDATE tenant_usage SET bytes = bytes - 100
		- length(CAST(old.input AS BLOB))
		- length(CAST(old.body AS BLOB))
		WHERE tenant = old.tenant;
END;
