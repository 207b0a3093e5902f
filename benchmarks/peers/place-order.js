// Placing an order with `pg`: one transaction of separate statements, and the rows that Waybill writes.
import { createHash, randomBytes, randomInt } from "node:crypto";

const ACTOR = "mercurius:bench";
const ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ";

const STATEMENTS = {
  claim: `insert into idempotency_keys (id, principal, key, operation, fingerprint, outcome, created_at, expires_at)
    values ($1, $2, $3, 'place_order', $4, $5::text::jsonb, now(), now() + interval '30 days')
    on conflict (principal, key) do nothing returning created_at`,
  listing: `select v.id, v.sku, v.title, p.amount_minor, p.currency, c.id as channel_id
    from channels c join prices p on p.channel_id = c.id join variants v on v.id = p.variant_id
    where c.code = $1 and c.is_active and v.sku = any($2) and v.is_active`,
  customer: `select id from customers where email = $1`,
  newCustomer: `insert into customers (id, email, name, phone, created_at) values ($1, $2, $3, $4, $5)`,
  levels: `select s.id, s.variant_id, s.location_id, l.priority, l.code,
      s.on_hand - s.allocated - s.reserved - s.waiting - s.damaged - s.quarantined - s.safety_stock as free
    from stock_levels s join locations l on l.id = s.location_id and l.is_active
    where s.variant_id = any($1) order by s.id for update of s`,
  setAside: `update stock_levels s set allocated = s.allocated + taken.units, updated_at = $3
    from unnest($1::uuid[], $2::int[]) as taken (id, units)
    where s.id = taken.id
      and s.on_hand - s.allocated - s.reserved - s.waiting - s.damaged - s.quarantined - s.safety_stock >= taken.units
    returning s.id, taken.units, s.low_stock_at,
      s.on_hand - s.allocated - s.reserved - s.waiting - s.damaged - s.quarantined - s.safety_stock as left`,
  order: `insert into orders (id, number, channel_id, origin, customer_id, status, fulfillment_status, authorize_status,
      charge_status, return_status, currency, subtotal_minor, charges_minor, discount_minor, tax_minor, total_minor,
      canceled_minor, shipping_method, placed_at, recorded_at, updated_at, version, revision)
    values ($1, $2, $3, 'PLACED', $4, 'CONFIRMED', 'UNFULFILLED', 'NONE', 'NONE', 'NONE', $5, $6, $7, 0, $8, $9, 0, $10,
      $11, $11, $11, 4, 1)`,
  lines: `insert into order_lines (id, order_id, position, variant_id, sku, title, quantity, currency, unit_price_minor,
      discount_minor, net_minor, tax_minor, gross_minor)
    select id, $1, position, variant_id, sku, title, quantity, $2, price, 0, price * quantity, 0, price * quantity
    from unnest($3::uuid[], $4::int[], $5::uuid[], $6::text[], $7::text[], $8::int[], $9::bigint[])
      as line (id, position, variant_id, sku, title, quantity, price)`,
  requirements: `insert into requirements (id, order_id, line_id, variant_id, sku, units_per_item, is_stocked, required, canceled,
      unallocated, waiting, allocated, picked, packed, shipped, delivered, lost, returned, currency, gross_minor,
      released_minor)
    select id, $1, line_id, variant_id, sku, 1, true, units, 0, 0, 0, units, 0, 0, 0, 0, 0, 0, $2, gross, 0
    from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::int[], $8::bigint[])
      as needed (id, line_id, variant_id, sku, units, gross)`,
  charges: `insert into charges (id, order_id, position, kind, title, currency, net_minor, tax_minor, gross_minor)
    select id, $1, position, kind, title, $2, gross - tax, tax, gross
    from unnest($3::uuid[], $4::int[], $5::text[], $6::text[], $7::bigint[], $8::bigint[])
      as charge (id, position, kind, title, tax, gross)`,
  addresses: `insert into order_addresses (id, order_id, kind, name, street, postal_code, city, country_code, phone)
    select id, $1, kind, name, street, postal_code, city, country_code, phone
    from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
      as address (id, kind, name, street, postal_code, city, country_code, phone)`,
  allocations: `insert into allocations (id, requirement_id, order_id, location_id, variant_id, sku, quantity)
    select id, requirement_id, $1, location_id, variant_id, sku, units
    from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::int[])
      as taken (id, requirement_id, location_id, variant_id, sku, units)`,
  payment: `insert into payments (id, order_id, method, status, currency, expected_minor, authorized_minor, captured_minor,
      refunded_minor, created_at)
    values ($1, $2, $3, 'PENDING', $4, $5, 0, 0, 0, $6)`,
  work: `insert into fulfillment_orders (id, order_id, location_id, number, status, delivery_method, units_to_pack, units_packed,
      created_at)
    values ($1, $2, $3, $4, 'OPEN', 'SHIP', $5, 0, $6)`,
  workLines: `insert into fulfillment_order_lines (id, fulfillment_order_id, order_id, requirement_id, sku, quantity, packed,
  canceled)
    select id, $1, $2, requirement_id, sku, units, 0, 0
    from unnest($3::uuid[], $4::uuid[], $5::text[], $6::int[]) as work (id, requirement_id, sku, units)`,
  movements: `insert into stock_movements (id, level_id, sku, location_id, on_hand, allocated, reserved, waiting, damaged,
      quarantined, safety_stock, incoming, cause, order_id, actor, occurred_at)
    select moved.id, level_id, sku, location_id, 0, units, 0, 0, 0, 0, 0, 0, 'ALLOCATED', $1, $2, $3
    from unnest($4::uuid[], $5::uuid[], $6::int[]) as moved (id, level_id, units)
      join stock_levels as level on level.id = level_id`,
  log: `insert into log (id, order_id, sequence, type, subject_id, data, actor, occurred_at)
    select id, $1, sequence, type, subject_id, '{}', $2, $3
    from unnest($4::uuid[], $5::int[], $6::text[], $7::uuid[]) as fact (id, sequence, type, subject_id)`,
  stockLog: `insert into stock_log (id, type, level_id, data, actor, occurred_at)
    select id, type, level_id, data::jsonb, $1, $2
    from unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[]) as fact (id, type, level_id, data)`,
};

