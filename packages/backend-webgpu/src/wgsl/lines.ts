/** Statements of WGSL as they are written: indented, with fresh names for values. */
export class Lines {
  readonly #lines: string[] = [];
  #depth = 1;
  #names = 0;

  /** Adds one statement, or several. */
  add(line: string): void {
    for (const part of line.split('\n')) this.#lines.push('  '.repeat(this.#depth) + part);
  }

  /** Adds `head { ... }` around the statements that `body` adds. */
  block(head: string, body: () => void): void {
    this.add(`${head} {`);
    this.#depth++;
    body();
    this.#depth--;
    this.add('}');
  }

  /** Gives a value a name and returns it. */
  let(text: string, type?: string): string {
    const name = `v${this.#names++}`;
    this.add(`let ${name}${type ? `: ${type}` : ''} = ${text};`);
    return name;
  }

  /** Declares a variable and returns its name. */
  var(type: string, init: string): string {
    const name = `v${this.#names++}`;
    this.add(`var ${name}: ${type} = ${init};`);
    return name;
  }

  /** All statements so far. */
  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }
}
