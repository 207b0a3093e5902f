/** One subscription, from its beginning to its end, whatever ends it. */

import { Unreadable } from "./endings.js";
import type { Recent } from "./recent.js";

/** What is sent to a client library. */
export interface Request {
  query: string;
  variables: Record<string, unknown>;
}

export interface Result {
  data?: unknown;
  errors?: readonly unknown[] | undefined;
}

export interface Sink {
  next(result: Result): void;
  error(reason: unknown): void;
  complete(): void;
}

/** What is asked of a client; those of graphql-ws and of graphql-sse have it. */
export interface Client {
  subscribe(request: Request, sink: Sink): () => void;
}

/** What every message of a stream has. Only events have an id. */
export interface Message {
  __typename?: string;
  cursor: string;
  event?: { id: string };
}

/** How far the stream was told, over all its subscriptions. */
export interface Told {
  after: string;
  events: Recent;
}

/** A client cannot ask a server to wait. When so many messages wait for their reader we stop, and resume later. */
const MOST_WAITING = 1_000;
/** A stream that lasted so long did not fail, though it was silent. */
const LASTED_MS = 60_000;

export class Listening<M extends Message> {
  /** Why it ended: what the client library said, or undefined when the server completed it. */
  ending: unknown = undefined;
  /** Whether it was stopped because its reader was too slow. */
  fellBehind = false;

  #waiting: M[] = [];
  #hasEnded = false;
  #heardOne = false;
  #wake: () => void = () => {};
  readonly #told: Told;
  readonly #began = Date.now();
  readonly #signal: AbortSignal | undefined;
  readonly #unsubscribe: () => void;
  readonly #abort = () => this.#end(undefined);

  constructor(client: Client, { query, variables }: Request, told: Told, signal: AbortSignal | undefined) {
    this.#told = told;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort);
    // Read whenever the variables are sent: libraries repeat a subscription by themselves, graphql-ws even when it was
    // told not to (after close code 1000), and would go back to where it began.
    const current = { ...variables, get after() { return told.after; } };
    this.#unsubscribe = client.subscribe({ query, variables: current }, {
      next: (result) => this.#next(result),
      error: (reason) => this.#end(reason),
      complete: () => this.#end(undefined),
    });
  }

  /** Whether the subscription came about: then what ended it is a new failure, and not the last one going on. */
  get heard(): boolean {
    return this.#heardOne || Date.now() - this.#began >= LASTED_MS;
  }

  /** What it sends, until it ends. */
  async *messages(): AsyncGenerator<M, void, undefined> {
    for (;;) {
      for (let message = this.#waiting.shift(); message && !this.#signal?.aborted; message = this.#waiting.shift()) {
        yield message;
      }
      if (this.#hasEnded) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** To be called in any case: graphql-ws counts a subscription that failed until it is released. */
  stop(): void {
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#end(undefined);
    this.#unsubscribe();
  }

  #next({ data, errors }: Result): void {
    if (this.#hasEnded) return; // libraries go on for a moment after they were told to stop
    // An event that cannot be told whole is not told: after a failure of the server it comes again.
    if (errors?.length) return this.#end(errors);
    const message = onlyField(data);
    if (message === undefined) return this.#end(new Unreadable("Select `cursor`, and of events `event { id }`."));
    this.#heardOne = true;
    this.#told.after = message.cursor;
    if (message.event && !this.#told.events.add(message.event.id)) return;
    this.#waiting.push(message as M);
    if (this.#waiting.length >= MOST_WAITING) {
      this.fellBehind = true;
      this.#end(undefined);
      this.#unsubscribe();
    }
    this.#wake();
  }

  #end(reason: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.ending = reason;
    this.#wake();
  }
}

/** The message: the only field of what a subscription sends. Undefined when one cannot go on after it. */
function onlyField(data: unknown): Message | undefined {
  const [message] = Object.values((data ?? {}) as Record<string, Message | null>);
  if (typeof message?.cursor !== "string") return undefined;
  return message.event && typeof message.event.id !== "string" ? undefined : message;
}
