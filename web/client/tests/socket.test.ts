import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";

import WebSocket, { WebSocketServer, type Socket } from "ws";

import { socketClient } from "../src/socket.js";
import { watch } from "../src/watch.js";
import { events, QUERY } from "./stage.js";

const pauses = { least: 0 };

/** The URL of a server that speaks graphql-transport-ws, and answers subscriptions so, until the test is over. */
async function serving(context: TestContext, subscribed: (socket: Socket, id: string, after: string) => void) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise<void>((resolve) => server.on("listening", resolve));
  context.after(() => (server.clients.forEach((each) => each.terminate()), server.close()));
  server.on("connection", (socket) => {
    socket.on("message", (text) => {
      const { type, id, payload } = JSON.parse(String(text));
      if (type === "connection_init") socket.send('{"type":"connection_ack"}');
      if (type === "subscribe") subscribed(socket, id, payload.variables.after);
    });
  });
  return `ws://127.0.0.1:${server.address().port}/graphql`;
}

function tell(socket: Socket, id: string, number: number): void {
  const message = { cursor: `c${number}`, event: { id: `event_${number}` } };
  socket.send(JSON.stringify({ type: "next", id, payload: { data: { ordersChanged: message } } }));
}

test("a connection that does not answer pings is given up, and the stream goes on over another", async (context) => {
  const url = await serving(context, (socket, id, after) => tell(socket, id, Number(after.slice(1)) + 1));
  const client = socketClient({ url, webSocketImpl: WebSocket, pingMs: 20, patienceMs: 400 });
  const codes: unknown[] = [];
  const onCut = (reason: unknown) => codes.push((reason as { code: number }).code);
  const watching = watch({ client, query: QUERY, after: "c0", pauses, onCut });
  assert.deepEqual(await events(watching, 3), [1, 2, 3]);
  assert.deepEqual(codes, [4499, 4499]);
  await watching.return();
});

test("a host that takes no connection is given up", async (context) => {
  const server = createServer(() => {}); // it takes bytes, and never answers the handshake
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => sockets.add(socket));
  context.after(() => (sockets.forEach((each) => each.destroy()), server.close()));
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const controller = new AbortController();
  const codes: unknown[] = [];
  const onCut = (reason: unknown) => {
    if (codes.push((reason as { code: number }).code) === 2) controller.abort();
  };
  const client = socketClient({ url, webSocketImpl: WebSocket, patienceMs: 200 });
  const watching = watch({ client, query: QUERY, after: "c0", pauses, onCut, signal: controller.signal });
  assert.deepEqual(await watching.next(), { value: undefined, done: true });
  assert.deepEqual(codes, [4499, 4499]);
});

test("after close code 1000, which graphql-ws goes over by itself, the stream goes on where it was", async (context) => {
  const url = await serving(context, (socket, id, after) => {
    tell(socket, id, Number(after.slice(1)) + 1);
    socket.close(1000);
  });
  const watching = watch({ client: socketClient({ url, webSocketImpl: WebSocket }), query: QUERY, after: "c0", pauses });
  assert.deepEqual(await events(watching, 5), [1, 2, 3, 4, 5]);
  await watching.return();
});
