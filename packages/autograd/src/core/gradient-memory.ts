import type { Tensor } from '../tensor.ts';
import { currentScope, enterScope, keepStorage, type Scope } from './lifetime.ts';
import type { Storage } from './storage.ts';

/**
 * Memory of the gradients on their way through a graph. What the rules make, and neither the next ones read nor anybody outside
 * has seen, is given back at once: it need not wait for the garbage collector, and the next rule finds it in cache.
 */
export class GradientMemory {
  readonly #outer: Scope | null = currentScope();
  readonly #inner: Scope = { storages: new Set(), kept: new Set(), parent: this.#outer };
  /** Made by rules, and seen by nobody else. */
  readonly #own = new Set<Storage>();
  /** How many gradients that are still to be read lie in a storage. */
  readonly #held = new Map<Storage, number>();

  /** Runs a step whose memory is ours; afterwards, what it made and nothing holds is given back. */
  step<T>(work: () => T): T {
    const { storages } = this.#inner;
    enterScope(this.#inner);
    try {
      return work();
    } finally {
      enterScope(this.#outer);
      for (const storage of storages) {
        this.#own.add(storage);
        if (!this.#held.has(storage)) this.#giveBack(storage);
      }
      storages.clear();
    }
  }

  /** Runs code of the user's, whose memory is not ours, on gradients that it may keep. */
  shown<T>(gradients: readonly (Tensor | null | undefined)[], work: () => T): T {
    for (const gradient of gradients) if (gradient) this.leave(gradient);
    const before = enterScope(this.#outer);
    try {
      return work();
    } finally {
      enterScope(before);
    }
  }

  /** A gradient goes to the outside: its memory, if it was made here, belongs to the scope around. */
  leave({ storage }: Tensor): void {
    if (this.#release(storage)) this.#outer?.storages.add(storage);
  }

  /** A gradient becomes the `.grad` of a leaf, which outlives every scope. */
  keep({ storage }: Tensor): void {
    keepStorage(storage);
    this.#release(storage);
  }

  /** A gradient waits to be read. */
  hold({ storage }: Tensor): void {
    this.#held.set(storage, (this.#held.get(storage) ?? 0) + 1);
  }

  /** A gradient has been read. */
  drop({ storage }: Tensor): void {
    const left = (this.#held.get(storage) ?? 1) - 1;
    if (left > 0) {
      this.#held.set(storage, left);
      return;
    }
    this.#held.delete(storage);
    if (!this.#inner.storages.has(storage)) this.#giveBack(storage);
  }

  /** Leaves memory to somebody else; false if it never was ours. */
  #release(storage: Storage): boolean {
    return this.#own.delete(storage) || this.#inner.storages.delete(storage);
  }

  #giveBack(storage: Storage): void {
    if (this.#own.delete(storage)) storage.dispose(ended);
  }
}

const ended = (): string => 'when backward() had used it';
