-- 0006_retired_seal.sql - more rows say what they were.

UPDATE schema_version SET version = 6;

-- As in schema/sql/sqlite/0020_retired_seal.sql; no restore writes `epoch` here.
ALTER TABLE retired ADD COLUMN seal bigint;
ALTER TABLE owner_erasure ADD COLUMN seal bigint;

-- Takes what follows the sum into it, or out of it again.
CREATE FUNCTION sealed(sum bigint, retired bigint, retired_at bigint,
	archived bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT sum # row_sum(ROW(retired, retired_at, archived)::text)
$$;
CREATE FUNCTION sealed(sum bigint, id bigint, tenant text, owner text,
	erased_at bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT sum # row_sum(ROW(id, tenant, owner, erased_at)::text)
$$;

-- Also of those that servers of before write.
CREATE FUNCTION retired_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF is_batch() THEN
		new.seal := sealed(new.checksum, new.retired, new.retired_at,
			new.archived);
	END IF;
	RETURN new;
END $$;
CREATE TRIGGER retired_seal BEFORE INSERT ON retired
	FOR EACH ROW EXECUTE FUNCTION retired_seal();
CREATE FUNCTION owner_erasure_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF is_batch() THEN
		new.seal := sealed(0, new.id, new.tenant, new.owner,
			new.erased_at);
	END IF;
	RETURN new;
END $$;
CREATE TRIGGER owner_erasure_seal BEFORE INSERT ON owner_erasure
	FOR EACH ROW EXECUTE FUNCTION owner_erasure_seal();

ALTER TABLE seal_fill ADD COLUMN retired_seal bigint NOT NULL DEFAULT 0;
INSERT INTO seal_fill (id, session, history, message, retired)
	SELECT 1, last, last, last, last
	FROM (SELECT 9223372036854775807 AS last) AS done
	WHERE EXISTS (SELECT FROM retired) ON CONFLICT DO NOTHING;
