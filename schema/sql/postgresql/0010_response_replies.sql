-- 0010_response_replies.sql - the replies that tell of a response in no session
-- are found by its name, which their ETag has, and go with it.

UPDATE schema_version SET version = 10;

CREATE INDEX idempotency_record_alone ON idempotency_record (tenant, etag)
	WHERE session IS NULL;
