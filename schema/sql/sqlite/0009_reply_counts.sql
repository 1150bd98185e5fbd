-- 0009_reply_counts.sql - how many replies are kept for each tenant.

PRAGMA user_version = 9;

-- Those under keys of clients only; there is one more a session at most.
CREATE TABLE reply_count (
	tenant TEXT PRIMARY KEY,
	count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO reply_count (tenant, count)
	SELECT tenant, count(*) FROM reply WHERE key IS NOT NULL
	GROUP BY tenant;
