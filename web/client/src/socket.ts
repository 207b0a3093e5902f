/** A client of graphql-ws as `watch` wants it: it notices a connection that is dead, and leaves going on to the watch. */

import { createClient, type Client, type ClientOptions } from "graphql-ws";

export interface SocketOptions extends Omit<ClientOptions, "retryAttempts" | "keepAlive"> {
  /** The server is asked for a sign of life so often, */
  pingMs?: number;
  /** and has so long to give it, or to take the connection. Then the connection is given up. */
  patienceMs?: number;
}

/** Many watches may share one: they share its socket, which is open while there are any. */
export function socketClient({ pingMs = 10_000, patienceMs = 5_000, ...options }: SocketOptions): Client {
  // In a tunnel nobody says that the connection is gone: a browser would wait for minutes.
  let patience: ReturnType<typeof setTimeout> | undefined;
  const answered = () => clearTimeout(patience);
  const asked = () => {
    clearTimeout(patience);
    patience = setTimeout(() => client.terminate(), patienceMs);
  };
  const client = createClient({
    ...options,
    webSocketImpl: quietly(options.webSocketImpl ?? globalThis.WebSocket),
    retryAttempts: 0,
    keepAlive: pingMs,
    on: {
      ...options.on,
      connecting: (retrying) => (asked(), options.on?.connecting?.(retrying)),
      connected: (...connected) => (answered(), options.on?.connected?.(...connected)),
      ping: (received, payload) => (received || asked(), options.on?.ping?.(received, payload)),
      pong: (received, payload) => (received && answered(), options.on?.pong?.(received, payload)),
      closed: (event) => (answered(), options.on?.closed?.(event)),
    },
  });
  return client;
}

/** `ws`, of Node, throws into the void when it is closed before it was open and nobody listens any more. */
function quietly(implementation: unknown): unknown {
  if (typeof implementation !== "function") return implementation;
  return class extends (implementation as typeof WebSocket) {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener("error", () => {});
    }
  };
}
