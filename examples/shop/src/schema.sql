-- Amounts are whole francs, times are milliseconds since 1970.

BEGIN;

CREATE TABLE products (
    slug TEXT PRIMARY KEY,
    label TEXT NOT NULL,
    details TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0)
) STRICT;

INSERT INTO products (slug, label, details, amount) VALUES
    ('pagne', 'Pagne Brazza', 'Coton imprimé, six yards.', 18500),
    ('cafe', 'Café de la Lékoumou', 'Un kilo, en grains, torréfié à Sibiti.', 7500),
    ('lampe', 'Lampe solaire', 'Trois intensités, recharge les téléphones.', 24000),
    ('iphone', 'Iphone S', '32 Go, gris.', 150000);

CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    -- The customer's key: anyone who has it may see the order and pay it.
    reference TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    details TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    ordered_at INTEGER NOT NULL,
    -- The gateway's name for the order. An order without a token cannot be paid.
    token TEXT UNIQUE,
    -- When the next check is due: NULL once the order is shipped. Then the time of the last callback or visit, the time of
    -- the last check, and the time of the last check that was answered "not paid".
    due_at INTEGER,
    awaited_at INTEGER,
    asked_at INTEGER,
    not_paid_at INTEGER,
    -- The failure that a callback reported. Anyone can post a callback, so the order stays open.
    claim TEXT CHECK (claim IN ('FAILED', 'REJECTED', 'TIMEOUT')),
    claimed_at INTEGER,
    -- Why the last check failed.
    problem TEXT,
    CHECK (token IS NOT NULL OR due_at IS NULL)
) STRICT;

CREATE INDEX orders_due ON orders (due_at);

-- The order's id is the primary key here, so the database refuses a second shipment.
CREATE TABLE shipments (
    order_id INTEGER PRIMARY KEY REFERENCES orders (id),
    shipped_at INTEGER NOT NULL
) STRICT;

-- A shipped order is not checked again.
CREATE TRIGGER shipped AFTER INSERT ON shipments BEGIN
    UPDATE orders SET due_at = NULL WHERE id = NEW.order_id;
END;

PRAGMA user_version = 1;
COMMIT;
