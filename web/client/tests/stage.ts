/** A client whose server is the test: it sees what was asked, and answers by hand. */

import { watch, type Message, type WatchOptions } from "../src/watch.js";
import type { Request, Sink } from "../src/listening.js";

export const QUERY = "subscription ($after: Cursor) { ordersChanged(after: $after) { cursor event { id } } }";

export class Subscription {
  isOver = false;

  constructor(
    readonly request: Request,
    readonly sink: Sink,
  ) {}

  /** Where a library would begin that sent the request now. */
  get after(): unknown {
    return JSON.parse(JSON.stringify(this.request)).variables.after;
  }

  /** The event of this number is sent. */
  tell(...numbers: number[]): void {
    for (const number of numbers) this.send({ cursor: `c${number}`, event: { id: `event_${number}` } });
  }

  send(message: unknown): void {
    this.sink.next({ data: { ordersChanged: message } });
  }
}

export class Stage {
  readonly subscriptions: Subscription[] = [];
  #opened = () => {};

  subscribe(request: Request, sink: Sink): () => void {
    const subscription = new Subscription(request, sink);
    this.subscriptions.push(subscription);
    this.#opened();
    return () => {
      subscription.isOver = true;
    };
  }

  /** The subscription of this number, when it is there. */
  async subscription(number: number): Promise<Subscription> {
    while (this.subscriptions.length < number) await new Promise<void>((resolve) => (this.#opened = resolve));
    return this.subscriptions[number - 1] as Subscription;
  }

  watch(options: Partial<WatchOptions> = {}): AsyncGenerator<Message, void, undefined> {
    return watch({ client: this, query: QUERY, after: "c0", pauses: { least: 0 }, ...options });
  }
}

/** The next so many events, by their numbers. */
export async function events(watching: AsyncGenerator<Message, void, undefined>, count: number): Promise<number[]> {
  const numbers = [];
  while (numbers.length < count) {
    const { value, done } = await watching.next();
    if (done) throw new Error(`It ended after ${numbers.length} of ${count}.`);
    numbers.push(Number(value.event?.id.replace("event_", "")));
  }
  return numbers;
}
