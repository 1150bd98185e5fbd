-- 0008_restored.sql - tables that a restore made are told from those before.

UPDATE schema_version SET version = 8;

-- No server has ever used it.
DROP TABLE work_lease;

-- The number of this table in the database that it was made in: pg_restore makes
-- another one of it.  A start that finds it so begins an epoch, as in
-- schema/sql/sqlite/0013_epoch.sql.
ALTER TABLE schema_version ADD COLUMN made_as bigint;
UPDATE schema_version SET made_as = 'schema_version'::regclass::oid::bigint;
