-- 0003_seal.sql - rows of sessions and histories say what they were.
--
-- Servers of before go on beside it: triggers do it for them, too.

UPDATE schema_version SET version = 3;

-- As in schema/sql/sqlite/0017_seal.sql, but without last_seq and
-- appended_at, which every batch writes.
ALTER TABLE session ADD COLUMN checksum bigint;
ALTER TABLE session ADD COLUMN profile_checksum bigint;
-- Called so, as a server of before joins it with messages that have a checksum.
ALTER TABLE history ADD COLUMN seal bigint;

CREATE FUNCTION row_sum(what text) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT ('x' || left(encode(sha256(convert_to(what, 'UTF8')), 'hex'),
		16))::bit(64)::bigint
$$;
CREATE FUNCTION session_sum(it session) RETURNS bigint LANGUAGE sql STABLE
	AS $$
	SELECT row_sum(ROW(it.id, it.tenant, it.name, it.mark, it.history,
		it.edits, it.removed, it.inherited, it.purged, it.created_at,
		it.touched_at, it.ttl_seconds, it.retain_retired, it.owner,
		it.generation, it.epoch)::text)
$$;
CREATE FUNCTION profile_sum(it session) RETURNS bigint LANGUAGE sql STABLE
	AS $$
	SELECT row_sum(ROW(it.owner, it.memory, it.metadata, it.ttl_seconds,
		it.retain_retired)::text)
$$;
CREATE FUNCTION history_sum(it history) RETURNS bigint LANGUAGE sql STABLE
	AS $$
	SELECT row_sum(ROW(it.id, it.tenant, it.session, it.from_version,
		it.until_version, it.ended_at, it.base, it.base_upto,
		it.base_version, it.base_after, it.cut_first, it.cut_last,
		it.mark)::text)
$$;

-- Only a batch of chatmem's changes sums along with rows: it has written the
-- row of its process before.
CREATE FUNCTION is_batch() RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM process
		WHERE xmin = pg_current_xact_id()::xid)
$$;
-- A sum that did not hold before does not hold afterwards.
CREATE FUNCTION session_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NOT is_batch() THEN
		RETURN new;
	END IF;
	IF TG_OP = 'INSERT' THEN
		new.checksum := session_sum(new);
		new.profile_checksum :=
			coalesce(new.profile_checksum, profile_sum(new));
		RETURN new;
	END IF;
	new.checksum := coalesce(old.checksum # session_sum(old), 0)
		# session_sum(new);
	IF (new.owner, new.memory, new.metadata, new.ttl_seconds,
		new.retain_retired) IS DISTINCT FROM (old.owner, old.memory,
		old.metadata, old.ttl_seconds, old.retain_retired) THEN
		new.profile_checksum :=
			coalesce(old.profile_checksum # profile_sum(old), 0)
			# profile_sum(new);
	END IF;
	RETURN new;
END $$;
CREATE TRIGGER session_seal BEFORE INSERT OR UPDATE OF id, tenant, name, mark,
	history, edits, removed, inherited, purged, created_at, touched_at,
	ttl_seconds, retain_retired, owner, generation, epoch, memory, metadata
	ON session FOR EACH ROW EXECUTE FUNCTION session_seal();
CREATE FUNCTION history_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NOT is_batch() THEN
		RETURN new;
	END IF;
	IF TG_OP = 'INSERT' THEN
		new.seal := history_sum(new);
	ELSE
		new.seal := coalesce(old.seal # history_sum(old), 0)
			# history_sum(new);
	END IF;
	RETURN new;
END $$;
CREATE TRIGGER history_seal BEFORE INSERT OR UPDATE ON history
	FOR EACH ROW EXECUTE FUNCTION history_seal();

-- As in schema/sql/sqlite/0017_seal.sql.
CREATE TABLE seal_fill (
	id smallint PRIMARY KEY CHECK (id = 1),
	session bigint NOT NULL,
	history bigint NOT NULL
);
INSERT INTO seal_fill (id, session, history) SELECT 1, 0, 0
	WHERE EXISTS (SELECT FROM session) OR EXISTS (SELECT FROM history);