// A UUIDv7 (RFC 9562), in the order in which they are made but for those of one millisecond.
function newId() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function newNumber() {
  const signs = Array.from({ length: 12 }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  return `${signs.slice(0, 4)}-${signs.slice(4, 8)}-${signs.slice(8)}`;
}

const minor = (amount) => Math.round(Number(amount.amount) * 100);
const sum = (values) => values.reduce((total, value) => total + value, 0);
const pick = (things, name) => things.map((thing) => thing[name]);
const ids = (things) => things.map(newId);

/** The order, whole or not at all. */
export async function placeOrder(pool, given) {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const run = (name, values) => client.query({ name: `place_${name}`, text: STATEMENTS[name], values });
    const order = await placed(run, given);
    await client.query("commit");
    return order;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}

async function placed(run, given) {
  const id = newId();
  const fingerprint = createHash("sha256").update(JSON.stringify(given)).digest("hex");
  const outcome = JSON.stringify({ id: id.replaceAll("-", "") });
  const claimed = await run("claim", [newId(), ACTOR, given.idempotencyKey, fingerprint, outcome]);
  if (!claimed.rowCount) throw new Error("the key is used");
  const now = claimed.rows[0].created_at;
  const lines = await listed(run, given);
  const { customer: buyer } = given;
  let customer = (await run("customer", [buyer.email])).rows[0]?.id;
  if (!customer) {
    customer = newId();
    await run("newCustomer", [customer, buyer.email, buyer.name, buyer.phone, now]);
  }
  const place = await setAside(run, lines, now);
  const charges = given.charges.map((each) => ({ ...each, gross: minor(each.amount), taxed: minor(each.tax) }));
  const { currency, channel_id: channel } = lines[0];
  const subtotal = sum(pick(lines, "gross"));
  const total = subtotal + sum(pick(charges, "gross"));
  const order = { id, number: newNumber(), status: "CONFIRMED", total_minor: total, currency };
  await run("order", [id, order.number, channel, customer, currency, subtotal, total - subtotal,
    sum(pick(charges, "taxed")), total, given.shippingMethod, now]);
  await writeParts(run, order, lines, charges, given.addresses);
  const payment = newId();
  await run("payment", [payment, id, given.paymentMethod, currency, total, now]);
  const work = await writeWork(run, order, lines, place, now);
  const facts = ["OrderPlaced", "PaymentExpected", "OrderConfirmed", "FulfillmentOrderOpened"];
  await run("log", [id, ACTOR, now, ids(facts), [1, 2, 3, 4], facts, [null, payment, null, work]]);
  return order;
}

/** The lines, with what the catalog says of them. */
async function listed(run, given) {
  const { rows } = await run("listing", [given.channel, pick(given.lines, "sku")]);
  const bySku = new Map(rows.map((row) => [row.sku, row]));
  return given.lines.map(({ sku, quantity }, n) => {
    const row = bySku.get(sku);
    if (!row) throw new Error("unknown SKU");
    const price = row.amount_minor;
    return { ...row, variant: row.id, line: newId(), need: newId(), position: n + 1, quantity, price,
      gross: price * quantity };
  });
}

/** Lock the levels, and take the units at the first location that has all of them. */
async function setAside(run, lines, now) {
  const { rows } = await run("levels", [pick(lines, "variant")]);
  const wanted = new Map(lines.map((line) => [line.variant, line]));
  const places = new Map();
  for (const row of rows) {
    if (row.free < wanted.get(row.variant_id).quantity) continue;
    const place = places.get(row.location_id) ?? { ...row, levels: new Map() };
    places.set(row.location_id, place);
    place.levels.set(row.variant_id, row.id);
  }
  const able = [...places.values()].filter((place) => place.levels.size === lines.length);
  able.sort((one, other) => one.priority - other.priority || one.code.localeCompare(other.code));
  if (!able.length) throw new Error("no location has it all");
  for (const line of lines) line.level = able[0].levels.get(line.variant);
  const taken = await run("setAside", [pick(lines, "level"), pick(lines, "quantity"), now]);
  if (taken.rowCount !== lines.length) throw new Error("sold out");
  const facts = taken.rows.flatMap(factsOf);
  await run("stockLog", [ACTOR, now, ids(facts), pick(facts, "type"), pick(facts, "level"),
    facts.map((fact) => JSON.stringify(fact.data))]);
  return able[0].location_id;
}

/** What the feed of stock is told of a level whose units were taken. */
function factsOf({ id: level, units, left, low_stock_at: mark }) {
  const before = left + units;
  const facts = [{ type: "StockLevelChanged", level, data: { available_before: before, available: left } }];
  if (left === 0) facts.push({ type: "StockRanOut", level, data: {} });
  else if (mark !== null && left <= mark && mark < before) {
    facts.push({ type: "StockRanLow", level, data: { available: left } });
  }
  return facts;
}

async function writeParts(run, order, lines, charges, addresses) {
  const { id, currency } = order;
  const [own, needs, variants] = [pick(lines, "line"), pick(lines, "need"), pick(lines, "variant")];
  const [skus, units] = [pick(lines, "sku"), pick(lines, "quantity")];
  await run("lines", [id, currency, own, pick(lines, "position"), variants, skus, pick(lines, "title"), units,
    pick(lines, "price")]);
  await run("requirements", [id, currency, needs, own, variants, skus, units, pick(lines, "gross")]);
  await run("charges", [id, currency, ids(charges), charges.map((_, n) => n + 1), pick(charges, "kind"),
    pick(charges, "title"), pick(charges, "taxed"), pick(charges, "gross")]);
  const names = ["kind", "name", "street", "postalCode", "city", "countryCode", "phone"];
  await run("addresses", [id, ids(addresses), ...names.map((name) => pick(addresses, name))]);
}

async function writeWork(run, order, lines, place, now) {
  const work = newId();
  const [needs, variants] = [pick(lines, "need"), pick(lines, "variant")];
  const [skus, units] = [pick(lines, "sku"), pick(lines, "quantity")];
  await run("allocations", [order.id, ids(lines), needs, lines.map(() => place), variants, skus, units]);
  await run("work", [work, order.id, place, `${order.number}-1`, sum(units), now]);
  await run("workLines", [work, order.id, ids(lines), needs, skus, units]);
  await run("movements", [order.id, ACTOR, now, ids(lines), pick(lines, "level"), units]);
  return work;
}
