import {
  callValue,
  type FunctionBuilder,
  type FunctionReference,
  type I32,
  i32,
  i32x4,
  i32x4Const,
  type ModuleBuilder,
  v128,
} from '../assembler/index.ts';

/** Words of a {@link writeSteps} entry for a group of so many axes. */
export function stepsWords(axes: number): number {
  return 1 + 2 * Math.max(1, axes);
}

/**
 * Writes how a linear quantity (an address, a bound) moves along a group of axes: the number of axes, then size and step of
 * each, innermost first. Axes that are walked as one are merged.
 */
export function writeSteps(
  words: Int32Array,
  at: number,
  extents: readonly number[],
  firstExtent: number,
  steps: readonly number[],
  firstStep: number,
  axes: number,
  scale: number,
): void {
  let last = at - 1;
  for (let axis = axes - 1; axis >= 0; axis--) {
    const extent = extents[firstExtent + axis] as number;
    if (extent === 1) continue;
    const step = (steps[firstStep + axis] as number) * scale;
    const merges = last > at && (((words[last] as number) * (words[last + 1] as number)) | 0) === (step | 0);
    if (merges) {
      words[last] = (words[last] as number) * extent;
    } else {
      last += 2;
      words[last] = extent;
      words[last + 1] = step;
    }
  }
  if (last < at) {
    last = at + 1;
    words[last] = 1;
    words[last + 1] = 0;
  }
  words[at] = (last - at + 1) >>> 1;
}

/** Functions that read what {@link writeSteps} wrote. */
export interface TableFunctions {
  /** `locate(steps, index)`: the quantity at a row-major index of its group. */
  readonly locate: FunctionReference;
  /** `fill(target, steps, first, count, base)`: words `base + quantity` of `count` indices; may write 12 bytes more. */
  readonly fill: FunctionReference;
}

/** Writes both functions. */
export function tableFunctions(module: ModuleBuilder): TableFunctions {
  const locate = module.function({ parameters: ['i32', 'i32'], results: ['i32'] });
  writeLocate(locate);
  const fill = module.function({ parameters: ['i32', 'i32', 'i32', 'i32', 'i32'], results: [] });
  writeFill(fill, locate);
  return { locate, fill };
}

function writeLocate(f: FunctionBuilder): void {
  const at = f.parameter(0, 'i32');
  const index = f.parameter(1, 'i32');
  const left = f.local('i32', i32.load(at));
  const sum = f.local('i32');
  f.loop((again) => {
    const extent = i32.load(at, 4);
    f.set(left, i32.sub(left, i32.const(1)));
    f.if(left, () => {
      const quotient = f.local('i32', i32.div_u(index, extent));
      f.set(sum, i32.add(sum, i32.mul(i32.sub(index, i32.mul(quotient, extent)), i32.load(at, 8))));
      f.set(index, quotient);
      f.advance(at, 8);
      f.jump(again);
    });
  });
  f.return(i32.add(sum, i32.mul(index, i32.load(at, 8))));
}

function writeFill(f: FunctionBuilder, locate: FunctionReference): void {
  const [target, steps, first, count, base] = [0, 1, 2, 3, 4].map((i) => f.parameter(i, 'i32')) as [
    ReturnType<typeof f.local<'i32'>>,
    ReturnType<typeof f.local<'i32'>>,
    ReturnType<typeof f.local<'i32'>>,
    ReturnType<typeof f.local<'i32'>>,
    ReturnType<typeof f.local<'i32'>>,
  ];
  const step = f.local('i32', i32.load(steps, 8));
  const extent = f.local('i32', i32.load(steps, 4));
  const inner = f.local('i32', first);
  f.if(
    i32.gt_u(i32.load(steps), i32.const(1)),
    () => f.set(inner, i32.rem_u(first, extent)),
    () => f.set(extent, i32.add(first, count)),
  );
  const spread = f.local('v128', i32x4.mul(i32x4.splat(step), i32x4Const(0, 1, 2, 3)));
  const ahead = f.local('v128', i32x4.splat(i32.shl(step, i32.const(2))));
  const end = f.local('i32');
  const run = f.local('i32');
  const values = f.local('v128');
  f.while(count, () => {
    f.set(run, i32.sub(extent, inner));
    f.if(i32.gt_u(run, count), () => f.set(run, count));
    f.set(inner, i32.const(0));
    f.set(values, i32x4.add(i32x4.splat(i32.add(base, callValue('i32', locate, steps, first))), spread));
    f.set(end, i32.add(target, i32.shl(run, i32.const(2))));
    f.loop((again) => {
      f.store(target, values);
      f.set(values, i32x4.add(values, ahead));
      f.advance(target, 16);
      f.jumpIf(again, i32.lt_u(target, end));
    });
    f.set(target, end);
    f.advance(first, run);
    f.set(count, i32.sub(count, run));
  });
}

/** Writes eight more words behind a table's end: its last entry, each time `by` larger. */
export function padTable(f: FunctionBuilder, end: I32, by: number): void {
  const last = f.local('v128', v128.load32_splat(i32.sub(end, i32.const(4))));
  f.store(end, i32x4.add(last, i32x4Const(by, 2 * by, 3 * by, 4 * by)));
  f.store(end, i32x4.add(last, i32x4Const(5 * by, 6 * by, 7 * by, 8 * by)), 16);
}
