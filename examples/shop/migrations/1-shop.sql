-- Amounts are whole francs. A column `…_at` is for people: milliseconds since 1970 by the computer's clock, which may be set
-- back. Nothing is decided by it.

CREATE TABLE products (
    -- A part of its address.
    slug TEXT PRIMARY KEY CHECK (slug <> '' AND slug NOT GLOB '*[^a-z0-9-]*'),
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
    -- The order's number: see `add` in orders.rs.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The customer's key: anyone who has it may see the order and pay for it.
    reference TEXT NOT NULL UNIQUE,
    -- The cookie of the browser that ordered: it may see all of its orders.
    browser TEXT NOT NULL DEFAULT '',
    -- The one-time key of the order form: sent twice for the same article and number, it is one order.
    form_key TEXT NOT NULL,
    -- An order that was tried anew after another one: the first of them.
    first INTEGER REFERENCES orders (id),
    slug TEXT NOT NULL,
    label TEXT NOT NULL,
    details TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    ordered_at INTEGER NOT NULL,
    -- The gateway's name for the order. An order without a token cannot be paid.
    token TEXT UNIQUE,
    -- When the customer was last sent to pay.
    sent_at INTEGER,
    -- When the next check is due, in milliseconds since the start of the shop; NULL without a token and once it is paid.
    due INTEGER,
    -- Whether a customer waits for it, or a callback came.
    urgent INTEGER NOT NULL DEFAULT 0,
    -- The last check, in milliseconds since the start of the shop.
    asked INTEGER,
    -- How many checks were made since the order, its last callback or its last visit. The next wait depends on it.
    checks INTEGER NOT NULL DEFAULT 0,
    -- The start of the last check that was answered "not paid".
    not_paid_at INTEGER,
    -- The failure that a callback reported. Anyone can post a callback.
    claim TEXT CHECK (claim IN ('FAILED', 'REJECTED', 'TIMEOUT')),
    -- The same, once the gateway has answered "not paid" since. The order stays open.
    failure TEXT,
    -- When the merchant archived an order that is not paid. It is checked as before: money wins.
    archived_at INTEGER,
    -- What needs a look, the words that explain it, and since when.
    problem TEXT CHECK (problem IN ('unavailable', 'unreachable', 'refused', 'unexpected', 'token-taken', 'not-stored')),
    problem_text TEXT,
    problem_at INTEGER,
    UNIQUE (form_key, slug, phone),
    CHECK (token IS NOT NULL OR due IS NULL)
) STRICT;

CREATE INDEX orders_due ON orders (due, id DESC) WHERE due IS NOT NULL;
CREATE INDEX orders_urgent ON orders (due) WHERE urgent = 1;
CREATE INDEX orders_browser ON orders (browser) WHERE browser <> '';
CREATE INDEX orders_first ON orders (first) WHERE first IS NOT NULL;
CREATE INDEX orders_phone ON orders (phone);
CREATE INDEX orders_waiting ON orders (id) WHERE due IS NOT NULL AND failure IS NULL AND archived_at IS NULL;
CREATE INDEX orders_failed ON orders (id) WHERE due IS NOT NULL AND failure IS NOT NULL AND archived_at IS NULL;
CREATE INDEX orders_problem ON orders (id) WHERE problem IS NOT NULL AND archived_at IS NULL;
CREATE INDEX orders_archived ON orders (id) WHERE archived_at IS NOT NULL;
CREATE INDEX orders_not_stored ON orders (id) WHERE problem = 'not-stored';

-- A paid order. Its number is the primary key, so the database refuses a second payment, and a second delivery with it.
CREATE TABLE payments (
    order_id INTEGER PRIMARY KEY REFERENCES orders (id),
    paid_at INTEGER NOT NULL,
    -- When the goods were handed over.
    delivered_at INTEGER,
    -- When the merchant gave the money back. Such an order is not delivered.
    refunded_at INTEGER,
    -- Whether the order was also paid under another number, by a customer who tried anew.
    twice INTEGER NOT NULL DEFAULT 0,
    CHECK (delivered_at IS NULL OR refunded_at IS NULL)
) STRICT;

CREATE INDEX payments_to_deliver ON payments (order_id) WHERE delivered_at IS NULL AND refunded_at IS NULL;
CREATE INDEX payments_oldest ON payments (paid_at) WHERE delivered_at IS NULL AND refunded_at IS NULL;
CREATE INDEX payments_delivered ON payments (order_id) WHERE delivered_at IS NOT NULL;
CREATE INDEX payments_twice ON payments (order_id) WHERE twice = 1;

-- Tokens of callbacks that belong to no order: each is checked once. One that is paid is kept: its order is lost.
CREATE TABLE strays (
    token TEXT PRIMARY KEY,
    -- As in `orders`; NULL once it is known to be paid.
    due INTEGER,
    seen_at INTEGER NOT NULL
) STRICT;

-- The orders as people see them. Times are Brazzaville's.
CREATE VIEW shown AS
SELECT id, reference, browser, first, slug, label, details, amount, name, phone, token, sent_at,
       twice = 1 AND (SELECT COUNT(*) FROM payments p JOIN orders o ON o.id = p.order_id
                      WHERE p.refunded_at IS NULL AND COALESCE(orders.first, orders.id) IN (o.id, o.first)) > 1 AS twice,
       strftime('%d/%m/%Y à %H:%M', ordered_at / 1000, 'unixepoch', '+1 hour') AS ordered,
       strftime('%d/%m/%Y à %H:%M', paid_at / 1000, 'unixepoch', '+1 hour') AS paid,
       strftime('%d/%m/%Y à %H:%M', delivered_at / 1000, 'unixepoch', '+1 hour') AS delivered,
       strftime('%d/%m/%Y à %H:%M', refunded_at / 1000, 'unixepoch', '+1 hour') AS refunded,
       strftime('%d/%m/%Y à %H:%M', archived_at / 1000, 'unixepoch', '+1 hour') AS archived,
       strftime('%d/%m/%Y à %H:%M', not_paid_at / 1000, 'unixepoch', '+1 hour') AS not_paid,
       CASE WHEN refunded_at IS NOT NULL THEN 'refunded'
            WHEN delivered_at IS NOT NULL THEN 'delivered'
            WHEN paid_at IS NOT NULL THEN 'paid'
            WHEN archived_at IS NOT NULL THEN 'archived'
            WHEN token IS NULL THEN 'ordered'
            WHEN failure = 'TIMEOUT' THEN 'timed-out'
            WHEN failure IS NOT NULL THEN lower(failure)
            WHEN problem IS NOT NULL THEN 'delayed'
            -- Sent to pay more than a minute ago, and not paid: the callback of a failure may be lost.
            WHEN not_paid_at > sent_at AND unixepoch() * 1000 - sent_at > 60000 THEN 'late'
            ELSE 'pending' END AS state,
       IIF(paid_at IS NULL, problem, NULL) AS problem, problem_text,
       strftime('%d/%m/%Y à %H:%M', problem_at / 1000, 'unixepoch', '+1 hour') AS problem_time
FROM orders LEFT JOIN payments ON order_id = id;
