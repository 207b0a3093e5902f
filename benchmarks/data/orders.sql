-- The orders, and everything that belongs to them. `plan` says of each order how far it is, `bought` of each line what.

-- The newest 20,000 are partly at work (3 of 10) and on their way (3 of 10); all others have arrived. The last is now.
create temp table plan as
select n, placed_at, pg_temp.key('order', n, placed_at) as id, stage,
  substr(digits, 1, 4) || '-' || substr(digits, 5, 4) || '-' || substr(digits, 9) as number, digits,
  1 + pg_temp.chance('customer', n, customers) as customer, 1 + pg_temp.chance('place', n, places) as place,
  case stage when 'open' then 5 when 'sent' then 11 else 15 end as events,
  case stage when 'open' then placed_at + interval '5 minutes' when 'sent' then placed_at + interval '26 hours'
    else placed_at + interval '50 hours' end as updated_at
from (
  select n, orders, customers, places, today - (orders - n) * (interval '400 days' / orders)
      - pg_temp.chance('second', n, 30000000) * interval '1 microsecond' as placed_at,
    pg_temp.scattered(n) as digits,
    case when n > orders - 20000 and pg_temp.chance('stage', n, 10) < 3 then 'open'
      when n > orders - 20000 and pg_temp.chance('stage', n, 10) < 6 then 'sent' else 'arrived' end as stage
  from size, generate_series(1, (select orders from size)) n) as drawn;

create temp table bought as
select n, p, id as order_id, placed_at, stage, place, sku, price, quantity, quantity * price as gross,
  quantity * price - round(quantity * price / 1.19)::bigint as tax
from (
  select n, p, id, placed_at, stage, place, drawn.sku, 500 + drawn.sku * 7919 % 9500 as price,
    1 + pg_temp.chance('quantity', n * 3 + p, 3) as quantity
  from plan, generate_series(1, 3) p,
    lateral (select 1 + (pg_temp.chance('sku', n, skus) + (p - 1) * 37) % skus as sku from size) as drawn) as priced;

analyze plan;

analyze bought;

insert into orders (id, number, channel_id, external_reference, origin, customer_id, status, fulfillment_status,
  authorize_status, charge_status, return_status, currency, subtotal_minor, charges_minor, discount_minor, tax_minor,
  total_minor, canceled_minor, shipping_method, placed_at, recorded_at, updated_at, completed_at, version, revision)
select plan.id, plan.number, pg_temp.old('channel', 1), 'shop-' || plan.n, 'PLACED',
  pg_temp.old('customer', plan.customer), case plan.stage when 'arrived' then 'COMPLETED' else 'CONFIRMED' end,
  case plan.stage when 'open' then 'UNFULFILLED' when 'sent' then 'SHIPPED' else 'DELIVERED' end, 'FULL', 'FULL',
  'NONE', 'EUR', sums.gross, 490, 0, sums.tax + 78, sums.gross + 490, 0, 'Standard', plan.placed_at, plan.placed_at,
  plan.updated_at, case plan.stage when 'arrived' then plan.updated_at end, plan.events,
  case plan.stage when 'open' then 2 else 3 end
from plan join (select n, sum(gross) as gross, sum(tax) as tax from bought group by n) as sums using (n)
order by plan.n;

insert into order_lines (id, order_id, position, variant_id, sku, title, quantity, currency, unit_price_minor,
  discount_minor, net_minor, tax_minor, gross_minor)
select pg_temp.key('line', n * 3 + p, placed_at), order_id, p, pg_temp.old('variant', sku),
  'SKU-' || lpad(sku::text, 6, '0'), 'Product ' || sku || ', in its usual size', quantity, 'EUR', price, 0, gross - tax,
  tax, gross
from bought order by n, p;

insert into requirements (id, order_id, line_id, variant_id, sku, units_per_item, is_stocked, required, canceled,
  unallocated, waiting, allocated, picked, packed, shipped, delivered, lost, returned, currency, gross_minor,
  released_minor)
