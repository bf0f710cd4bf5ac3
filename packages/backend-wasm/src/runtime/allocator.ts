import type { LinearMemory } from './linear-memory.ts';

/** Blocks start and end on cache lines, so that two of them never share one (bytes). */
export const BLOCK_ALIGNMENT = 64;

/** Bytes behind the last block that may be read but belong to nobody. */
const GUARD = BLOCK_ALIGNMENT;

/** Size classes in each doubling of the size. */
const STEPS = 4;

/** Candidates compared for the best fit in one class. */
const TRIES = 16;

/** A stretch of free memory, in the list of its size class. */
interface Range {
  start: number;
  size: number;
  bin: number;
  previous: Range | null;
  next: Range | null;
}

/** Hands out stretches of linear memory, merges what comes back with its neighbours, and grows memory when none fits. */
export class Allocator {
  readonly #linear: LinearMemory;
  readonly #bins: (Range | null)[] = new Array(33 * STEPS).fill(null);
  readonly #starts = new Map<number, Range>();
  readonly #ends = new Map<number, Range>();
  #top: number;

  /** @param base - Where memory to hand out begins (bytes, a multiple of 64). */
  constructor(linear: LinearMemory, base: number) {
    this.#linear = linear;
    this.#top = linear.byteLength - GUARD;
    if (base > this.#top) {
      linear.grow(base - this.#top);
      this.#top = linear.byteLength - GUARD;
    }
    this.free(base, this.#top - base);
  }

  /** Free stretches now; all that was ever freed has merged when it is 1. */
  get fragments(): number {
    return this.#starts.size;
  }

  /** Address of `size` bytes (a multiple of 64, not 0) in what memory there is; undefined when nothing fits. */
  find(size: number): number | undefined {
    const first = binOf(size);
    let found = bestOf(this.#bins[first] ?? null, size, TRIES);
    for (let bin = first + 1; !found && bin < this.#bins.length; bin++) found = this.#bins[bin] ?? null;
    found ??= bestOf(this.#bins[first] ?? null, size, Infinity);
    if (!found) return undefined;
    const { start } = found;
    this.#remove(found);
    if (found.size > size) this.#insert(start + size, found.size - size);
    return start;
  }

  /** As `find`, after memory has grown; undefined when it cannot. */
  extend(size: number): number | undefined {
    const last = this.#ends.get(this.#top);
    if (!this.#linear.grow(size - (last?.size ?? 0))) return undefined;
    const top = this.#linear.byteLength - GUARD;
    this.free(this.#top, top - this.#top);
    this.#top = top;
    return this.find(size);
  }

  /** Takes a stretch back. */
  free(start: number, size: number): void {
    let from = start;
    let to = start + size;
    const before = this.#ends.get(from);
    if (before) {
      from = before.start;
      this.#remove(before);
    }
    const behind = this.#starts.get(to);
    if (behind) {
      to += behind.size;
      this.#remove(behind);
    }
    if (to > from) this.#insert(from, to - from);
  }

  #insert(start: number, size: number): void {
    const bin = binOf(size);
    const next = this.#bins[bin] ?? null;
    const range: Range = { start, size, bin, previous: null, next };
    if (next) next.previous = range;
    this.#bins[bin] = range;
    this.#starts.set(start, range);
    this.#ends.set(start + size, range);
  }

  #remove(range: Range): void {
    const { previous, next } = range;
    if (next) next.previous = previous;
    if (previous) previous.next = next;
    else this.#bins[range.bin] = next;
    this.#starts.delete(range.start);
    this.#ends.delete(range.start + range.size);
  }
}

/** The class of a size: every size in a higher class is larger. */
function binOf(size: number): number {
  const exponent = 31 - Math.clz32(size);
  // Sizes of 2³² and more do not exist: some memory below the first block is never handed out.
  return exponent * STEPS + (((size / 2 ** exponent) * STEPS) | 0) - STEPS;
}

function bestOf(first: Range | null, size: number, tries: number): Range | null {
  let best: Range | null = null;
  let left = tries;
  for (let range = first; range && left > 0; range = range.next, left--) {
    if (range.size >= size && (!best || range.size < best.size)) best = range;
  }
  return best;
}
