/**
 * A client that a test of the server leads, line by line: `node bridge.js {socket|events} URL AUTHORIZATION`.
 *
 * It reads `{id, query, variables}`, and gives it to graphql-ws or graphql-sse as it is; with `after`, to `watch`.
 * `{id, stop: true}` ends it. It writes `{id, …}` with `next`, `told`, `error`, `cut` or `complete`.
 */

import { createInterface } from "node:readline";

import { createClient as createEvents } from "graphql-sse";
import { createClient as createSocket } from "graphql-ws";
import WebSocket from "ws";

import { socketClient } from "../src/socket.js";
import { eventClient } from "../src/sse.js";
import { watch, WatchEnded } from "../src/watch.js";

interface Line {
  id: string;
  query: string;
  variables: Record<string, unknown>;
  after?: string;
  stop?: boolean;
}

const [transport, url, authorization] = process.argv.slice(2) as [string, string, string];
const overSocket = transport === "socket";
const credentials = authorization ? { Authorization: authorization } : {};
const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 100));

const socketOptions = { url: url.replace(/^http/, "ws"), connectionParams: credentials, webSocketImpl: WebSocket };
const eventOptions = { url, headers: credentials };
// On Node a refused connection is an error and no close event, and graphql-ws has to be told to go over it.
const retries = { retryAttempts: 1_000, retryWait: soon, shouldRetry: () => true };
const library = overSocket
  ? createSocket({ ...socketOptions, ...retries })
  : createEvents({ ...eventOptions, retryAttempts: 1_000, retry: soon });
const watched = overSocket ? socketClient(socketOptions) : eventClient(eventOptions);

const stops = new Map<string, () => void>();

function say(id: string, what: object): void {
  process.stdout.write(JSON.stringify({ id, ...what }) + "\n");
}

/** What can be said of an error by JSON. */
function shown(reason: unknown): unknown {
  if (Array.isArray(reason)) return reason;
  const { message, code, response } = reason as { message?: string; code?: number; response?: { status: number } };
  return { message, code, status: response?.status };
}

function subscribe({ id, query, variables }: Line): void {
  const stop = library.subscribe(
    { query, variables },
    {
      next: (next) => say(id, { next }),
      error: (reason) => say(id, { error: shown(reason) }),
      complete: () => say(id, { complete: true }),
    },
  );
  stops.set(id, stop);
}

async function follow({ id, query, variables }: Line, after: string): Promise<void> {
  const controller = new AbortController();
  stops.set(id, () => controller.abort());
  const { signal } = controller;
  const onCut = (reason: unknown) => say(id, { cut: shown(reason ?? {}) });
  const pauses = { least: 50, most: 500 };
  try {
    for await (const told of watch({ client: watched, query, variables, after, signal, onCut, pauses })) say(id, { told });
    say(id, { complete: true });
  } catch (error) {
    if (!(error instanceof WatchEnded)) throw error;
    say(id, { error: shown(error.reason), after: error.after });
  }
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (text) => {
  const line = JSON.parse(text) as Line;
  if (line.stop) stops.get(line.id)?.();
  else if (line.after === undefined) subscribe(line);
  else void follow(line, line.after);
});
lines.on("close", () => process.exit());
