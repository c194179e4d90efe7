#!/bin/sh
# Checks every token of the shop once more, and fails if an order is paid but not shipped.
# Install it as /usr/local/bin/ekolopay-night. ekolopay-night.service gives it a directory to work in and the credentials.
set -eu
shop=${1:-/var/lib/ekolopay-shop/shop.db}

rm -f before.db after.db
ekolopay-shop backup "$shop" before.db
sqlite3 -header -csv before.db 'SELECT id AS "order", token FROM orders WHERE token IS NOT NULL' > orders.csv
[ -s orders.csv ] || echo order,token > orders.csv # sqlite3 prints no header if there are no rows

# Rows that are paid are final; the others are asked about again.
code=0
ekolopay-reconcile orders.csv --output night.csv --again not_paid,refused,error || code=$?
[ -e night.csv ] || exit "$code"

# A copy made after the answers, because the shop ships while the job runs.
ekolopay-shop backup "$shop" after.db
unshipped=$(sqlite3 after.db '.mode csv' '.import night.csv night' \
    "SELECT CAST(\"order\" AS INTEGER) FROM night WHERE outcome = 'paid' EXCEPT SELECT order_id FROM shipments")
rm -f before.db after.db
if [ -n "$unshipped" ]; then
    printf 'paid but not shipped: order %s\n' $unshipped >&2
    exit 1
fi
exit "$code"
