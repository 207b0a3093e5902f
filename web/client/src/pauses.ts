/** How long to wait before going on: longer each time, and at random, so that many who were cut do not return at once. */

export interface PauseLimits {
  least?: number;
  most?: number;
  random?: () => number;
}

export class Pauses {
  #failures = 0;
  readonly #least: number;
  readonly #most: number;
  readonly #random: () => number;

  constructor({ least = 1_000, most = 30_000, random = Math.random }: PauseLimits = {}) {
    this.#least = least;
    this.#most = most;
    this.#random = random;
  }

  /** Milliseconds, after one more failure. */
  next(): number {
    return this.#random() * Math.min(this.#most, this.#least * 2 ** this.#failures++);
  }

  /** It went well. */
  reset(): void {
    this.#failures = 0;
  }
}

/** Waits so many milliseconds, or until the signal. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}
