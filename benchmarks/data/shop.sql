-- The shop: one channel, a few locations, customers, products of one variant each, prices, and empty stock levels.
-- Three names are filled in by generate.py: :orders, :skus, :places. Statements end with a semicolon and a line's end.

create temp table size as select :orders::bigint as orders, :skus::bigint as skus, :places::bigint as places,
  greatest(:orders / 5, 10)::bigint as customers, timestamptz '2026-11-01 12:00:00+00' as today;

-- A UUIDv7 that depends on nothing but its arguments: the same size gives the same data.
create function pg_temp.key(kind text, n bigint, at timestamptz) returns uuid language sql stable as $$
  select (lpad(to_hex((date_part('epoch', at) * 1000)::bigint), 12, '0') || '7'
    || overlay(substr(md5(kind || n), 1, 19) placing 'a' from 4 for 1))::uuid $$;

-- Things of the shop are all of one day, long ago.
create function pg_temp.old(kind text, n bigint) returns uuid language sql stable as $$
  select pg_temp.key(kind, n, timestamptz '2025-01-01 00:00:00+00') $$;

-- A number below `most` that looks like chance.
create function pg_temp.chance(salt text, n bigint, most bigint) returns bigint language sql stable as $$
  select (('x' || substr(md5(salt || n), 1, 15))::bit(60)::bigint % most) $$;

-- Twelve digits that name n and no other: 387420489 has no divisor in common with 10^12.
create function pg_temp.scattered(n bigint) returns text language sql stable as $$
  select lpad(((n * 387420489 + 271828182845) % 1000000000000)::text, 12, '0') $$;

insert into channels (id, code, name, currency, legal_entity, time_zone, is_active)
values (pg_temp.old('channel', 1), 'web-de', 'Web shop', 'EUR', 'Lantern & Leaf GmbH', 'Europe/Berlin', true);

insert into locations (id, code, name, kind, legal_entity, time_zone, country_code, postal_code, city, street, priority,
  allows_negative_on_hand, is_active)
select pg_temp.old('location', n), 'wh-' || n, 'Warehouse ' || n, 'WAREHOUSE', 'Lantern & Leaf GmbH', 'Europe/Berlin',
  'DE', lpad((10115 + n)::text, 5, '0'), 'Berlin', 'Speicherkai ' || n, n * 10, false, true
from generate_series(1, (select places from size)) n;

insert into customers (id, email, name, phone, created_at)
select pg_temp.old('customer', n), 'buyer-' || n || '@mail.example', 'Buyer Number ' || n,
  '+4930' || lpad(n::text, 8, '0'), timestamptz '2025-01-01 00:00:00+00' + n * interval '7 seconds'
from generate_series(1, (select customers from size)) n;

insert into products (id, handle, title, description, is_active, created_at)
select pg_temp.old('product', n), 'product-' || n, 'Product ' || n, 'What product ' || n || ' is good for.', true,
  timestamptz '2025-01-01 00:00:00+00' + n * interval '1 minute'
from generate_series(1, (select skus from size)) n;

insert into variants (id, product_id, sku, title, kind, is_stock_tracked, is_active, composition, backorder_policy,
  traceability, is_first_expired_first_out, unit_of_measure, weight_grams)
select pg_temp.old('variant', n), pg_temp.old('product', n), 'SKU-' || lpad(n::text, 6, '0'),
  'Product ' || n || ', in its usual size', 'PHYSICAL', true, true, 'SINGLE', 'DENY', 'NONE', false, 'each', 100 + n % 900
from generate_series(1, (select skus from size)) n;

insert into prices (id, variant_id, channel_id, currency, amount_minor)
select pg_temp.old('price', n), pg_temp.old('variant', n), pg_temp.old('channel', 1), 'EUR', 500 + n * 7919 % 9500
from generate_series(1, (select skus from size)) n;
