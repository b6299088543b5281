-- Subdomains and domains are unique over all organisations: they are names in one DNS.
CREATE TABLE status_pages (
    id TEXT PRIMARY KEY, organisation_id TEXT NOT NULL REFERENCES organisations ON DELETE CASCADE,
    name TEXT NOT NULL, description TEXT NOT NULL, subdomain TEXT NOT NULL UNIQUE,
    domain TEXT UNIQUE COLLATE NOCASE, type TEXT NOT NULL, password_hash TEXT, settings TEXT NOT NULL,
    enabled INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX status_pages_by_organisation ON status_pages (organisation_id, created_at, id);

CREATE TABLE component_groups (
    id TEXT PRIMARY KEY, status_page_id TEXT NOT NULL REFERENCES status_pages ON DELETE CASCADE,
    name TEXT NOT NULL, position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX component_groups_by_page ON component_groups (status_page_id, position);

CREATE TABLE components (
    id TEXT PRIMARY KEY, status_page_id TEXT NOT NULL REFERENCES status_pages ON DELETE CASCADE,
    group_id TEXT REFERENCES component_groups ON DELETE CASCADE, name TEXT NOT NULL, description TEXT,
    type TEXT NOT NULL, status TEXT NOT NULL, resource_id TEXT REFERENCES monitors ON DELETE SET NULL,
    position INTEGER NOT NULL, created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX components_by_page ON components (status_page_id, position);
CREATE INDEX components_by_group ON components (group_id);
CREATE INDEX components_by_resource ON components (resource_id);

-- From when on a component had a status. `incident_id` is the incident that set it; it outlives that incident.
CREATE TABLE component_statuses (
    component_id TEXT NOT NULL REFERENCES components ON DELETE CASCADE, since INTEGER NOT NULL,
    status TEXT NOT NULL, incident_id TEXT, PRIMARY KEY (component_id, since)
) STRICT, WITHOUT ROWID;

-- Without a page: of all pages. '' stands for that, because NULLs are all different to a UNIQUE.
CREATE TABLE status_page_subscriptions (
    id TEXT PRIMARY KEY, status_page_id TEXT REFERENCES status_pages ON DELETE CASCADE,
    channel_type TEXT NOT NULL, channel_value TEXT NOT NULL, token_hash BLOB NOT NULL UNIQUE,
    sent_at INTEGER NOT NULL, verified_at INTEGER, created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX status_page_subscriptions_by_address
    ON status_page_subscriptions (channel_value, channel_type, coalesce(status_page_id, ''));
CREATE INDEX status_page_subscriptions_by_page ON status_page_subscriptions (status_page_id);