select pg_temp.key('requirement', n * 3 + p, placed_at), order_id, pg_temp.key('line', n * 3 + p, placed_at),
  pg_temp.old('variant', sku), 'SKU-' || lpad(sku::text, 6, '0'), 1, true, quantity, 0, 0, 0,
  case stage when 'open' then quantity else 0 end, 0, 0, case stage when 'open' then 0 else quantity end,
  case stage when 'arrived' then quantity else 0 end, 0, 0, 'EUR', gross, 0
from bought order by n, p;

insert into charges (id, order_id, position, kind, title, currency, net_minor, tax_minor, gross_minor)
select pg_temp.key('charge', n, placed_at), id, 1, 'SHIPPING', 'Standard shipping', 'EUR', 412, 78, 490
from plan order by n;

insert into order_addresses (id, order_id, kind, name, street, postal_code, city, country_code, phone)
select pg_temp.key(kind, n, placed_at), id, kind, 'Buyer Number ' || customer, 'Lange Strasse ' || customer % 200 + 1,
  lpad((10000 + customer % 80000)::text, 5, '0'), 'Berlin', 'DE', '+4930' || lpad(customer::text, 8, '0')
from plan, unnest(array['SHIPPING', 'BILLING']) as kind order by n;

insert into allocations (id, requirement_id, order_id, location_id, variant_id, sku, quantity)
select pg_temp.key('allocation', n * 3 + p, placed_at), pg_temp.key('requirement', n * 3 + p, placed_at), order_id,
  pg_temp.old('location', place), pg_temp.old('variant', sku), 'SKU-' || lpad(sku::text, 6, '0'),
  case stage when 'open' then quantity else 0 end
from bought order by n, p;

insert into fulfillment_orders (id, order_id, location_id, number, status, delivery_method, units_to_pack, units_packed,
  created_at, closed_at)
select pg_temp.key('work', plan.n, placed_at), id, pg_temp.old('location', place), number || '-1',
  case stage when 'open' then 'OPEN' else 'CLOSED' end, 'SHIP', case stage when 'open' then units else 0 end, 0,
  placed_at, case when stage <> 'open' then placed_at + interval '3 hours' end
from plan join (select n, sum(quantity) as units from bought group by n) as sums using (n) order by plan.n;

insert into fulfillment_order_lines (id, fulfillment_order_id, order_id, requirement_id, sku, quantity, packed, canceled)
select pg_temp.key('work line', n * 3 + p, placed_at), pg_temp.key('work', n, placed_at), order_id,
  pg_temp.key('requirement', n * 3 + p, placed_at), 'SKU-' || lpad(sku::text, 6, '0'), quantity,
  case stage when 'open' then 0 else quantity end, 0
from bought order by n, p;

insert into shipments (id, order_id, fulfillment_order_id, location_id, status, carrier, service, created_at,
  shipped_at, delivered_at)
select pg_temp.key('shipment', n, placed_at), id, pg_temp.key('work', n, placed_at), pg_temp.old('location', place),
  case stage when 'sent' then 'SHIPPED' else 'DELIVERED' end, 'dhl', 'parcel', placed_at + interval '3 hours',
  placed_at + interval '6 hours', case stage when 'arrived' then updated_at end
from plan where stage <> 'open' order by n;

insert into parcels (id, shipment_id, order_id, position, carrier, tracking_number, tracking_url, tracking_status,
  tracked_at, outcome, weight_grams)
select pg_temp.key('parcel', n, placed_at), pg_temp.key('shipment', n, placed_at), id, 1, 'dhl', 'JD' || digits,
  'https://carrier.example/track/JD' || digits, case stage when 'sent' then 'IN_TRANSIT' else 'DELIVERED' end,
  updated_at, case stage when 'sent' then 'OPEN' else 'DELIVERED' end, 400 + n % 4000
from plan where stage <> 'open' order by n;

