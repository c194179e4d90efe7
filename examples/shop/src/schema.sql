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
    -- The customer's key to the order: whoever has it may see the order and pay it.
    reference TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    details TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    ordered_at INTEGER NOT NULL,
    -- The gateway's name for the order. One that has none cannot be paid.
    token TEXT UNIQUE,
    -- When to ask the gateway next; nothing once the order is shipped. When somebody last waited for news, when the
    -- gateway was asked last, and the asking to which it last said: not paid.
    due_at INTEGER,
    awaited_at INTEGER,
    asked_at INTEGER,
    not_paid_at INTEGER,
    -- How a callback said that the payment failed. Anyone can post one: it closes nothing.
    claim TEXT CHECK (claim IN ('FAILED', 'REJECTED', 'TIMEOUT')),
    claimed_at INTEGER,
    -- Why the gateway did not answer last time.
    problem TEXT,
    CHECK (token IS NOT NULL OR due_at IS NULL)
) STRICT;

CREATE INDEX orders_due ON orders (due_at);

-- What leaves the shop. An order is its own key here: the database itself refuses a second shipment.
CREATE TABLE shipments (
    order_id INTEGER PRIMARY KEY REFERENCES orders (id),
    shipped_at INTEGER NOT NULL
) STRICT;

-- What is shipped is not asked about.
CREATE TRIGGER shipped AFTER INSERT ON shipments BEGIN
    UPDATE orders SET due_at = NULL WHERE id = NEW.order_id;
END;

PRAGMA user_version = 1;
COMMIT;
