-- Of a customer or of a team (`owner_kind`), in the order of their priorities. Enabled ones are verified.
CREATE TABLE channels (
    owner_kind TEXT NOT NULL, owner_id TEXT NOT NULL, priority INTEGER NOT NULL, type TEXT NOT NULL,
    value TEXT NOT NULL, verified_at INTEGER, enabled INTEGER NOT NULL, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, PRIMARY KEY (owner_kind, owner_id, priority)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX channels_by_address ON channels (owner_kind, owner_id, type, value);

-- `owner_id` can be no foreign key, because it names two tables.
CREATE TRIGGER channels_of_customer AFTER DELETE ON customers BEGIN
    DELETE FROM channels WHERE owner_kind = 'customer' AND owner_id = OLD.id;
END;
CREATE TRIGGER channels_of_team AFTER DELETE ON teams BEGIN
    DELETE FROM channels WHERE owner_kind = 'team' AND owner_id = OLD.id;
END;
