/** Counts what a runner did, for the lines it prints at its end. */
export class Tally {
  readonly #title: string;
  readonly #passed = new Map<string, number>();
  readonly #skipped = new Map<string, Map<string, number>>();
  readonly #absent: string[] = [];

  constructor(title: string) {
    this.#title = title;
  }

  /** One more case of `name` passed. */
  pass(name: string): void {
    this.#passed.set(name, (this.#passed.get(name) ?? 0) + 1);
  }

  /** One more case of `name` was left out. */
  skip(name: string, reason: string): void {
    const names = this.#skipped.get(reason) ?? new Map<string, number>();
    names.set(name, (names.get(name) ?? 0) + 1);
    this.#skipped.set(reason, names);
  }

  /** The library does not have `name` (yet). */
  absent(name: string): void {
    this.#absent.push(name);
  }

  /** The lines to print: totals, then the skipped ones by reason, then what does not exist. */
  summary(): string {
    const sum = (counts: Iterable<number>): number => [...counts].reduce((a, b) => a + b, 0);
    const lines = [`${this.#title}: ${sum(this.#passed.values())} cases passed, of ${this.#passed.size} names`];
    for (const [reason, names] of this.#skipped) {
      const list = [...names].map(([name, n]) => `${name} ${n}`).join(', ');
      lines.push(`  skipped ${sum(names.values())}: ${reason} (${list})`);
    }
    if (this.#absent.length > 0) lines.push(`  not in Flambeau: ${this.#absent.length} (${this.#absent.join(', ')})`);
    return lines.join('\n');
  }
}
