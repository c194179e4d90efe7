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
    ('iphone', 'iPhone S', '32 Go, gris.', 150000);

CREATE TABLE orders (
    -- The number of an order that was forgotten is not given to another one.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The customer's key: anyone who has it may see the order and pay for it.
    reference TEXT NOT NULL UNIQUE,
    -- The one-time key of the order form: sent twice for the same article and number, it is one order.
    form_key TEXT NOT NULL,
    slug TEXT NOT NULL,
    label TEXT NOT NULL,
    details TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    ordered_at INTEGER NOT NULL,
    -- The gateway's name for the order. An order without a token cannot be paid.
    token TEXT UNIQUE,
    -- When the next check is due: NULL once the order is shipped.
    due_at INTEGER,
    -- When the next check is due because a callback came or a customer waits; NULL once it is made.
    urgent_at INTEGER,
    -- The time of the last callback or visit, of the last check, and of the last check that was answered "not paid".
    awaited_at INTEGER,
    asked_at INTEGER,
    not_paid_at INTEGER,
    -- The failure that a callback reported. Anyone can post a callback, so the order stays open.
    claim TEXT CHECK (claim IN ('FAILED', 'REJECTED', 'TIMEOUT')),
    claimed_at INTEGER,
    -- When the merchant closed an order that is not paid. It is checked as before, and shipped if it is paid.
    closed_at INTEGER,
    -- Why the last call to the gateway failed, the gateway's own words (or the order that has the token), and when.
    problem TEXT CHECK (problem IN ('unavailable', 'unreachable', 'refused', 'unexpected', 'token-taken')),
    problem_text TEXT,
    problem_at INTEGER,
    UNIQUE (form_key, slug, phone),
    CHECK (token IS NOT NULL OR due_at IS NULL),
    CHECK (due_at IS NOT NULL OR urgent_at IS NULL)
) STRICT;

CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX orders_urgent ON orders (urgent_at) WHERE urgent_at IS NOT NULL;
CREATE INDEX orders_open ON orders (id) WHERE due_at IS NOT NULL AND closed_at IS NULL;
CREATE INDEX orders_closed ON orders (id) WHERE closed_at IS NOT NULL;
CREATE INDEX orders_problem ON orders (id) WHERE problem IS NOT NULL AND closed_at IS NULL;
CREATE INDEX orders_phone ON orders (phone);

-- The order's id is the primary key here, so the database refuses a second shipment.
CREATE TABLE shipments (
    order_id INTEGER PRIMARY KEY REFERENCES orders (id),
    shipped_at INTEGER NOT NULL,
    -- When the merchant handed the goods over.
    delivered_at INTEGER
) STRICT;

CREATE INDEX shipments_waiting ON shipments (order_id) WHERE delivered_at IS NULL;
CREATE INDEX shipments_delivered ON shipments (order_id) WHERE delivered_at IS NOT NULL;

-- A shipped order is not checked again. It is open for the merchant, also if it was closed before.
CREATE TRIGGER shipped AFTER INSERT ON shipments BEGIN
    UPDATE orders SET due_at = NULL, urgent_at = NULL, problem = NULL, closed_at = NULL WHERE id = NEW.order_id;
END;

-- The orders as people see them. Times are Brazzaville's.
CREATE VIEW shown AS
SELECT id, reference, slug, label, details, amount, name, phone, token,
       strftime('%d/%m/%Y à %H:%M', ordered_at / 1000, 'unixepoch', '+1 hour') AS ordered,
       strftime('%d/%m/%Y à %H:%M', closed_at / 1000, 'unixepoch', '+1 hour') AS closed,
       strftime('%d/%m/%Y à %H:%M', delivered_at / 1000, 'unixepoch', '+1 hour') AS delivered,
       CASE WHEN delivered_at IS NOT NULL THEN 'delivered'
            WHEN shipped_at IS NOT NULL THEN 'shipped'
            WHEN closed_at IS NOT NULL THEN 'closed'
            WHEN token IS NULL THEN 'ordered'
            -- A failure is believed once the gateway has answered that the order is not paid.
            WHEN claimed_at <= not_paid_at AND claim = 'TIMEOUT' THEN 'timed-out'
            WHEN claimed_at <= not_paid_at AND claim IS NOT NULL THEN lower(claim)
            WHEN problem IS NOT NULL THEN 'delayed'
            ELSE 'pending' END AS state,
       -- An earlier problem does not matter once the order is paid.
       IIF(shipped_at IS NULL, problem, NULL) AS problem, problem_text,
       strftime('%d/%m/%Y à %H:%M', problem_at / 1000, 'unixepoch', '+1 hour') AS problem_time
FROM orders LEFT JOIN shipments ON order_id = id;

-- Counting a million rows takes too long for a page.
CREATE TABLE counters (open INTEGER NOT NULL, waiting INTEGER NOT NULL, delivered INTEGER NOT NULL) STRICT;
INSERT INTO counters VALUES (0, 0, 0);

CREATE TRIGGER opened AFTER UPDATE OF due_at, closed_at ON orders
    WHEN (OLD.due_at IS NULL OR OLD.closed_at IS NOT NULL) <> (NEW.due_at IS NULL OR NEW.closed_at IS NOT NULL) BEGIN
    UPDATE counters SET open = open + IIF(NEW.due_at IS NULL OR NEW.closed_at IS NOT NULL, -1, 1);
END;
CREATE TRIGGER waiting AFTER INSERT ON shipments BEGIN
    UPDATE counters SET waiting = waiting + 1;
END;
CREATE TRIGGER delivered AFTER UPDATE OF delivered_at ON shipments
    WHEN (OLD.delivered_at IS NULL) <> (NEW.delivered_at IS NULL) BEGIN
    UPDATE counters SET waiting = waiting + IIF(NEW.delivered_at IS NULL, 1, -1),
                        delivered = delivered + IIF(NEW.delivered_at IS NULL, -1, 1);
END;

PRAGMA user_version = 3;
COMMIT;
