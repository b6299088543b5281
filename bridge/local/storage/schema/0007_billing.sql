-- An organisation's one subscription to the plan `local`. No row: as it was made.
CREATE TABLE billing_subscriptions (
    organisation_id TEXT PRIMARY KEY REFERENCES organisations ON DELETE CASCADE, price_id TEXT,
    cancelled_at INTEGER, updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE purchase_infos (
    organisation_id TEXT PRIMARY KEY REFERENCES organisations ON DELETE CASCADE, id TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- No operation of the API makes a coupon: whoever runs the local Pinghome writes it here.
CREATE TABLE coupons (
    code TEXT PRIMARY KEY, percent_off REAL, amount_off REAL, currency TEXT, valid_until INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE applied_vouchers (
    organisation_id TEXT NOT NULL REFERENCES organisations ON DELETE CASCADE,
    code TEXT NOT NULL REFERENCES coupons ON DELETE CASCADE, customer_id TEXT NOT NULL, applied_at INTEGER NOT NULL,
    PRIMARY KEY (organisation_id, code)
) STRICT, WITHOUT ROWID;
CREATE INDEX applied_vouchers_by_code ON applied_vouchers (code);
