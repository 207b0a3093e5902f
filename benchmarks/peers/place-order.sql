-- Placing an order as a function of the database: how PostGraphile offers verbs. It writes the rows that Waybill writes.

create schema if not exists peers;

-- UUIDv7, as in every other row: a random one would scatter the keys.
create or replace function peers.new_id() returns uuid language sql volatile as $$
  select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
    || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid $$;

create or replace function peers.place_order(given json) returns orders language plpgsql volatile as $$
declare
  actor constant text := 'postgraphile:bench';
  placed orders;
  shop channels;
  buyer uuid;
  place uuid;
  work uuid := peers.new_id();
  payment uuid := peers.new_id();
  digits text;
  wanted int;
begin
  placed.id := peers.new_id();
  insert into idempotency_keys (id, principal, key, operation, fingerprint, outcome, created_at, expires_at)
  values (peers.new_id(), actor, given ->> 'idempotencyKey', 'place_order',
    encode(sha256(convert_to(given::text, 'UTF8')), 'hex'),
    jsonb_build_object('id', replace(placed.id::text, '-', '')), now(), now() + interval '30 days');

  select * into strict shop from channels where code = given ->> 'channel' and is_active;
  select id into buyer from customers where email = given -> 'customer' ->> 'email';
  if buyer is null then
    buyer := peers.new_id();
    insert into customers (id, email, name, phone, created_at)
    values (buyer, given -> 'customer' ->> 'email', given -> 'customer' ->> 'name', given -> 'customer' ->> 'phone',
      now());
  end if;

  create temp table if not exists asked (position int, line_id uuid, requirement_id uuid, variant_id uuid, sku text,
    title text, quantity int, price bigint, level_id uuid) on commit delete rows;
  insert into asked (position, line_id, requirement_id, variant_id, sku, title, quantity, price)
  select line.position, peers.new_id(), peers.new_id(), v.id, v.sku, v.title, (line.said ->> 'quantity')::int,
    p.amount_minor
  from json_array_elements(given -> 'lines') with ordinality as line (said, position)
  join variants v on v.sku = line.said ->> 'sku' and v.is_active
  join prices p on p.variant_id = v.id and p.channel_id = shop.id;
  get diagnostics wanted = row_count;
  if wanted < json_array_length(given -> 'lines') then
    raise exception 'unknown SKU';
  end if;

  -- Locked in the order of their keys, as everywhere; then the first location that has it all.
  perform s.id from stock_levels s where s.variant_id in (select variant_id from asked) order by s.id for update;
  select l.id into place
  from asked a join stock_levels s on s.variant_id = a.variant_id join locations l on l.id = s.location_id
  where l.is_active and a.quantity <= s.on_hand - s.allocated - s.reserved - s.waiting - s.damaged - s.quarantined
    - s.safety_stock
  group by l.id, l.priority, l.code having count(*) = wanted order by l.priority, l.code limit 1;
  if place is null then
    raise exception 'no location has it all';
  end if;
  update asked a set level_id = s.id from stock_levels s where s.variant_id = a.variant_id and s.location_id = place;
  with changed as (
    update stock_levels s set allocated = s.allocated + a.quantity, updated_at = now() from asked a
    where s.id = a.level_id and a.quantity <= s.on_hand - s.allocated - s.reserved - s.waiting - s.damaged
      - s.quarantined - s.safety_stock
    returning s.id, a.quantity, s.low_stock_at, s.on_hand - s.allocated - s.reserved - s.waiting - s.damaged
      - s.quarantined - s.safety_stock as available)
  insert into stock_log (id, type, level_id, data, actor, occurred_at)
  select peers.new_id(), fact.type, changed.id, fact.data, actor, now()
  from changed, lateral (values
    ('StockLevelChanged', true, jsonb_build_object('available_before', available + quantity, 'available', available)),
    ('StockRanOut', available = 0, '{}'),
    ('StockRanLow', available > 0 and available <= low_stock_at and low_stock_at < available + quantity,
      jsonb_build_object('available', available))) as fact (type, is_true, data)
  where fact.is_true;

  digits := upper(substr(replace(gen_random_uuid()::text, '-', ''), 1, 12));
  placed.number := substr(digits, 1, 4) || '-' || substr(digits, 5, 4) || '-' || substr(digits, 9);
  insert into orders (id, number, channel_id, origin, customer_id, status, fulfillment_status, authorize_status,
    charge_status, return_status, currency, subtotal_minor, charges_minor, discount_minor, tax_minor, total_minor,
    canceled_minor, shipping_method, placed_at, recorded_at, updated_at, version, revision)
  select placed.id, placed.number, shop.id, 'PLACED', buyer, 'CONFIRMED', 'UNFULFILLED', 'NONE', 'NONE', 'NONE',
    shop.currency, items.gross, extra.gross, 0, extra.tax, items.gross + extra.gross, 0, given ->> 'shippingMethod',
    now(), now(), now(), 4, 1
  from (select sum(quantity * price) as gross from asked) as items,
    (select sum(round((charge -> 'amount' ->> 'amount')::numeric * 100))::bigint as gross,
      sum(round((charge -> 'tax' ->> 'amount')::numeric * 100))::bigint as tax
      from json_array_elements(given -> 'charges') as charge) as extra
  returning * into placed;

  insert into order_lines (id, order_id, position, variant_id, sku, title, quantity, currency, unit_price_minor,
    discount_minor, net_minor, tax_minor, gross_minor)
  select line_id, placed.id, position, variant_id, sku, title, quantity, shop.currency, price, 0, quantity * price, 0,
    quantity * price
  from asked order by position;
  insert into requirements (id, order_id, line_id, variant_id, sku, units_per_item, is_stocked, required, canceled,
    unallocated, waiting, allocated, picked, packed, shipped, delivered, lost, returned, currency, gross_minor,
    released_minor)
  select requirement_id, placed.id, line_id, variant_id, sku, 1, true, quantity, 0, 0, 0, quantity, 0, 0, 0, 0, 0, 0,
    shop.currency, quantity * price, 0
  from asked order by position;
  insert into charges (id, order_id, position, kind, title, currency, net_minor, tax_minor, gross_minor)
  select peers.new_id(), placed.id, position, kind, title, shop.currency, gross - tax, tax, gross
  from (
    select position, said ->> 'kind' as kind, said ->> 'title' as title,
      round((said -> 'amount' ->> 'amount')::numeric * 100)::bigint as gross,
      round((said -> 'tax' ->> 'amount')::numeric * 100)::bigint as tax
    from json_array_elements(given -> 'charges') with ordinality as charge (said, position)) as charged;
  insert into order_addresses (id, order_id, kind, name, street, postal_code, city, country_code, phone)
  select peers.new_id(), placed.id, said ->> 'kind', said ->> 'name', said ->> 'street', said ->> 'postalCode',
    said ->> 'city', said ->> 'countryCode', said ->> 'phone'
  from json_array_elements(given -> 'addresses') as address (said);
  insert into allocations (id, requirement_id, order_id, location_id, variant_id, sku, quantity)
  select peers.new_id(), requirement_id, placed.id, place, variant_id, sku, quantity from asked;
  insert into payments (id, order_id, method, status, currency, expected_minor, authorized_minor, captured_minor,
    refunded_minor, created_at)
  values (payment, placed.id, given ->> 'paymentMethod', 'PENDING', shop.currency, placed.total_minor, 0, 0, 0, now());
  insert into fulfillment_orders (id, order_id, location_id, number, status, delivery_method, units_to_pack,
    units_packed, created_at)
  select work, placed.id, place, placed.number || '-1', 'OPEN', 'SHIP', sum(quantity), 0, now() from asked;
  insert into fulfillment_order_lines (id, fulfillment_order_id, order_id, requirement_id, sku, quantity, packed,
    canceled)
  select peers.new_id(), work, placed.id, requirement_id, sku, quantity, 0, 0 from asked;
  insert into stock_movements (id, level_id, sku, location_id, on_hand, allocated, reserved, waiting, damaged,
    quarantined, safety_stock, incoming, cause, order_id, actor, occurred_at)
  select peers.new_id(), level_id, sku, place, 0, quantity, 0, 0, 0, 0, 0, 0, 'ALLOCATED', placed.id, actor, now() from asked;
  insert into log (id, order_id, sequence, type, subject_id, data, actor, occurred_at)
  values (peers.new_id(), placed.id, 1, 'OrderPlaced', null, '{}', actor, now()),
    (peers.new_id(), placed.id, 2, 'PaymentExpected', payment, '{}', actor, now()),
    (peers.new_id(), placed.id, 3, 'OrderConfirmed', null, '{}', actor, now()),
    (peers.new_id(), placed.id, 4, 'FulfillmentOrderOpened', work, '{}', actor, now());
  return placed;
end $$;
