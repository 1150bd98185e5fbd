-- 0025_words.sql - the index of words without a row for each message.

PRAGMA user_version = 25;

-- Behind the words of a text come two of its place: "|h" and the history, "|t"
-- and the tenant in hexadecimal; no text has a "|" here.  So the position of the
-- first of these says how many words the text has, and no table need.  Messages
-- up to search_state.upto are in it, and no others: it is made anew.
DROP TABLE IF EXISTS words;
CREATE VIRTUAL TABLE words USING fts5(text, content = '', columnsize = 0,
	tokenize = "unicode61 remove_diacritics 2 tokenchars '|'");
UPDATE search_state SET upto = 0, stale_at = NULL, merging = 0;
