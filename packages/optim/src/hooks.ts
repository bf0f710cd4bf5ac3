/** Undoes one registration. */
export interface HookHandle {
  /** Takes the hook out; doing it again changes nothing. */
  remove(): void;
}

/** Where among the hooks of its kind a new one goes. */
export interface HookOptions {
  /** Run before the hooks that are there already; default false. */
  prepend?: boolean;
}

/** Hooks of one kind, in the order in which they run. */
export class HookList<Hook> {
  #entries: { readonly hook: Hook }[] = [];

  /** Adds a hook and gives the handle that takes it out again. */
  add(hook: Hook, options: HookOptions = {}): HookHandle {
    const entry = { hook };
    this.#entries = options.prepend ? [entry, ...this.#entries] : [...this.#entries, entry];
    return {
      remove: () => {
        this.#entries = this.#entries.filter((other) => other !== entry);
      },
    };
  }

  /** Whether there is none. */
  get empty(): boolean {
    return this.#entries.length === 0;
  }

  /** The hooks as they stand now: one that is added or removed meanwhile does not disturb the walk. */
  *[Symbol.iterator](): IterableIterator<Hook> {
    for (const entry of this.#entries) yield entry.hook;
  }
}
