/** The latest so many of a sequence of names, to tell those that come twice. */

export class Recent {
  readonly #names = new Set<string>();

  constructor(readonly most: number) {}

  /** False when it is there already. The oldest makes room for the newest. */
  add(name: string): boolean {
    if (this.#names.has(name)) return false;
    this.#names.add(name);
    if (this.#names.size > this.most) {
      const [oldest] = this.#names;
      this.#names.delete(oldest as string);
    }
    return true;
  }
}
