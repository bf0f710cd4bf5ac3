import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  broadcastShapes,
  contiguousStrides,
  contiguousView,
  expandView,
  isContiguous,
  numel,
  padView,
  permuteView,
  reshapeView,
  sameShape,
  selectView,
  sliceView,
  unsqueezeView,
  type View,
  viewRange,
  windowView,
} from './view.ts';
import { forEachElement, isInside, maySelfOverlap, viewsOverlap } from './view-overlap.ts';

/** What a read outside the bounds gives in the model. */
const FILL = -1;

/** A logical array written out: the element of memory at each index in row-major order. */
interface Model {
  readonly shape: readonly number[];
  readonly elements: readonly number[];
}

function indicesOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (list, size) => list.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  );
}

function build(shape: readonly number[], at: (index: readonly number[]) => number): Model {
  return { shape, elements: indicesOf(shape).map(at) };
}

function pick({ shape, elements }: Model, index: readonly number[]): number {
  let position = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    const i = index[axis] as number;
    if (i < 0 || i >= (shape[axis] as number)) return FILL;
    position = position * (shape[axis] as number) + i;
  }
  return elements[position] as number;
}

function read(view: View): Model {
  return build(view.shape, (index) => {
    if (!isInside(view, index)) return FILL;
    return index.reduce((sum, i, axis) => sum + i * (view.strides[axis] as number), view.offset);
  });
}

type Move = (view: View, model: Model) => [View, Model];
type Random = (low: number, high: number) => number;

/** One random movement and its meaning, written out plainly. */
const moves: Record<string, (shape: readonly number[], random: Random) => Move> = {
  permute: (shape, random) => {
    const order = shape.map((_, axis) => axis).sort(() => random(0, 1) - 0.5);
    return (view, model) => [
      permuteView(view, order),
      build(
        order.map((axis) => shape[axis] as number),
        (index) =>
          pick(
            model,
            shape.map((_, axis) => index[order.indexOf(axis)] as number),
          ),
      ),
    ];
  },
  slice: (shape, random) => {
    if (shape.length === 0) return (view, model) => [view, model];
    const axis = random(0, shape.length - 1);
    const size = shape[axis] as number;
    const count = random(0, size);
    const step = count > 1 ? random(-3, 3) || 1 : 1;
    const start = random(0, Math.max(0, size - 1));
    const fits = Math.min(count, step > 0 ? Math.ceil((size - start) / step) : Math.floor(start / -step) + 1);
    const length = size === 0 ? 0 : fits;
    return (view, model) => [
      sliceView(view, axis, start, length, step),
      build(shape.with(axis, length), (index) => pick(model, index.with(axis, start + step * (index[axis] as number)))),
    ];
  },
  select: (shape, random) => {
    const axis = shape.findIndex((size) => size > 0);
    if (axis < 0) return (view, model) => [view, model];
    const at = random(0, (shape[axis] as number) - 1);
    return (view, model) => [
      selectView(view, axis, at),
      build(shape.toSpliced(axis, 1), (index) => pick(model, index.toSpliced(axis, 0, at))),
    ];
  },
  unsqueeze: (shape, random) => {
    const axis = random(0, shape.length);
    return (view, model) => [
      unsqueezeView(view, axis),
      build(shape.toSpliced(axis, 0, 1), (index) => pick(model, index.toSpliced(axis, 1))),
    ];
  },
  expand: (shape, random) => {
    const lead = Array.from({ length: random(0, 1) }, () => random(1, 3));
    const target = [...lead, ...shape.map((size) => (size === 1 ? random(0, 3) : size))];
    return (view, model) => [
      expandView(view, target),
      build(target, (index) =>
        pick(
          model,
          shape.map((size, axis) => (size === 1 ? 0 : (index[lead.length + axis] as number))),
        ),
      ),
    ];
  },
  pad: (shape, random) => {
    const before = shape.map((size) => random(-Math.min(1, size), 2));
    const after = shape.map((size, axis) => random(-Math.min(1, size + (before[axis] as number)), 2));
    return (view, model) => [
      padView(view, before, after),
      build(
        shape.map((size, axis) => size + (before[axis] as number) + (after[axis] as number)),
        (index) =>
          pick(
            model,
            index.map((i, axis) => i - (before[axis] as number)),
          ),
      ),
    ];
  },
  window: (shape, random) => {
    const axes = shape
      .map((_, axis) => axis)
      .filter((axis) => (shape[axis] as number) > 0 && random(0, 1))
      .slice(0, 2);
    const windows = axes.map((axis) => ({
      axis,
      kernel: random(1, 3),
      stride: random(1, 3),
      dilation: random(1, 2),
      padding: random(0, 2),
      positions: random(0, 4),
    }));
    return (view, model) => [
      windowView(view, windows),
      build(
        [
          ...shape.map((size, axis) => windows.find((w) => w.axis === axis)?.positions ?? size),
          ...windows.map((w) => w.kernel),
        ],
        (index) =>
          pick(
            model,
            shape.map((_, axis) => {
              const number = axes.indexOf(axis);
              const w = windows[number];
              const i = index[axis] as number;
              return w ? i * w.stride + (index[shape.length + number] as number) * w.dilation - w.padding : i;
            }),
          ),
      ),
    ];
  },
  reshape: (shape, random) => {
    const target = factors(numel(shape), random);
    return (view, model) => {
      const reshaped = reshapeView(view, target);
      return reshaped ? [reshaped, { shape: target, elements: model.elements }] : [view, model];
    };
  },
};

