// graphql-ws on ws, as its documentation writes it, with a queue in memory for each subscriber.
// Arguments: port, the file of the orders that are watched, and, to read each message's order from it, a database's URL.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import pg from "pg";
import { WebSocketServer } from "ws";

const [port, file, connectionString] = process.argv.slice(2);
const watched = JSON.parse(readFileSync(file, "utf-8"));
const pool = connectionString && new pg.Pool({ connectionString, max: 10 });

const schema = buildSchema(`
type Query { ping: String }
type Subscription { orderEvents(order: ID!): OrderEventMessage! }
type OrderEventMessage { cursor: String! event: ParcelScanned! }
type ParcelScanned { id: ID! sequence: Int! occurredAt: String! order: Order }
type Order { number: String! status: String! }
`);

// What waits for one subscriber.
class Queue {
  waiting = [];
  wake = null;

  constructor(left) {
    this.left = left;
  }

  push(value) {
    if (this.wake) {
      this.wake({ value, done: false });
      this.wake = null;
    } else {
      this.waiting.push(value);
    }
  }

  next() {
    if (this.waiting.length) return Promise.resolve({ value: this.waiting.shift(), done: false });
    return new Promise((wake) => (this.wake = wake));
  }

  return() {
    this.left();
    this.wake?.({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

const queues = new Map();

const { orderEvents } = schema.getSubscriptionType().getFields();
orderEvents.subscribe = (_, { order }) => {
  if (!queues.has(order)) queues.set(order, new Set());
  const queue = new Queue(() => queues.get(order).delete(queue));
  queues.get(order).add(queue);
  return queue;
};
orderEvents.resolve = (message) => message;

if (pool) {
  const text = "select number, status from orders where id = $1";
  const { order } = schema.getType("ParcelScanned").getFields();
  order.resolve = async ({ key }) => (await pool.query({ name: "order", text, values: [key] })).rows[0];
}

const sequences = new Map();
const publish = ({ orders, events }) => {
  const occurredAt = new Date().toISOString();
  for (const place of orders) {
    const { order: key, number, status } = watched[place];
    for (let n = 0; n < events; n++) {
      const sequence = (sequences.get(place) ?? 0) + 1;
      sequences.set(place, sequence);
      const id = `event_${randomUUID().replaceAll("-", "")}`;
      const cursor = key + String(sequence % 1000).padStart(3, "0");
      const message = { cursor, event: { key, id, sequence, occurredAt, order: { number, status } } };
      for (const queue of queues.get(`order_${key}`) ?? []) queue.push(message);
    }
  }
};

const server = createServer(async (request, response) => {
  if (request.method === "POST") {
    let body = "";
    for await (const part of request) body += part;
    publish(JSON.parse(body));
  }
  response.end("ok");
});
server.keepAliveTimeout = 0;
useServer({ schema }, new WebSocketServer({ server, path: "/graphql" }));
server.listen({ port: Number(port), host: "127.0.0.1", backlog: 2048 });
