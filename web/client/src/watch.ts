/** Watches a stream of Waybill for as long as you like: every event once and in order, whatever is cut in between. */

import { isFinal, WatchEnded } from "./endings.js";
import { Listening, type Client, type Message } from "./listening.js";
import { Pauses, pause, type PauseLimits } from "./pauses.js";
import { Recent } from "./recent.js";

export { WatchEnded } from "./endings.js";
export type { Client, Message } from "./listening.js";
export type { PauseLimits } from "./pauses.js";

/** So many ids are remembered to tell an event that came twice. Repetitions are as near as the connection was lost. */
const REMEMBERED = 1_000;

export interface WatchOptions {
  /**
   * `socketClient(…)` or `eventClient(…)`. A client that the libraries themselves made will do, but does not notice every
   * connection that is dead.
   */
  client: Client;
  /** A subscription with a variable `$after: Cursor`. It selects `cursor`, and of events `event { id }`. */
  query: string;
  /** Its other variables. */
  variables?: Record<string, unknown>;
  /** The cursor that was read before, or with, what is shown already. */
  after: string;
  /** Ends the watch, quietly. */
  signal?: AbortSignal;
  /** Told whenever the stream was cut, before the pause: to show that what is shown may be old. */
  onCut?: (reason: unknown, pauseMs: number) => void;
  /** How long to wait before going on: at random up to `least` after the first failure, doubling up to `most`. */
  pauses?: PauseLimits;
}

/**
 * What the subscription sends, one message at a time: its only field, as selected.
 *
 * `ResyncRequired` and its like are messages too: they carry the present, and the watch goes on from their cursor.
 * Throws WatchEnded, with the cursor to go on from, when asking again would not help: the credentials are wrong or have
 * expired, the document is refused.
 */
export async function* watch<M extends Message>(options: WatchOptions): AsyncGenerator<M, void, undefined> {
  const { client, query, variables = {}, signal, onCut } = options;
  const pauses = new Pauses(options.pauses);
  const told = { after: options.after, events: new Recent(REMEMBERED) };
  while (!signal?.aborted) {
    const listening = new Listening<M>(client, { query, variables }, told, signal);
    try {
      yield* listening.messages();
    } finally {
      listening.stop();
    }
    if (signal?.aborted) return;
    if (listening.fellBehind) continue;
    if (isFinal(listening.ending)) throw new WatchEnded(listening.ending, told.after);
    if (listening.heard) pauses.reset();
    const pauseMs = pauses.next();
    onCut?.(listening.ending, pauseMs);
    await pause(pauseMs, signal);
  }
}
