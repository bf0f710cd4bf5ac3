import type { Expr } from '@flambeau/backend';
import { storageType } from '../shader.ts';
import { Evaluation, type Site } from '../wgsl/evaluate.ts';
import { emitConstant, fromStorage, toStorage } from '../wgsl/scalar.ts';
import type { Context } from './context.ts';
import { isInvariant, preEvaluate } from './invariant.ts';
import type { Place } from './place.ts';
import { isStill } from './stages.ts';

const COMPONENTS = ['x', 'y', 'z', 'w'] as const;

/** What is known when an expression is evaluated. */
export interface Known {
  /** Results of stages, one for each element side by side or one for all. */
  readonly results: ReadonlyMap<number, readonly string[]>;
  /** Values computed ahead of loops, likewise. */
  readonly values: readonly ReadonlyMap<Expr, string>[];
}

/** The value for one of the elements side by side: its own, or the one of all. */
function pick<T>(values: readonly T[], component: number): T {
  return values[values.length === 1 ? 0 : component] as T;
}

/** Elements that are computed side by side: one, or four along an axis. */
export class Sites {
  readonly place: Place;
  readonly width: number;
  /** The axis along which they lie; -1 for one element. */
  readonly axis: number;
  readonly #context: Context;
  readonly #ahead: Sites | undefined;
  readonly #aheadAccesses: ReadonlySet<number>;
  readonly #own = new Map<string, string>();
  readonly #vectors = new Map<number, string>();
  readonly #indices: (string | undefined)[] = [];

  /**
   * @param ahead - Sites ahead of loops which give the elements of those accesses that do not move in them.
   */
  constructor(
    context: Context,
    place: Place,
    width: number,
    axis: number,
    ahead?: { readonly sites: Sites; readonly accesses: ReadonlySet<number> },
  ) {
    this.#context = context;
    this.place = place;
    this.width = width;
    this.axis = width > 1 ? axis : -1;
    this.#ahead = ahead?.sites;
    this.#aheadAccesses = ahead?.accesses ?? new Set();
  }