/** Random sizes with a given product. */
function factors(count: number, random: Random): number[] {
  if (count === 0) return [random(0, 2), 0, random(1, 3)];
  const sizes: number[] = [];
  let rest = count;
  while (rest > 1) {
    if (random(0, 3) === 0 && sizes.length < 4) sizes.push(1);
    const divisors = Array.from({ length: rest - 1 }, (_, i) => i + 2).filter((d) => rest % d === 0);
    const size = divisors[random(0, divisors.length - 1)] as number;
    sizes.push(size);
    rest /= size;
  }
  return sizes;
}

const smallShape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
const choices = fc.array(fc.nat(), { minLength: 1, maxLength: 200 });

/** A stream of choices out of drawn numbers, so that a failure can be replayed. */
function reader(numbers: readonly number[]): Random {
  let next = 0;
  return (low, high) => low + ((numbers[next++ % numbers.length] as number) % (high - low + 1));
}

describe('movements of a view', () => {
  it.each(Object.keys(moves))('mean what is written out, after any others: %s', (name) => {
    fc.assert(
      fc.property(
        smallShape,
        fc.nat(5),
        fc.array(fc.constantFrom(...Object.keys(moves)), { maxLength: 3 }),
        choices,
        (shape, offset, others, numbers) => {
          const random = reader(numbers);
          let view = contiguousView(shape, offset);
          let model = read(view);
          for (const move of [...others, name]) {
            if (numel(model.shape) > 500) return;
            [view, model] = (moves[move] as (typeof moves)[string])(model.shape, random)(view, model);
            expect(read(view)).toEqual({ shape: [...model.shape], elements: model.elements });
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('reshapeView', () => {
  it('finds strides exactly when some exist', () => {
    fc.assert(
      fc.property(
        smallShape,
        fc.array(fc.constantFrom('permute', 'slice', 'expand'), { maxLength: 2 }),
        choices,
        (shape, names, numbers) => {
          const random = reader(numbers);
          let view = contiguousView(shape);
          let model = read(view);
          for (const name of names)
            [view, model] = (moves[name] as (typeof moves)[string])(model.shape, random)(view, model);
          const target = factors(numel(view.shape), random);
          const reshaped = reshapeView(view, target);
          // An affine map is fixed by its values at 0 and one step along each axis.
          const at = (index: readonly number[]): number => pick({ shape: target, elements: model.elements }, index);
          const origin = target.map(() => 0);
          const affine =
            numel(target) === 0 ||
            indicesOf(target).every(
              (index) =>
                at(index) ===
                index.reduce(
                  (sum, i, axis) => sum + i * (at(origin.with(axis, Math.min(1, i))) - at(origin)),
                  at(origin),
                ),
            );
          expect(reshaped !== null).toBe(affine);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('does not see through bounds', () => {
    expect(reshapeView(padView(contiguousView([2]), [1], [0]), [3, 1])).toBeNull();
  });
});

describe('isContiguous', () => {
  it('agrees with the elements written out', () => {
    fc.assert(
      fc.property(
        smallShape,
        fc.array(fc.constantFrom('permute', 'slice', 'expand', 'unsqueeze')),
        choices,
        (shape, names, numbers) => {
          const random = reader(numbers);
          let view = contiguousView(shape, 3);
          let model = read(view);
          for (const name of names.slice(0, 3))
            [view, model] = (moves[name] as (typeof moves)[string])(model.shape, random)(view, model);
          const dense = model.elements.every((element, i) => element === (model.elements[0] as number) + i);
          expect(isContiguous(view)).toBe(dense);
        },
      ),
    );
  });

  it('holds for empty views whatever their strides, and never through bounds', () => {
    expect(isContiguous({ shape: [0, 3], strides: [1, 7], offset: 0 })).toBe(true);
    expect(isContiguous(padView(contiguousView([2]), [1], [0]))).toBe(false);
  });
});

describe('broadcastShapes', () => {
  it.each([
    [[], []],
    [
      [[2, 3], [3]],
      [2, 3],
    ],
    [
      [[2, 1], [1, 3], [1]],
      [2, 3],
    ],
    [[[0], [1]], [0]],
    [[[1], [0]], [0]],
    [
      [
        [2, 0],
        [2, 1],
      ],
      [2, 0],
    ],
    [[[0], [2]], null],
    [[[2], [0]], null],
    [[[2], [3]], null],
  ])('%j gives %j', (shapes, result) => {
    expect(broadcastShapes(...shapes)).toEqual(result);
  });
});

describe('small questions', () => {
  it('counts, compares and strides shapes', () => {
    expect([numel([]), numel([2, 3]), numel([2, 0])]).toEqual([1, 6, 0]);
    expect([sameShape([1, 2], [1, 2]), sameShape([1], [1, 1]), sameShape([1], [2])]).toEqual([true, false, false]);
    expect(contiguousStrides([2, 3, 4])).toEqual([12, 4, 1]);
    expect(contiguousStrides([2, 0, 4])).toEqual([4, 4, 1]);
  });

  it('refuses to expand to fewer axes or other sizes, and to crop below nothing', () => {
    expect(() => expandView(contiguousView([2, 3]), [3])).toThrow('[expand] needs at least 2 sizes; got [3].');
    expect(() => expandView(contiguousView([2]), [3])).toThrow('[expand] sizes must match or be 1; got [2] and [3].');
    expect(() => padView(contiguousView([2]), [-2], [-1])).toThrow('[pad] must leave sizes of at least 0');
  });

  it('finds the range of a view, and whether it meets itself or another', () => {
    const strided = fc.record({
      shape: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 2 }),
      strides: fc.array(fc.integer({ min: -4, max: 6 }), { minLength: 2, maxLength: 2 }),
      offset: fc.integer({ min: 20, max: 30 }),
    });
    fc.assert(
      fc.property(strided, strided, (a, b) => {
        const { elements } = read(a);
        expect(viewRange(a)).toEqual(elements.length ? [Math.min(...elements), Math.max(...elements)] : null);
        expect(maySelfOverlap(a)).toBe(new Set(elements).size < elements.length);
        expect(viewsOverlap(a, b)).toBe(read(b).elements.some((element) => elements.includes(element)));
        const visited: number[] = [];
        forEachElement(a, (element) => visited.push(element));
        expect(visited).toEqual(elements);
      }),
      { numRuns: 500 },
    );
  });
});
