import { type DType, isFloat } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import { Bindings, type Shader, storageType } from '../shader.ts';
import { emitCast, emitConstant, emitOp, fromStorage, toStorage } from '../wgsl/scalar.ts';
import { Draft } from './draft.ts';
import { WalkCode } from './walk.ts';

export type CumulateOp = 'sum' | 'prod';

/**
 * One pass of a cumulation. `whole` walks lines from end to end; long lines are cut into chunks, of which `totals` writes the
 * totals, and which `apply` walks when the totals are cumulated.
 */
export interface CumulateVariant {
  readonly pass: 'whole' | 'totals' | 'apply';
  readonly dtype: DType;
  readonly op: CumulateOp;
  /** Axes beside the line. */
  readonly rank: number;
  /** Which of x and out are one buffer. */
  readonly shared: readonly number[];
  /** Lines lie one element behind the other from multiples of four, and are read and written four at a time; of dtypes that need no rounding. */
  readonly isWide: boolean;
}

/** The dtype in which a dtype is cumulated; it wraps and rounds when it is stored. */
export function totalDType(dtype: DType): 'float32' | 'int32' {
  return isFloat(dtype) ? 'float32' : 'int32';
}

/** Lines walk in order, in chunks where they are long; totals lie chunk by chunk, line after line. */
export function cumulateShader(variant: CumulateVariant, limits: DeviceLimits): Shader {
  const { pass, dtype, op, rank, shared, isWide } = variant;
  const operands = pass === 'totals' ? 1 : 2;
  const total = totalDType(dtype);
  const bindings = new Bindings([dtype, dtype].slice(0, operands), 1, limits, shared);
  const access = pass === 'totals' ? 'write' : 'read';
  if (pass !== 'whole') bindings.add('totals', access, storageType(total, limits));
  const draft = new Draft(bindings, limits);
  const { lines, library } = draft;
  const walk = new WalkCode(draft, rank, operands);
  const line = lines.let(`unit % u32(${walk.lines})`);
  const [x, out] = walk.starts(line);
  const sum = lines.var(total === 'float32' ? 'f32' : 'i32', emitConstant(library, op === 'sum' ? 0 : 1, total));
  let [from, until] = ['0', walk.length];
  let slot = '';
  if (pass !== 'whole') {
    const [size, chunks] = [draft.number('size'), draft.number('chunks')];
    const chunk = lines.let(`i32(unit / u32(${walk.lines}))`);
    from = lines.let(`${chunk} * ${size}`);
    until = lines.let(`min(${from} + ${size}, ${walk.length})`);
    slot = lines.let(`i32(${line}) * ${chunks} + ${chunk}`);
    if (pass === 'apply') lines.block(`if (${chunk} > 0)`, () => lines.add(`${sum} = totals[${slot} - 1];`));
  }
  const add = (value: string): void =>
    lines.add(`${sum} = ${emitOp(library, op === 'sum' ? 'add' : 'mul', total, [sum, value])};`);
  const [input, output] = [bindings.name(0), pass === 'totals' ? '' : bindings.name(1)];
  const next = lines.var('i32', from);
  if (isWide) {
    for (const name of [input, output]) draft.types.set(name, `vec4<${storageType(dtype, limits)}>`);
    lines.block(`for (; ${next} + 4 <= ${until}; ${next} += 4)`, () => {
      const values = lines.let(`${input}[(${x} + ${next}) / 4]`);
      const parts = ['x', 'y', 'z', 'w'].map((part) => {
        add(`${values}.${part}`);
        return pass === 'totals' ? '' : lines.let(sum);
      });
      if (output) lines.add(`${output}[(${out} + ${next}) / 4] = ${draft.types.get(output)}(${parts.join(', ')});`);
    });
  }
  const element = (name: string, at: string): string =>
    isWide ? `${name}[(${at}) / 4][(${at}) % 4]` : `${name}[${at}]`;
  lines.block(`for (; ${next} < ${until}; ${next}++)`, () => {
    add(lines.let(fromStorage(element(input, walk.at(0, x as string, next)), dtype, limits)));
    if (!output) return;
    const rounded = isFloat(dtype) ? sum : lines.let(emitCast(library, sum, total, dtype));
    lines.add(`${element(output, walk.at(1, out as string, next))} = ${toStorage(library, rounded, dtype, limits)};`);
  });
  if (pass === 'totals') lines.add(`totals[${slot}] = ${sum};`);
  return draft.finish();
}
