CREATE TABLE organisations (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE customers (
    id TEXT PRIMARY KEY, organisation_id TEXT NOT NULL REFERENCES organisations, email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL, surname TEXT NOT NULL, password_hash TEXT, created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    hash BLOB PRIMARY KEY, customer_id TEXT NOT NULL REFERENCES customers ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_expiry ON tokens (expires_at);
CREATE INDEX tokens_by_customer ON tokens (customer_id);

CREATE TABLE teams (
    id TEXT PRIMARY KEY, organisation_id TEXT NOT NULL REFERENCES organisations, name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE team_members (
    team_id TEXT NOT NULL REFERENCES teams ON DELETE CASCADE,
    customer_id TEXT NOT NULL REFERENCES customers ON DELETE CASCADE,
    role TEXT NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (team_id, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_members_by_customer ON team_members (customer_id);

CREATE TABLE services (
    id TEXT PRIMARY KEY, team_id TEXT NOT NULL REFERENCES teams ON DELETE CASCADE, name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX services_by_team ON services (team_id);

CREATE TABLE heartbeats (
    id TEXT PRIMARY KEY, service_id TEXT NOT NULL REFERENCES services ON DELETE CASCADE, name TEXT NOT NULL,
    methods TEXT NOT NULL, period_seconds INTEGER NOT NULL, grace_seconds INTEGER NOT NULL,
    last_result TEXT, last_received_at INTEGER, created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX heartbeats_by_service ON heartbeats (service_id, created_at, id);

CREATE TABLE heartbeat_events (
    id INTEGER PRIMARY KEY, heartbeat_id TEXT NOT NULL REFERENCES heartbeats ON DELETE CASCADE,
    received_at INTEGER NOT NULL, method TEXT NOT NULL, result TEXT NOT NULL, message TEXT, ip TEXT
) STRICT;
CREATE UNIQUE INDEX heartbeat_events_by_time ON heartbeat_events (heartbeat_id, received_at);

CREATE TABLE webhooks (
    id TEXT PRIMARY KEY, organisation_id TEXT NOT NULL REFERENCES organisations, name TEXT, description TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX webhooks_by_organisation ON webhooks (organisation_id, created_at, id);

CREATE TABLE webhook_events (
    id INTEGER PRIMARY KEY, webhook_id TEXT NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    received_at INTEGER NOT NULL, content_type TEXT, ip TEXT, body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX webhook_events_by_time ON webhook_events (webhook_id, received_at);

CREATE TABLE webhook_answers (
    webhook_id TEXT NOT NULL REFERENCES webhooks ON DELETE CASCADE, idempotency_key TEXT NOT NULL,
    answer TEXT NOT NULL, expires_at INTEGER NOT NULL, PRIMARY KEY (webhook_id, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_answers_by_expiry ON webhook_answers (expires_at);

CREATE TABLE rulesets (
    id TEXT PRIMARY KEY, team_id TEXT NOT NULL REFERENCES teams ON DELETE CASCADE, rule_type TEXT NOT NULL,
    level TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, urgency TEXT, conditions TEXT NOT NULL,
    assignees TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX rulesets_by_team ON rulesets (team_id, rule_type, created_at);

-- ruleset_id and webhook_id are no foreign keys: an incident outlives the rule that opened it.
CREATE TABLE incidents (
    id TEXT PRIMARY KEY, team_id TEXT NOT NULL REFERENCES teams ON DELETE CASCADE, webhook_id TEXT,
    ruleset_id TEXT, dedup_key TEXT, name TEXT NOT NULL, description TEXT NOT NULL, urgency TEXT NOT NULL,
    assignees TEXT NOT NULL, actions TEXT NOT NULL, status TEXT NOT NULL, occurrences INTEGER NOT NULL,
    opened_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, resolved_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX incidents_by_team ON incidents (team_id, opened_at, id);
CREATE INDEX incidents_by_status ON incidents (team_id, status, opened_at, id);
CREATE INDEX incidents_open_by_key ON incidents (dedup_key, team_id, ruleset_id) WHERE status = 'open';

CREATE TABLE schedules (
    team_id TEXT NOT NULL, team_member_id TEXT NOT NULL, created_at INTEGER NOT NULL,
    start_date TEXT, end_date TEXT, months_of_year TEXT NOT NULL, weeks_of_month TEXT NOT NULL,
    week_days TEXT NOT NULL, start_time TEXT NOT NULL, end_time TEXT NOT NULL,
    PRIMARY KEY (team_member_id, team_id, created_at),
    FOREIGN KEY (team_id, team_member_id) REFERENCES team_members ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX schedules_by_member ON schedules (team_id, team_member_id);
CREATE INDEX teams_by_organisation ON teams (organisation_id, created_at, id);
