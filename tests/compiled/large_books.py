"""Books of a shop that has been open for two years, written by the database itself: many orders, few of them open.

Most orders are long done, the newest are being worked on, a few old ones were forgotten. One buyer in fifty buys as
often as all the others. Times and keys grow together, as they do in life; everything follows from the order's number.
"""

import asyncpg

FIRST_DAY = "timestamptz '2024-11-23 12:00Z'"
DAYS = 730
VARIANTS = 5_000

# uid(table, n, i): the key of the i-th child of order n, a UUIDv7 in shape and in order of time.
# chance(n, salt): from 0 to below 1, the same each time.
_FUNCTIONS = """
create function uid(kind int, n bigint, i bigint) returns uuid immutable language sql return
    (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8'
    || lpad(to_hex(i), 15, '0'))::uuid;
create function chance(n bigint, salt int) returns float8 immutable language sql return
    (hashint8extended(n, salt) & 1048575) / 1048576.0;
"""

_PLACES = """
insert into channels (id, code, name, currency, legal_entity, time_zone, is_active)
    select uid(1, 0, n), 'channel-' || n, 'Channel', 'EUR', 'Waybill GmbH', 'Europe/Berlin', true
    from generate_series(0, 3) n;
insert into locations (id, code, name, kind, legal_entity, time_zone, country_code, postal_code, city, street, priority,
        allows_negative_on_hand, is_active)
    select uid(2, 0, n), 'location-' || n, 'Location', case when n < 4 then 'WAREHOUSE' else 'STORE' end,
        'Waybill GmbH', 'Europe/Berlin', 'DE', '10115', 'Berlin', 'Street 1', n, false, true
    from generate_series(0, 5) n;
insert into products (id, handle, title, description, is_active, created_at)
    select uid(3, n, 0), 'product-' || n, 'Product ' || n % 500, '', n % 50 > 0,
        {first_day} + n * interval '1 minute'
    from generate_series(1, {variants}) n;
insert into variants (id, product_id, sku, title, kind, is_stock_tracked, is_active, composition, backorder_policy,
        traceability, is_first_expired_first_out, unit_of_measure)
    select uid(4, n, 0), uid(3, n, 0), 'SKU-' || lpad(n::text, 6, '0'), 'One', 'PHYSICAL', true, true, 'SINGLE', 'DENY',
        'NONE', false, 'each'
    from generate_series(1, {variants}) n;
insert into prices (id, variant_id, channel_id, currency, amount_minor)
    select uid(5, n, i), uid(4, n, 0), uid(1, 0, i), 'EUR', 1999
    from generate_series(1, {variants}) n, generate_series(0, 3) i;
insert into stock_levels (id, variant_id, location_id, sku, on_hand, allocated, reserved, waiting, damaged, quarantined,
        safety_stock, incoming, updated_at)
    select uid(6, n, i), uid(4, n, 0), uid(2, 0, i), 'SKU-' || lpad(n::text, 6, '0'),
        case when n % 200 > 0 then 100 else 0 end, 0, 0, case when n % 200 > 0 then 0 else 2 end, 0, 0, 0, 0,
        {first_day} + (n * 7 + i) % 1000 * interval '1 hour'
    from generate_series(1, {variants}) n, generate_series(0, 2) i;
insert into customers (id, email, name, phone, external_reference, created_at)
    select uid(7, n, 0), 'buyer-' || n || '@example.org', 'Buyer ' || n, null, 'K-' || n,
        {first_day} + n * 3 * {step}
    from generate_series(0, {orders} / 3) n;
"""

