-- `status` of a monitor: pending (never heard), up, missing, failed. `due_at`: when the next report is overdue.
ALTER TABLE heartbeats ADD COLUMN status TEXT NOT NULL DEFAULT 'pending';
ALTER TABLE heartbeats ADD COLUMN status_since INTEGER;
ALTER TABLE heartbeats ADD COLUMN due_at INTEGER;
CREATE INDEX heartbeats_due ON heartbeats (due_at) WHERE due_at IS NOT NULL;
UPDATE heartbeats SET status = CASE last_result WHEN 'fail' THEN 'failed' ELSE 'up' END,
    status_since = last_received_at, due_at = last_received_at + (period_seconds + grace_seconds) * 1000000
WHERE last_received_at IS NOT NULL;

-- `responders`: who was told, and why they. `heartbeat_id` is no foreign key: an incident outlives its monitor.
ALTER TABLE incidents ADD COLUMN responders TEXT NOT NULL DEFAULT '[]';
ALTER TABLE incidents ADD COLUMN acknowledged_at INTEGER;
ALTER TABLE incidents ADD COLUMN heartbeat_id TEXT;
-- An acknowledged incident is as open as an open one to whatever happens to its problem.
DROP INDEX incidents_open_by_key;
CREATE INDEX incidents_open_by_key ON incidents (dedup_key, team_id, ruleset_id) WHERE status <> 'resolved';
CREATE INDEX incidents_open_by_heartbeat ON incidents (heartbeat_id, ruleset_id)
    WHERE status <> 'resolved' AND heartbeat_id IS NOT NULL;

-- What a ruleset does when it opens an incident, in order; `settings` is a JSON list of what it is applied to.
CREATE TABLE ruleset_actions (
    ruleset_id TEXT NOT NULL REFERENCES rulesets ON DELETE CASCADE, position INTEGER NOT NULL, id TEXT NOT NULL,
    type TEXT NOT NULL, settings TEXT NOT NULL, PRIMARY KEY (ruleset_id, position)
) STRICT, WITHOUT ROWID;

-- The components that an unresolved incident holds in an outage.
CREATE TABLE incident_components (
    incident_id TEXT NOT NULL REFERENCES incidents ON DELETE CASCADE,
    component_id TEXT NOT NULL REFERENCES components ON DELETE CASCADE, PRIMARY KEY (incident_id, component_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_components_by_component ON incident_components (component_id);
