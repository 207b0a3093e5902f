import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";

import { eventClient } from "../src/sse.js";
import { watch } from "../src/watch.js";
import { events, QUERY } from "./stage.js";

/** The URL of a server that answers so, until the test is over. */
async function serving(context: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => (server.closeAllConnections(), server.close()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

function event(number: number): string {
  const data = { data: { ordersChanged: { cursor: `c${number}`, event: { id: `event_${number}` } } } };
  return `event: next\r\ndata: ${JSON.stringify(data)}\r\n\r\n`;
}

const STREAM = { "content-type": "text/event-stream" };
const pauses = { least: 0 };

test("a stream that ends without `complete` is noticed, also when its end comes together with events", async () => {
  let sent = 0;
  // A body that is there already, as when a connection is read late.
  const fetchFn = async () => new Response(event(++sent) + event(++sent), { headers: STREAM });
  const client = eventClient({ url: "http://waybill.test/graphql", fetchFn });
  const watching = watch({ client, query: QUERY, after: "c0", pauses });
  assert.deepEqual(await events(watching, 6), [1, 2, 3, 4, 5, 6]);
  await watching.return();
});

test("a server that says nothing is given up, before it answers and after", async (context) => {
  let asked = 0;
  const url = await serving(context, (_, response) => {
    asked += 1;
    if (asked > 1) response.writeHead(200, STREAM).flushHeaders();
    if (asked > 2) response.write(event(1));
  });
  const cuts: unknown[] = [];
  const onCut = (reason: unknown) => cuts.push((reason as Error).message);
  const watching = watch({ client: eventClient({ url, silenceMs: 400 }), query: QUERY, after: "c0", pauses, onCut });
  assert.deepEqual(await events(watching, 1), [1]);
  assert.deepEqual(cuts, ["The server is silent.", "The server is silent."]);
  await watching.return();
});

test("what the server answers instead of a stream is told", async (context) => {
  const url = await serving(context, (_, response) => response.writeHead(401).end("{}"));
  const watching = watch({ client: eventClient({ url }), query: QUERY, after: "c0", pauses });
  await assert.rejects(watching.next(), { name: "WatchEnded", message: "Server responded with 401: Unauthorized" });
});