# What each order is: `stage` says how far it came.
_BOOKS = """
create temporary table book as
select n, {first_day} + n * {step} as placed_at, 1 + n % 3 as size, 1 + (chance(n,
    1) ^ 2 * {variants})::int % {variants} as sku,
    case when chance(n, 2) < 0.05 then 0 when chance(n, 2) < 0.5 then (chance(n, 3) * {orders} / 150)::int
        else (chance(n, 4) * {orders} / 3)::int end as buyer,
    case when n % 1000 = 7 then 'PENDING' when n % 1000 = 13 then 'OPEN' when chance(n, 5) < 0.03 then 'CANCELED'
        when chance(n, 5) < 0.033 then 'REJECTED' when chance(n, 5) < 0.036 then 'EXPIRED'
        when n <= {orders} * 0.985 then 'DONE' when n <= {orders} * 0.995 then 'SHIPPED' else 'OPEN' end as stage,
    floor(sqrt(chance(n, 6)) * 6)::int as place
from generate_series(1, {orders}) n;
analyze book;
insert into orders (id, number, channel_id, external_reference, origin, customer_id, status, fulfillment_status,
        authorize_status, charge_status, return_status, currency, subtotal_minor, charges_minor, discount_minor,
        tax_minor, total_minor, canceled_minor, shipping_method, placed_at, recorded_at, updated_at, completed_at,
        version, revision)
    select uid(8, n, 0), upper(substr(md5(n::text), 1, 12)), uid(1, 0, (chance(n, 7) ^ 3 * 4)::int % 4),
        case when n % 4 > 0 then 'REF-' || n end, case when n < {orders} / 20 then 'IMPORTED_HISTORY' else 'PLACED' end,
        case when n % 20 > 0 then uid(7, buyer, 0) end,
        case stage when 'DONE' then 'COMPLETED' when 'SHIPPED' then 'CONFIRMED' when 'OPEN' then 'CONFIRMED'
            else stage end,
        case stage when 'DONE' then 'DELIVERED' when 'SHIPPED' then 'SHIPPED' else 'UNFULFILLED' end,
        case when stage in ('DONE', 'SHIPPED') then 'FULL' else 'NONE' end,
        case when stage in ('DONE', 'SHIPPED') then case when n % 3000 = 5 then 'OVERCHARGED' else 'FULL' end
            else 'NONE' end,
        case when stage = 'DONE' and n % 40 = 0 then 'RETURNED' when stage = 'SHIPPED' and n % 40 = 0 then 'REQUESTED'
            else 'NONE' end,
        'EUR', size * 1999, 490, 0, 0, size * 1999 + 490, 0, 'standard', placed_at, placed_at,
        placed_at + case stage when 'DONE' then interval '4 days' when 'SHIPPED' then interval '1 day'
            else interval '10 minutes' end,
        case when stage = 'DONE' then placed_at + interval '4 days' end, 12, 2
    from book;
insert into order_lines (id, order_id, position, variant_id, sku, title, quantity, currency, unit_price_minor,
        discount_minor, net_minor, tax_minor, gross_minor)
    select uid(9, n, i), uid(8, n, 0), i, uid(4, 1 + (sku + i) % {variants}, 0),
        'SKU-' || lpad((1 + (sku + i) % {variants})::text, 6, '0'), 'A thing', 1, 'EUR', 1999, 0, 1680, 319, 1999
    from book, generate_series(1, size) i;
insert into requirements (id, order_id, line_id, variant_id, sku, units_per_item, is_stocked, required, canceled,
        unallocated, waiting, allocated, picked, packed, shipped, delivered, lost, returned, currency, gross_minor,
        released_minor)
    select uid(10, n, i), uid(8, n, 0), uid(9, n, i), uid(4, 1 + (sku + i) % {variants}, 0),
        'SKU-' || lpad((1 + (sku + i) % {variants})::text, 6, '0'), 1, true, 1,
        (stage in ('CANCELED', 'REJECTED', 'EXPIRED'))::int, 0, 0, (stage in ('OPEN', 'PENDING'))::int, 0, 0,
        (stage in ('DONE', 'SHIPPED'))::int, (stage = 'DONE')::int, 0, 0, 'EUR', 1999, 0
    from book, generate_series(1, size) i;
insert into charges (id, order_id, position, kind, title, currency, net_minor, tax_minor, gross_minor)
    select uid(11, n, 0), uid(8, n, 0), 1, 'SHIPPING', 'Shipping', 'EUR', 412, 78, 490 from book;
insert into order_addresses (id, order_id, kind, name, street, postal_code, city, country_code)
    select uid(12, n, 0), uid(8, n, 0), 'SHIPPING', 'Buyer ' || buyer, 'Street 1', '10115', 'Berlin', 'DE'
    from book;
insert into holds (id, order_id, kind, reason, placed_by, placed_at, released_by, released_at)
    select uid(13, n, 0), uid(8, n, 0), 'FRAUD', 'Looks odd.', 'staff:sam', placed_at,
        case when stage <> 'OPEN' then 'staff:sam' end, case when stage <> 'OPEN' then placed_at + interval '1 hour' end
    from book where n % 30 = 0;
insert into allocations (id, requirement_id, order_id, location_id, variant_id, sku, quantity)
    select uid(14, n, i), uid(10, n, i), uid(8, n, 0), uid(2, 0, place),
        uid(4, 1 + (sku + i) % {variants}, 0), 'SKU-' || lpad((1 + (sku + i) % {variants})::text, 6, '0'),
        (stage in ('OPEN', 'PENDING'))::int
    from book, generate_series(1, size) i;
insert into backorders (id, requirement_id, order_id, level_id, variant_id, location_id, sku, quantity, is_preorder,
        promised_at, created_at, ended_at)
    select uid(32, n, i), uid(10, n, i), uid(8, n, 0), uid(6, 1 + (sku + i) % {variants}, place % 3),
        uid(4, 1 + (sku + i) % {variants}, 0), uid(2, 0, place % 3),
        'SKU-' || lpad((1 + (sku + i) % {variants})::text, 6, '0'), (stage = 'OPEN')::int, n % 7 = 0,
        placed_at + interval '14 days', placed_at,
        case when stage <> 'OPEN' then placed_at + interval '3 days' end
    from book, generate_series(1, size) i where n % 4 = 1;
insert into payments (id, order_id, method, status, currency, expected_minor, authorized_minor, captured_minor,
        refunded_minor, created_at)
    select uid(15, n, 0), uid(8, n, 0), 'manual',
        case when stage in ('DONE', 'SHIPPED') then 'CAPTURED' when stage in ('OPEN', 'PENDING') then 'PENDING'
            else 'CANCELED' end,
        'EUR', size * 1999 + 490, paid, paid, 0, placed_at
    from book, lateral (select case when stage in ('DONE', 'SHIPPED') then size * 1999 + 490 else 0 end as paid) p;
insert into payment_transactions (id, payment_id, order_id, kind, currency, amount_minor, actor, occurred_at)
    select uid(16, n, 0), uid(15, n, 0), uid(8, n, 0), 'SALE', 'EUR', size * 1999 + 490, 'staff:sam',
        placed_at + interval '1 hour'
    from book where stage in ('DONE', 'SHIPPED');
insert into fulfillment_orders (id, order_id, location_id, number, status, delivery_method, units_to_pack, units_packed,
        created_at, closed_at)
    select uid(17, n, 0), uid(8, n, 0), uid(2, 0, place), upper(substr(md5(n::text), 1, 12)) || '-1',
        case when stage in ('DONE', 'SHIPPED') then 'CLOSED' when stage <> 'OPEN' then 'CANCELED'
            when n % 5 = 0 then 'IN_PROGRESS' else 'OPEN' end,
        case when n % 500 = 1 then 'PICKUP' else 'SHIP' end, (stage = 'OPEN')::int * size, 0, placed_at,
        case when stage in ('DONE', 'SHIPPED') then placed_at + interval '1 day' end
    from book where stage <> 'PENDING';
insert into fulfillment_order_lines (id, fulfillment_order_id, order_id, requirement_id, sku, quantity, packed,
    canceled)
    select uid(18, n, i), uid(17, n, 0), uid(8, n, 0), uid(10, n, i),
        'SKU-' || lpad((1 + (sku + i) % {variants})::text, 6, '0'), 1, (stage in ('DONE', 'SHIPPED'))::int, 0
    from book, generate_series(1, size) i where stage <> 'PENDING';
insert into shipments (id, order_id, fulfillment_order_id, location_id, status, carrier, created_at, shipped_at,
        delivered_at)
    select uid(19, n, 0), uid(8, n, 0), uid(17, n, 0), uid(2, 0, place),
        case when stage = 'SHIPPED' then case when n % 10 = 0 then 'PACKED' else 'SHIPPED' end
            when n % 500 = 3 then 'LOST' else 'DELIVERED' end,
        case when n % 4000 = 9 then 'bike' when n % 3 = 0 then 'ups' else 'dhl' end, placed_at + interval '20 hours',
        placed_at + interval '1 day', case when stage = 'DONE' then placed_at + interval '3 days' end
    from book where stage in ('DONE', 'SHIPPED');
insert into parcels (id, shipment_id, order_id, position, carrier, tracking_number, tracking_status, outcome)
    select uid(20, n, 0), uid(19, n, 0), uid(8, n, 0), 1, 'dhl', 'T' || lpad(n::text, 12, '0'),
        case when stage = 'DONE' then 'DELIVERED' else 'IN_TRANSIT' end,
        case when stage = 'DONE' then 'DELIVERED' else 'OPEN' end
    from book where stage in ('DONE', 'SHIPPED');
insert into parcel_lines (id, parcel_id, shipment_id, order_id, requirement_id, sku, quantity)
    select uid(21, n, i), uid(20, n, 0), uid(19, n, 0), uid(8, n, 0), uid(10, n, i),
        'SKU-' || lpad((1 + (sku + i) % {variants})::text, 6, '0'), 1
    from book, generate_series(1, size) i where stage in ('DONE', 'SHIPPED');
insert into scans (id, parcel_id, order_id, status, occurred_at, recorded_at, carrier_reference)
    select uid(22, n, i), uid(20, n, 0), uid(8, n, 0),
        case when i = 2 and stage = 'DONE' then 'DELIVERED' else 'IN_TRANSIT' end, placed_at + i * interval '1 day',
        placed_at + i * interval '1 day', 's' || i
    from book, generate_series(1, 2) i where stage in ('DONE', 'SHIPPED');
insert into returns (id, order_id, number, status, resolution, reason, units_awaited, units_undecided, requested_at)
    select uid(23, n, 0), uid(8, n, 0), upper(substr(md5(n::text), 1, 12)) || '-R1',
        case when stage = 'SHIPPED' then 'REQUESTED' when n % 80 = 0 then 'COMPLETED' when n % 720 = 40 then 'DECLINED'
            else 'COMPLETED' end,
        case when n % 4000 = 40 then 'EXCHANGE' else 'REFUND' end, 'Too small', 0, 0, placed_at + interval '5 days'
    from book where stage in ('DONE', 'SHIPPED') and n % 40 = 0;
insert into return_lines (id, rma_id, order_id, requirement_id, sku, quantity, received, receipt_status, currency,
        refund_minor)
    select uid(24, n, 0), uid(23, n, 0), uid(8, n, 0), uid(10, n, 1),
        'SKU-' || lpad((1 + (sku + 1) % {variants})::text, 6, '0'), 1, (stage = 'DONE')::int,
        case when stage = 'DONE' then 'RECEIVED' else 'AWAITING' end, 'EUR', 0
    from book where stage in ('DONE', 'SHIPPED') and n % 40 = 0;
insert into dispositions (id, rma_id, return_line_id, location_id, variant_id, sku, quantity, status, decided_at)
    select uid(25, n, 0), uid(23, n, 0), uid(24, n, 0), uid(2, 0, place),
        uid(4, 1 + (sku + 1) % {variants}, 0), 'SKU-' || lpad((1 + (sku + 1) % {variants})::text, 6, '0'), 1,
        'RESTOCKED', placed_at + interval '9 days'
    from book where stage = 'DONE' and n % 40 = 0;
insert into refunds (id, order_id, payment_id, return_id, status, currency, amount_minor, reason, granted_at,
    succeeded_at)
    select uid(26, n, 0), uid(8, n, 0), uid(15, n, 0), uid(23, n, 0), 'SUCCEEDED', 'EUR', 1999,
        'It came back.', placed_at + interval '9 days', placed_at + interval '9 days'
    from book where stage = 'DONE' and n % 40 = 0;
insert into reservations (id, channel_id, customer_id, order_id, external_reference, status, created_by, created_at,
        expires_at, ended_at)
    select uid(32, n, 0), uid(1, 0, (chance(n, 7) ^ 3 * 4)::int % 4), case when n % 20 > 0 then uid(7, buyer, 0) end,
        case when n % 3 > 0 then uid(8, n, 0) end, 'BASKET-' || n,
        case when n % 3 > 0 then 'TAKEN' when n > {orders} - 60 then 'ACTIVE' when n % 9 = 6 then 'RELEASED'
            else 'EXPIRED' end,
        'staff:sam', placed_at - interval '5 minutes', placed_at + interval '10 minutes',
        case when n % 3 > 0 or n <= {orders} - 60 then placed_at end
    from book;
insert into reservation_lines (id, reservation_id, level_id, variant_id, location_id, sku, quantity, held, expires_at)
    select uid(33, n, i), uid(32, n, 0), uid(6, 1 + (sku + i) % {variants}, place % 3),
        uid(4, 1 + (sku + i) % {variants}, 0), uid(2, 0, place % 3),
        'SKU-' || lpad((1 + (sku + i) % {variants})::text, 6, '0'), 1, (n % 3 = 0 and n > {orders} - 60)::int,
        placed_at + interval '10 minutes'
    from book, generate_series(1, size) i;
update stock_levels set reserved = basket.units
    from (select level_id, sum(held) as units from reservation_lines where held > 0 group by 1) as basket
    where id = level_id;
insert into stock_movements (id, level_id, sku, location_id, on_hand, allocated, reserved, waiting, damaged,
        quarantined, safety_stock, incoming, cause, order_id, actor, occurred_at)
    select uid(27, n, i * 2 + j), uid(6, 1 + (sku + i) % {variants}, place % 3),
        'SKU-' || lpad((1 + (sku + i) % {variants})::text, 6, '0'), uid(2, 0, place % 3),
        -j, 1 - 2 * j, 0, 0, 0, 0, 0, 0,
        case when j = 0 then 'ALLOCATED' else 'SHIPPED' end, uid(8, n, 0), 'staff:sam',
        placed_at + j * interval '1 day'
    from book, generate_series(1, size) i, generate_series(0, 1) j where j = 0 or stage in ('DONE', 'SHIPPED');
insert into stock_movements (id, level_id, sku, location_id, on_hand, allocated, reserved, waiting, damaged,
        quarantined, safety_stock, incoming, cause, subject_id, actor, occurred_at)
    select uid(32, n, i), uid(6, 1 + (sku + i) % {variants}, place % 3),
        'SKU-' || lpad((1 + (sku + i) % {variants})::text, 6, '0'), uid(2, 0, place % 3), 10, 0, 0, 0, 0, 0, 0, 0,
        (array['RECEIVED', 'COUNTED', 'DAMAGED'])[1 + n / 30 % 3], uid(33, n, 0), 'staff:wim',
        placed_at + i * interval '1 minute'
    from book, generate_series(1, 30) i where n % 30 = 0;
insert into stock_log (id, position, type, level_id, data, actor, occurred_at)
    select uid(34, n, i), case when n < {orders} then n * 3 + i end, 'StockLevelChanged',
        uid(6, 1 + (sku + i) % {variants}, place % 3), '{{"available_before": 2, "available": 1}}', 'staff:sam',
        placed_at
    from book, generate_series(1, 3) i;
insert into log (id, order_id, sequence, position, type, subject_id, data, actor, occurred_at)
    select uid(28, n, i), uid(8, n, 0), i, case when n < {orders} or i < 6 then n * 6 + i end,
        (array['OrderPlaced', 'PaymentExpected', 'OrderConfirmed', 'FulfillmentOrderOpened', 'ShipmentShipped',
        'ParcelScanned'])[i], null, '{{}}', 'staff:sam', placed_at + i * interval '1 minute'
    from book, generate_series(1, 6) i;
insert into idempotency_keys (id, principal, key, operation, fingerprint, outcome, created_at, expires_at)
    select uid(29, n, 0), 'staff:sam', 'key-' || n, 'place_order', md5(n::text) || md5(n::text),
        '{{"id": "0"}}', placed_at, placed_at + interval '30 days'
    from book;
insert into jobs (id, kind, payload, status, attempts, run_at, created_at, finished_at)
    select uid(30, n, 0), 'expire_order', '{{}}',
        case when stage = 'PENDING' then 'QUEUED' when n % 5000 = 1 then 'DEAD' when n > {orders} - 30 then 'RUNNING'
            else 'DONE' end,
        1, placed_at + interval '3 days', placed_at, case when stage <> 'PENDING' then placed_at + interval '3 days' end
    from book;
insert into tracking_links (id, order_id, token_hash, created_at, expires_at)
    select uid(31, n, 0), uid(8, n, 0), md5('a' || n) || md5('b' || n), placed_at,
        placed_at + interval '180 days'
    from book where stage in ('DONE', 'SHIPPED');
insert into feed_head (id, position) values (1, {orders} * 6 + 5), (2, {orders} * 3);
"""

