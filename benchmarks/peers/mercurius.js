// Mercurius with JIT and loaders, written as its documentation writes it. Arguments: port, URL of the database.
import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";

import { placeOrder } from "./place-order.js";
import { schema } from "./schema.js";

const [port, connectionString] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString, max: 10 });
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

// A name makes `pg` prepare the statement once on each connection.
const rows = async (name, text, values) => (await pool.query({ name, text, values })).rows;
const hex = (id) => id.replaceAll("-", "");
const uuid = (id) => id.slice(id.lastIndexOf("_") + 1);
const amount = (minor) => `${Math.trunc(minor / 100)}.${String(minor % 100).padStart(2, "0")}`;
const money = (minor, currency) => ({ amount: amount(minor), currency });
const time = (at) => at && at.toISOString();

const ORDER = `id, number, status, fulfillment_status as "fulfillmentStatus", placed_at, customer_id, currency,
  subtotal_minor, total_minor, to_char(placed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as exact`;
const PAGE = `select ${ORDER} from orders order by placed_at desc, id desc limit $1`;
const NEXT_PAGE = `select ${ORDER} from orders where placed_at <= $2 and (placed_at < $2 or id < $3)
  order by placed_at desc, id desc limit $1`;

const resolvers = {
  Query: {
    async orders(_, { first, after }) {
      let found;
      if (after) {
        const [, key, at] = Buffer.from(after, "hex").toString().split("|");
        found = await rows("next_page", NEXT_PAGE, [first + 1, at, key]);
      } else {
        found = await rows("page", PAGE, [first + 1]);
      }
      const nodes = found.slice(0, first);
      const last = nodes.at(-1);
      const cursor = last && Buffer.from(`order.-placed_at|${hex(last.id)}|${last.exact}`).toString("hex");
      return { nodes, pageInfo: { hasNextPage: found.length > first, endCursor: cursor } };
    },
    async order(_, { by }) {
      const [found] = await rows("order", `select ${ORDER} from orders where id = $1`, [uuid(by.id)]);
      return found;
    },
  },
  Mutation: {
    async orderPlace(_, { input }) {
      return { order: await placeOrder(pool, input), errors: [] };
    },
  },
  Order: {
    id: (order) => `order_${hex(order.id)}`,
    placedAt: (order) => time(order.placed_at),
    subtotal: (order) => money(order.subtotal_minor, order.currency),
    total: (order) => money(order.total_minor, order.currency),
  },
  Customer: { id: (customer) => `customer_${hex(customer.id)}` },
  OrderLine: {
    id: (line) => `order_line_${hex(line.id)}`,
    unitPrice: (line) => money(line.unit_price_minor, line.currency),
    gross: (line) => money(line.gross_minor, line.currency),
  },
  Shipment: {
    id: (shipment) => `shipment_${hex(shipment.id)}`,
    shippedAt: (shipment) => time(shipment.shipped_at),
    deliveredAt: (shipment) => time(shipment.delivered_at),
  },
  Parcel: { trackedAt: (parcel) => time(parcel.tracked_at) },
  Scan: { occurredAt: (scan) => time(scan.occurred_at) },
};

// What one statement found, given to those who asked for it.
const handedOut = (queries, found, owner, name) => {
  const byOwner = grouped(found, owner);
  return queries.map(({ obj }) => byOwner.get(obj[name]) ?? []);
};
const grouped = (found, owner) => {
  const byOwner = new Map();
  for (const row of found) {
    const owned = byOwner.get(row[owner]);
    if (owned) owned.push(row);
    else byOwner.set(row[owner], [row]);
  }
  return byOwner;
};
const ids = (queries, name) => queries.map(({ obj }) => obj[name]);

const CUSTOMERS = "select id, name, email from customers where id = any($1)";
const LINES = `select id, order_id, sku, title, quantity, currency, unit_price_minor, gross_minor from order_lines
  where order_id = any($1) order by position, id`;
const SHIPMENTS = `select id, order_id, status, carrier, shipped_at, delivered_at from (
  select *, row_number() over (partition by order_id order by created_at, id) as n from shipments
  where order_id = any($1)) as s where n <= $2 order by n`;
const PARCELS = `select id, shipment_id, position, tracking_number as "trackingNumber", tracking_url as "trackingUrl",
  tracking_status as "trackingStatus", tracked_at from parcels where shipment_id = any($1) order by position, id`;
const SCANS = `select parcel_id, status, occurred_at, place from (
  select *, row_number() over (partition by parcel_id order by occurred_at desc, id desc) as n from scans
  where parcel_id = any($1)) as s where n <= $2 order by n`;

const loaders = {
  Order: {
    async customer(queries) {
      const found = await rows("customers", CUSTOMERS, [ids(queries, "customer_id")]);
      return handedOut(queries, found, "id", "customer_id").map(([customer]) => customer ?? null);
    },
    async lines(queries) {
      return handedOut(queries, await rows("lines", LINES, [ids(queries, "id")]), "order_id", "id");
    },
    async shipments(queries) {
      const found = await rows("shipments", SHIPMENTS, [ids(queries, "id"), queries[0].params.first]);
      return handedOut(queries, found, "order_id", "id").map((nodes) => ({ nodes }));
    },
  },
  Shipment: {
    async parcels(queries) {
      return handedOut(queries, await rows("parcels", PARCELS, [ids(queries, "id")]), "shipment_id", "id");
    },
  },
  Parcel: {
    async scans(queries) {
      const found = await rows("scans", SCANS, [ids(queries, "id"), queries[0].params.first]);
      return handedOut(queries, found, "parcel_id", "id").map((nodes) => ({ nodes }));
    },
  },
};

const app = Fastify();
app.register(mercurius, { schema, resolvers, loaders, jit: 1 });
await app.listen({ port: Number(port), host: "127.0.0.1" });