insert into parcel_lines (id, parcel_id, shipment_id, order_id, requirement_id, sku, quantity)
select pg_temp.key('parcel line', n * 3 + p, placed_at), pg_temp.key('parcel', n, placed_at),
  pg_temp.key('shipment', n, placed_at), order_id, pg_temp.key('requirement', n * 3 + p, placed_at),
  'SKU-' || lpad(sku::text, 6, '0'), quantity
from bought where stage <> 'open' order by n, p;

-- Of a parcel on its way two scans, of one that arrived four.
insert into scans (id, parcel_id, order_id, status, occurred_at, recorded_at, place, description, carrier_reference)
select pg_temp.key('scan', n * 4 + s, scanned_at), pg_temp.key('parcel', n, placed_at), id,
  (array['IN_TRANSIT', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED'])[s], scanned_at, scanned_at,
  (array['Hamburg', 'Hannover', 'Berlin', 'Berlin'])[s],
  (array['Taken over.', 'Sorted, and on its way to the next depot.', 'With the courier.', 'Handed over.'])[s],
  'scan-' || s
from (select *, case s when 1 then placed_at + interval '8 hours' when 2 then placed_at + interval '26 hours'
    when 3 then placed_at + interval '46 hours' else placed_at + interval '50 hours' end as scanned_at
  from plan, generate_series(1, case stage when 'sent' then 2 else 4 end) as s where stage <> 'open') as seen
order by n, s;

insert into payments (id, order_id, method, status, currency, expected_minor, authorized_minor, captured_minor,
  refunded_minor, reference, created_at)
select pg_temp.key('payment', n, plan.placed_at), plan.id, 'card', 'CAPTURED', 'EUR', total_minor, total_minor, total_minor,
  0, 'PAY-' || digits, plan.placed_at
from plan join orders using (id) order by n;

insert into payment_transactions (id, payment_id, order_id, kind, currency, amount_minor, reference, actor, occurred_at)
select pg_temp.key('transaction', n, plan.placed_at), pg_temp.key('payment', n, plan.placed_at), plan.id, 'SALE', 'EUR',
  total_minor, 'PAY-' || digits, 'staff:bench', plan.placed_at + interval '5 minutes'
from plan join orders using (id) order by n;

insert into log (id, order_id, sequence, position, type, subject_id, data, actor, occurred_at)
select pg_temp.key('event', n * 16 + s, occurred_at), id, s, before + s, type, pg_temp.key(about, n, placed_at),
  case type when 'PaymentCaptured' then '{"amount_minor":100,"currency":"EUR"}'::jsonb
    when 'ParcelScanned' then jsonb_build_object('status', said, 'scanned_at', to_char(occurred_at at time zone 'UTC',
      'YYYY-MM-DD"T"HH24:MI:SS.US+00:00'))
    else '{}' end, 'staff:bench', occurred_at
from (
  select n, id, placed_at, s, before, type, about, said, placed_at + after as occurred_at
  from (select *, sum(events) over (order by n) - events as before from plan) as numbered
  join (values
    (1, 'OrderPlaced', null, interval '0', null), (2, 'PaymentExpected', 'payment', interval '0', null),
    (3, 'OrderConfirmed', null, interval '0', null), (4, 'FulfillmentOrderOpened', 'work', interval '0', null),
    (5, 'PaymentCaptured', 'payment', interval '5 minutes', null),
    (6, 'FulfillmentOrderStarted', 'work', interval '2 hours', null),
    (7, 'ShipmentPacked', 'shipment', interval '3 hours', null),
    (8, 'FulfillmentOrderClosed', 'work', interval '3 hours', null),
    (9, 'ShipmentShipped', 'shipment', interval '6 hours', null),
    (10, 'ParcelScanned', 'parcel', interval '8 hours', 'IN_TRANSIT'),
    (11, 'ParcelScanned', 'parcel', interval '26 hours', 'IN_TRANSIT'),
    (12, 'ParcelScanned', 'parcel', interval '46 hours', 'OUT_FOR_DELIVERY'),
    (13, 'ParcelScanned', 'parcel', interval '50 hours', 'DELIVERED'),
    (14, 'ShipmentDelivered', 'shipment', interval '50 hours', null),
    (15, 'OrderCompleted', null, interval '50 hours', null)) as fact (s, type, about, after, said) on s <= events
  ) as told order by n, s;

insert into feed_head (id, position) select 1, coalesce(max(position), 0) from log
on conflict (id) do update set position = excluded.position;

-- A million units of everything, everywhere, but for what was sold: no run of the benchmarks sells out.
create temp table moved as
select sku, place, sum(quantity) filter (where stage = 'open') as held,
  sum(quantity) filter (where stage <> 'open') as gone
from bought group by sku, place;

insert into stock_levels (id, variant_id, location_id, sku, on_hand, allocated, reserved, waiting, damaged, quarantined,
  safety_stock, incoming, updated_at)
select pg_temp.old('level', sku * 100 + place), pg_temp.old('variant', sku), pg_temp.old('location', place),
  'SKU-' || lpad(sku::text, 6, '0'), 1000000 - coalesce(gone, 0), coalesce(held, 0), 0, 0, 0, 0, 0, 0, today
from size, generate_series(1, (select skus from size)) as sku cross join generate_series(1, (select places from size))
  as place left join moved using (sku, place);

insert into stock_movements (id, level_id, sku, location_id, on_hand, allocated, reserved, waiting, damaged,
  quarantined, safety_stock, incoming, cause, actor, note, occurred_at)
select pg_temp.old('receipt', sku * 100 + place), pg_temp.old('level', sku * 100 + place),
  'SKU-' || lpad(sku::text, 6, '0'), pg_temp.old('location', place), 1000000, 0, 0, 0, 0, 0, 0, 0,
  'RECEIVED', 'staff:bench', 'Opening stock', timestamptz '2025-01-01 00:00:00+00'
from generate_series(1, (select skus from size)) as sku cross join generate_series(1, (select places from size))
  as place;

insert into stock_movements (id, level_id, sku, location_id, on_hand, allocated, reserved, waiting, damaged,
  quarantined, safety_stock, incoming, cause, order_id, actor, occurred_at)
select pg_temp.key(cause, n * 3 + p, placed_at), pg_temp.old('level', sku * 100 + place),
  'SKU-' || lpad(sku::text, 6, '0'), pg_temp.old('location', place),
  case cause when 'SHIPPED' then -quantity else 0 end, case cause when 'SHIPPED' then -quantity else quantity end,
  0, 0, 0, 0, 0, 0, cause, order_id, 'staff:bench',
  case cause when 'SHIPPED' then placed_at + interval '6 hours' else placed_at end
from bought join (values ('ALLOCATED'), ('SHIPPED')) as step (cause) on cause = 'ALLOCATED' or stage <> 'open'
order by n, p;

-- What the feed of stock still holds: the last thirty days, each change with what could be promised before and after it.
create temp table told as
select m.id, m.level_id, m.occurred_at, m.on_hand - m.allocated as change,
  l.on_hand - l.allocated - coalesce(sum(m.on_hand - m.allocated) over (partition by m.level_id
    order by m.occurred_at desc, m.id desc rows between unbounded preceding and 1 preceding), 0) as available
from stock_movements m join stock_levels l on l.id = m.level_id, size
where m.occurred_at > size.today - interval '30 days';

insert into stock_log (id, position, type, level_id, data, actor, occurred_at)
select pg_temp.key('stock fact', n, occurred_at), n, 'StockLevelChanged', level_id,
  jsonb_build_object('available_before', available - change, 'available', available), 'staff:bench', occurred_at
from (select *, row_number() over (order by occurred_at, id) as n from told) as numbered order by n;

insert into feed_head (id, position) select 2, coalesce(max(position), 0) from stock_log
on conflict (id) do update set position = excluded.position;