  /** The values of an expression, one for each element. */
  evaluate(expr: Expr, known: Known): string[] {
    const { input } = this.#context;
    const values = [...known.values];
    if (this.width > 1) {
      const shared = preEvaluate(
        expr,
        (each) => isInvariant(input, each, [this.axis], known.results),
        () => new Evaluation(this.#site(0, known), pick(known.values, 0)),
      );
      // A value of one element only is not every element's.
      for (let c = 0; c < this.width; c++) values[c] = new Map([...shared, ...pick(known.values, c)]);
    }
    return Array.from({ length: this.width }, (_, c) => new Evaluation(this.#site(c, known), pick(values, c)).of(expr));
  }

  /** The values of those parts of an expression that are the same in loops still to come, for each element. */
  ahead(expr: Expr, known: Known, isFixed: (expr: Expr) => boolean): ReadonlyMap<Expr, string>[] {
    return Array.from({ length: this.width }, (_, c) =>
      preEvaluate(expr, isFixed, () => new Evaluation(this.#site(c, known), pick(known.values, c))),
    );
  }

  /** The current index along an axis. */
  index(axis: number, component: number): string {
    const index = this.place.indices.get(axis) as string;
    if (axis !== this.axis || component === 0) return index;
    this.#indices[component] ??= this.#context.lines.let(`${index} + ${component}`);
    return this.#indices[component];
  }

  /** The element that an input access shows. */
  load(number: number, component: number): string {
    if (this.#ahead && this.#aheadAccesses.has(number)) {
      return this.#ahead.load(number, this.#ahead.width === 1 ? 0 : component);
    }
    const at = this.#moves(number) ? component : 0;
    return this.#once('load', number, at, () => this.#load(number, at));
  }

  /**
   * Writes values through an output access.
   *
   * @param count - How many of four are to be written; all when absent.
   */
  store(number: number, values: readonly string[], count?: string): void {
    const { lines, library, limits } = this.#context;
    const { name, wide } = this.#context.memory(number);
    const dtype = this.#context.dtype(number);
    const texts = values.map((value) => toStorage(library, value, dtype, limits));
    const address = this.place.addresses.get(number) as string;
    if (this.width === 1) {
      lines.add(`${element(name, address, wide)} = ${texts[0]};`);
      return;
    }
    const isVector = wide && this.#isUnit(number);
    const at = isVector ? lines.let(`${address} >> 2u`) : '';
    const one = (c: number): void => {
      if (isVector) lines.add(`${name}[${at}].${COMPONENTS[c]} = ${texts[c]};`);
      else lines.add(`${element(name, this.#address(number, c), wide)} = ${texts[c]};`);
    };
    const all = (): void => {
      if (isVector) lines.add(`${name}[${at}] = vec4<${storageType(dtype, limits)}>(${texts.join(', ')});`);
      else for (let c = 0; c < this.width; c++) one(c);
    };
    if (!count) {
      all();
      return;
    }
    lines.block(`if (${count} >= 4)`, all);
    lines.block('else', () => {
      one(0);
      for (let c = 1; c < 3; c++) lines.block(`if (${count} > ${c})`, () => one(c));
    });
  }

  #site(component: number, known: Known): Site {
    const { kernel, library, lines, numbers } = this.#context;
    return {
      kernel,
      library,
      lines,
      load: (number) => this.load(number, component),
      gather: (number, indices) => this.#gather(number, component, indices),
      index: (axis) => this.index(axis, component),
      stage: (stage) => pick(known.results.get(stage) as readonly string[], component),
      scalar: (slot) => numbers.scalar(slot),
      zero: () => this.#context.zero,
    };
  }

  /** What is the same whenever an access is looked at for the same element; if its windows slide, other sites may do so too. */
  #once(what: string, number: number, component: number, text: () => string): string {
    const { place } = this;
    const steps = component + (place.shifts.get(number) ?? 0);
    const slides = this.#context.variant.slides.some(({ access }) => access === number);
    if (!slides) return remember(this.#own, `${what} ${number} ${steps}`, text);
    const where = `${place.addresses.get(number)} ${place.bounds.get(number)}`;
    return remember(place.shared, `${what} ${number} ${where} ${steps}`, text);
  }

  /** Whether what an access shows differs between the elements. */
  #moves(number: number): boolean {
    if (this.axis < 0) return false;
    return this.#context.access(number).steps[this.axis] !== 'zero' || !isStill(this.#context.input, number, this.axis);
  }

  #isUnit(number: number): boolean {
    return this.axis >= 0 && this.#context.access(number).steps[this.axis] === 'unit';
  }

  #address(number: number, component: number): string {
    const address = this.place.addresses.get(number) as string;
    const steps = component + (this.place.shifts.get(number) ?? 0);
    if (this.axis < 0 || steps === 0) return address;
    const step = this.#context.access(number).steps[this.axis];
    if (step === 'zero') return address;
    if (step === 'unit') return `${address} + ${steps}`;
    return `${address} + ${steps} * ${this.#context.numbers.stride(number, this.axis)}`;
  }

  #load(number: number, component: number): string {
    const { lines, library, limits } = this.#context;
    const { name, wide } = this.#context.memory(number);
    const dtype = this.#context.dtype(number);
    let raw: string;
    if (wide && this.#isUnit(number)) {
      let vector = this.#vectors.get(number);
      if (!vector) {
        vector = lines.let(`${name}[${this.place.addresses.get(number)} >> 2u]`);
        this.#vectors.set(number, vector);
      }
      raw = `${vector}.${COMPONENTS[component]}`;
    } else raw = element(name, this.#address(number, component), wide);
    const value = fromStorage(raw, dtype, limits);
    const inside = this.#isInside(number, component);
    if (!inside) return lines.let(value);
    return lines.let(`select(${emitConstant(library, this.#context.access(number).fill, dtype)}, ${value}, ${inside})`);
  }

  /** Whether an element is inside the bounds of its access; null where there are none. */
  #isInside(number: number, component: number): string | null {
    const access = this.#context.access(number);
    if (access.bounds === 0) return null;
    const at = this.axis >= 0 && !isStill(this.#context.input, number, this.axis) ? component : 0;
    const check = (_: unknown, bound: number): string => {
      const text = isBelow(this.#bound(number, bound, at), this.#context.numbers.boundExtent(number, bound));
      return remember(this.place.shared, text, () => this.#context.lines.let(text));
    };
    return this.#once('inside', number, at, () =>
      this.#context.lines.let(Array.from({ length: access.bounds }, check).join(' & ')),
    );
  }

  #bound(number: number, bound: number, component: number): string {
    const { input, numbers } = this.#context;
    const value = (this.place.bounds.get(number) as readonly string[])[bound] as string;
    const steps = component + (this.place.shifts.get(number) ?? 0);
    if (steps === 0 || input.still?.[number]?.[bound]?.[this.axis]) return value;
    return `${value} + ${steps} * ${numbers.coefficient(number, bound, this.axis)}`;
  }

  #gather(number: number, component: number, indices: readonly string[]): string {
    const { lines, library, limits, numbers } = this.#context;
    const access = this.#context.access(number);
    const { name, wide } = this.#context.memory(number);
    const dtype = this.#context.dtype(number);
    const scope = access.steps.length - indices.length;
    const checks = indices.map((index, i) => isBelow(index, numbers.size(number, scope + i)));
    for (let bound = 0; bound < access.bounds; bound++) {
      const moved = indices.flatMap((index, i) =>
        this.#context.input.still?.[number]?.[bound]?.[scope + i]
          ? []
          : [`${index} * ${numbers.coefficient(number, bound, scope + i)}`],
      );
      const value = [this.#bound(number, bound, component), ...moved].join(' + ');
      checks.push(isBelow(value, numbers.boundExtent(number, bound)));
    }
    const inside = lines.let(checks.join(' && '));
    const moved = indices.flatMap((index, i) => {
      const step = access.steps[scope + i];
      if (step === 'zero') return [];
      return [step === 'unit' ? index : `${index} * ${numbers.stride(number, scope + i)}`];
    });
    const address = lines.let([this.#address(number, component), ...moved].join(' + '));
    const value = fromStorage(element(name, address, wide), dtype, limits);
    return lines.let(`select(${emitConstant(library, access.fill, dtype)}, ${value}, ${inside})`);
  }
}

/** The text under a key: known, or made now. */
function remember(known: Map<string, string>, key: string, text: () => string): string {
  const found = known.get(key) ?? text();
  known.set(key, found);
  return found;
}

/** An element of memory that may be bound as vectors of four. */
function element(name: string, address: string, wide: boolean): string {
  return wide ? `${name}[(${address}) >> 2u][(${address}) & 3]` : `${name}[${address}]`;
}

/** Whether `0 <= value < size`. */
function isBelow(value: string, size: string): string {
  return `u32(${value}) < u32(${size})`;
}
