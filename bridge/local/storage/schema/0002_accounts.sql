-- Who signed up and has not confirmed the address yet: no customer, and forgotten after a day.
CREATE TABLE sign_ups (
    email TEXT PRIMARY KEY, name TEXT NOT NULL, surname TEXT NOT NULL, password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_ups_by_age ON sign_ups (created_at);

-- One live code for each purpose and subject. `value` is what it was issued for, such as a new address.
CREATE TABLE codes (
    purpose TEXT NOT NULL, subject TEXT NOT NULL, hash BLOB NOT NULL, value TEXT, tries INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, PRIMARY KEY (purpose, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX codes_by_expiry ON codes (expires_at);

-- How often something was done since the first time of a window of time.
CREATE TABLE limits (
    name TEXT NOT NULL, subject TEXT NOT NULL, used INTEGER NOT NULL, ends_at INTEGER NOT NULL,
    PRIMARY KEY (name, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX limits_by_end ON limits (ends_at);

CREATE TABLE invitations (
    team_id TEXT NOT NULL REFERENCES teams ON DELETE CASCADE, channel_value TEXT NOT NULL,
    channel_type TEXT NOT NULL, sender_id TEXT REFERENCES customers ON DELETE SET NULL, status TEXT NOT NULL,
    created_at INTEGER NOT NULL, sent_at INTEGER NOT NULL, PRIMARY KEY (team_id, channel_value)
) STRICT, WITHOUT ROWID;
CREATE INDEX invitations_by_team ON invitations (team_id, created_at, channel_value);
CREATE INDEX invitations_pending ON invitations (channel_value, created_at) WHERE status = 'pending';
CREATE INDEX invitations_by_sender ON invitations (sender_id);

-- `about` is `feedback`, or `departure`: why an account was deleted, without whose it was.
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY, customer_id TEXT REFERENCES customers ON DELETE SET NULL, about TEXT NOT NULL,
    words TEXT NOT NULL, created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX feedback_by_customer ON feedback (customer_id);

CREATE INDEX customers_by_organisation ON customers (organisation_id);