# What goes on in the stockrooms beside orders.
_STOCKROOM = """
insert into supplies (id, number, kind, supplier, external_reference, location_id, status, currency, expected_at,
        created_by, created_at)
    select uid(43, n, 0), 'S-' || upper(substr(md5(n::text), 1, 12)),
        case when n % 3 > 0 then 'PURCHASE_ORDER' else 'SHIPPING_NOTICE' end, 'Potters Ltd',
        case when n % 4 > 0 then 'PO-' || n end, uid(2, 0, n % 6),
        case when n > 5990 then 'DRAFT' when n > 5960 then 'CONFIRMED' when n > 5950 then 'PARTIALLY_RECEIVED'
            when n % 20 = 0 then 'CANCELED' else 'RECEIVED' end,
        'EUR', {first_day} + n * interval '1 hour' + interval '30 days', 'staff:ida',
        {first_day} + n * interval '1 hour'
    from generate_series(1, 6000) n;
insert into supply_lines (id, supply_id, variant_id, location_id, sku, ordered, expected, received, currency,
        unit_cost_minor, expected_at)
    select uid(44, n, i), uid(43, n, 0), uid(4, 1 + (n + i) % {variants}, 0), uid(2, 0, n % 6),
        'SKU-' || lpad((1 + (n + i) % {variants})::text, 6, '0'), 10, 5 * (n between 5951 and 5990)::int,
        case when n > 5960 then 0 else 5 end, 'EUR', 250,
        {first_day} + n * interval '1 hour' + case when n > 5950 then interval '100 years' else interval '30 days' end
    from generate_series(1, 6000) n, generate_series(1, 3) i;
insert into uploads (id, filename, media_type, content, size, sha256, created_by, created_at, is_forgotten, expires_at)
    select uid(40, n, 0), 'count.csv', 'text/csv', '', 0, md5('a' || n) || md5('b' || n), 'staff:ida',
        {first_day} + n * interval '1 hour', true, {first_day} + n * interval '1 hour'
    from generate_series(1, 3000) n;
insert into bulk_runs (id, upload_id, filename, mode, is_dry_run, status, rows, done, applied, unchanged, refused,
        created_by, created_at)
    select uid(41, n, 0), uid(40, n, 0), 'count.csv', 'SET', false,
        case when n > 2997 then 'RUNNING' when n % 500 = 0 then 'CANCELED' else 'COMPLETED' end, 10, 10, 9, 0, 1,
        'staff:ida', {first_day} + n * interval '1 hour'
    from generate_series(1, 3000) n;
insert into imports (id, filename, mapping, channel, mode, status, percent, rows_read, rows_imported,
        rows_already_there, rows_reported, orders_imported, orders_already_there, orders_reported, version, started_at,
        heard_of_at)
    select uid(45, n, 0), 'orders.csv', 'orders.toml', 'channel-1', 'HISTORY', 'FINISHED', 100, 9, 9, 0, 0, 3, 0, 0, 2,
        now() - n * interval '1 hour', now() - n * interval '1 hour'
    from generate_series(1, 30) n;
insert into bulk_rows (id, run_id, number, sku, location, outcome, change)
    select uid(42, n, i), uid(41, n, 0), i, 'SKU-000001', 'location-0',
        case when i = 7 then 'REFUSED' else 'APPLIED' end, 1
    from generate_series(1, 3000) n, generate_series(2, 11) i;
insert into transfers (id, number, source_id, destination_id, status, created_by, created_at, released_at, ended_at)
    select uid(45, n, 0), 'T-' || upper(substr(md5(n::text), 1, 12)), uid(2, 0, n % 6), uid(2, 0, (n + 1) % 6),
        case when n > 5990 then 'DRAFT' when n > 5980 then 'RELEASED' when n > 5960 then 'IN_TRANSIT'
            when n > 5950 then 'PARTIALLY_RECEIVED' when n % 20 = 0 then 'CANCELED' else 'RECEIVED' end,
        'staff:ida', {first_day} + n * interval '1 hour', {first_day} + n * interval '1 hour',
        case when n <= 5950 then {first_day} + n * interval '1 hour' end
    from generate_series(1, 6000) n;
insert into transfer_lines (id, transfer_id, variant_id, sku, quantity, allocated, dispatched, received, written_off,
        short, surplus, damaged)
    select uid(46, n, i), uid(45, n, 0), uid(4, 1 + (n + i) % {variants}, 0),
        'SKU-' || lpad((1 + (n + i) % {variants})::text, 6, '0'), 10, 0, case when n <= 5980 then 10 else 0 end,
        case when n <= 5950 then 10 else 0 end, 0, 0, 0, 0
    from generate_series(1, 6000) n, generate_series(1, 3) i;
insert into assemblies (id, number, variant_id, sku, location_id, status, quantity, made, created_by, created_at)
    select uid(47, n, 0), 'A-' || upper(substr(md5(n::text), 1, 12)), uid(4, 1 + n % 40, 0),
        'SKU-' || lpad((1 + n % 40)::text, 6, '0'), uid(2, 0, n % 6),
        case when n > 5990 then 'DRAFT' when n > 5980 then 'RELEASED' when n % 20 = 0 then 'CANCELED'
            else 'COMPLETED' end,
        10, case when n <= 5980 then 10 else 0 end, 'staff:ida', {first_day} + n * interval '1 hour'
    from generate_series(1, 6000) n;
insert into assembly_lines (id, assembly_id, variant_id, sku, units_per_kit, allocated, used)
    select uid(48, n, i), uid(47, n, 0), uid(4, 100 + i, 0), 'SKU-' || lpad((100 + i)::text, 6, '0'), 2, 0, 20
    from generate_series(1, 6000) n, generate_series(1, 2) i;
insert into stock_movements (id, level_id, sku, location_id, on_hand, allocated, reserved, waiting, damaged,
        quarantined, safety_stock, incoming, cause, subject_id, actor, occurred_at)
    select uid(49, n, i), uid(6, 1 + (n + i) % {variants}, n % 3),
        'SKU-' || lpad((1 + (n + i) % {variants})::text, 6, '0'), uid(2, 0, n % 3), 10, 0, 0, 0, 0, 0, 0, -10,
        'TRANSFERRED_IN',
        uid(case when i = 4 then 47 else 45 end, n, 0), 'staff:ida', {first_day} + n * interval '1 hour'
    from generate_series(1, 6000) n, generate_series(1, 4) i;
insert into lots (id, level_id, number, expires_on, on_hand, quarantined, received_at)
    select uid(43, n, 0), uid(6, 1 + n % 40, 0), 'L-' || n, date '2026-01-01' + n % 900, n % 3, 0,
        {first_day} + n * interval '10 minutes'
    from generate_series(1, 20000) n;
insert into serial_numbers (id, variant_id, number, status, level_id, received_at)
    select uid(44, n, 0), uid(4, 1 + n % 40, 0), 'SN-' || lpad(n::text, 8, '0'),
        case when n % 10 = 0 then 'ON_HAND' else 'SHIPPED' end, uid(6, 1 + n % 40, 0),
        {first_day} + n * interval '10 minutes'
    from generate_series(1, 40000) n;
insert into stock_snapshots (id, location_id, as_of, external_reference, rows, corrected, outdated, applied_at, actor)
    select uid(50, n, 0), uid(2, 0, n % 6), {first_day} + n * interval '1 hour', 'NIGHT-' || n, 10, 1, 0,
        {first_day} + n * interval '1 hour' + interval '5 minutes', 'staff:ida'
    from generate_series(1, 6000) n;
insert into shortages (id, level_id, is_open, units, opened_at, resolved_at)
    select uid(45, n, 0), uid(6, 1 + n % 40, 0), n % 1000 = 0, (n % 1000 = 0)::int,
        {first_day} + n * interval '30 minutes',
        case when n % 1000 > 0 then {first_day} + n * interval '31 minutes' end
    from generate_series(1, 20000) n where n % 1000 > 0 or n <= 1000;
"""

_END = """
drop function uid;
drop function chance;
drop table book;
"""


async def write_books(connection: asyncpg.Connection, orders: int) -> None:
    """Two years of a shop with so many orders, and the planner told of them; some twenty-five rows an order.

    Foreign keys are not looked at and plain indexes are made afterwards, for it takes half the time. Needs a superuser.
    """
    indexes = await connection.fetch(
        "select indexname, indexdef from pg_indexes where schemaname = 'public' and indexdef like 'CREATE INDEX%'"
    )
    words = {
        "orders": orders,
        "variants": VARIANTS,
        "first_day": FIRST_DAY,
        "step": f"interval '{DAYS * 86400 / orders} seconds'",
    }
    async with connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        for index in indexes:
            await connection.execute(f'drop index "{index["indexname"]}"')
        for script in (_FUNCTIONS, _PLACES, _BOOKS, _STOCKROOM, _END):
            await connection.execute(script.format(**words) if script is not _FUNCTIONS else script)
        for index in indexes:
            await connection.execute(index["indexdef"])
    await connection.execute("vacuum analyze")
