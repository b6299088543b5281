-- What is to be sent, is being sent and was sent. Written in the transaction of whatever caused it.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY, organisation_id TEXT REFERENCES organisations ON DELETE CASCADE,
    channel_type TEXT NOT NULL, channel_value TEXT NOT NULL, purpose TEXT NOT NULL, reference TEXT,
    subject TEXT NOT NULL, body TEXT NOT NULL, document TEXT, state TEXT NOT NULL, attempts INTEGER NOT NULL,
    due_at INTEGER, detail TEXT, created_at INTEGER NOT NULL, finished_at INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE state = 'waiting';
CREATE INDEX outbox_by_reference ON outbox (purpose, reference, id);
CREATE INDEX outbox_finished ON outbox (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX outbox_by_organisation ON outbox (organisation_id);
