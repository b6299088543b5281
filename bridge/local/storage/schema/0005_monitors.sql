-- Uptime monitors: what to check, as it was asked for. `settings` is only stored and shown.
CREATE TABLE monitors (
    id TEXT PRIMARY KEY, service_id TEXT NOT NULL REFERENCES services ON DELETE CASCADE, name TEXT NOT NULL,
    type TEXT NOT NULL, url TEXT, host TEXT, port TEXT NOT NULL, regions TEXT NOT NULL, settings TEXT NOT NULL,
    enabled INTEGER NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX monitors_by_service ON monitors (service_id, created_at, id);

-- One row a change of monitors.state.
CREATE TABLE monitor_states (
    monitor_id TEXT NOT NULL REFERENCES monitors ON DELETE CASCADE, changed_at INTEGER NOT NULL,
    state TEXT NOT NULL, reason TEXT, PRIMARY KEY (monitor_id, changed_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE monitor_reminders (
    monitor_id TEXT NOT NULL REFERENCES monitors ON DELETE CASCADE, subject TEXT NOT NULL,
    days_before TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    PRIMARY KEY (monitor_id, subject)
) STRICT, WITHOUT ROWID;

-- `integration` is the page's id at the other provider, which also names the row within its monitor.
CREATE TABLE monitor_integrations (
    monitor_id TEXT NOT NULL REFERENCES monitors ON DELETE CASCADE, integration TEXT NOT NULL, type TEXT NOT NULL,
    name TEXT NOT NULL, status TEXT NOT NULL, message TEXT, items TEXT NOT NULL, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, PRIMARY KEY (monitor_id, integration)
) STRICT, WITHOUT ROWID;

CREATE TABLE servers (
    id TEXT PRIMARY KEY, service_id TEXT NOT NULL REFERENCES services ON DELETE CASCADE, name TEXT NOT NULL,
    description TEXT NOT NULL, timezone TEXT NOT NULL, chart_type_default TEXT NOT NULL, enabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX servers_by_service ON servers (service_id, created_at, id);

-- What a server's agent measured: `value` is a JSON object. The API's texts document no way in, so there is none yet.
CREATE TABLE server_metrics (
    server_id TEXT NOT NULL REFERENCES servers ON DELETE CASCADE, type TEXT NOT NULL, measured_at INTEGER NOT NULL,
    value TEXT NOT NULL, PRIMARY KEY (server_id, type, measured_at)
) STRICT, WITHOUT ROWID;
