/** A client of graphql-sse as `watch` wants it: it notices a connection that is dead, and leaves going on to the watch. */

import { createClient, type Client, type ClientOptions } from "graphql-sse";

export interface EventOptions extends Omit<ClientOptions<false>, "retryAttempts" | "singleConnection"> {
  /** The server says something every 15 seconds, if only that it is there. After such a silence it is given up. */
  silenceMs?: number;
}

/** Each watch has a request of its own. Over HTTP/1.1 a browser makes six at a time to one host; sockets have no such limit. */
export function eventClient({ silenceMs = 40_000, ...options }: EventOptions): Client<false> {
  const ask = (options.fetchFn ?? globalThis.fetch) as typeof fetch;
  return createClient({
    ...options,
    retryAttempts: 0,
    singleConnection: false,
    fetchFn: async (...request: Parameters<typeof fetch>) => {
      const response = await within(silenceMs, ask(...request));
      const { status, statusText, headers } = response;
      const body = response.body && untilItEnds(response.body, silenceMs);
      return new Response(body, { status, statusText, headers });
    },
  });
}

/**
 * The same bytes, but the end is an error, and so is silence. A stream that ends well has said `complete` before; an
 * end without it (a server that stops) graphql-sse does not notice when it comes together with events: it waits for ever.
 */
function untilItEnds(body: ReadableStream<Uint8Array>, silenceMs: number): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const source: UnderlyingDefaultSource<Uint8Array> = {
    async pull(controller) {
      try {
        const { done, value } = await within(silenceMs, reader.read());
        if (done) throw new Error("The stream was cut.");
        controller.enqueue(value);
      } catch (reason) {
        controller.error(reason);
        void reader.cancel(reason).catch(() => {});
      }
    },
    cancel: (reason) => reader.cancel(reason),
  };
  // Nothing is read ahead, or an error would take with it what has come before.
  return new ReadableStream(source, { highWaterMark: 0 });
}

/** What it gives, unless that takes longer. */
async function within<T>(ms: number, given: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("The server is silent.")), ms);
  });
  try {
    return await Promise.race([given, late]);
  } finally {
    clearTimeout(timer);
  }
}
