-- 0013_vouched.sql - what the sum of a row vouches for is not checked besides.
--
-- Each statement that writes a table parses its checks, makes them ready and
-- runs them, whatever it changes. A row that another program makes wrong is
-- told by its sum. The lengths of names and ids stay checked, as clients give
-- them, and the last seq of a session, of which there is no sum.

UPDATE schema_version SET version = 13;

ALTER TABLE session DROP CONSTRAINT session_mark_check,
	DROP CONSTRAINT session_edits_check,
	DROP CONSTRAINT session_removed_check,
	DROP CONSTRAINT session_inherited_check,
	DROP CONSTRAINT session_purged_check,
	DROP CONSTRAINT session_ttl_seconds_check,
	DROP CONSTRAINT session_retain_retired_check,
	DROP CONSTRAINT session_generation_check;
ALTER TABLE message DROP CONSTRAINT message_seq_check,
	DROP CONSTRAINT message_check,
	DROP CONSTRAINT message_form_check,
	DROP CONSTRAINT message_type_check;
