import { describe, expect, it } from 'vitest';
import { ulp } from './conformance/compare.ts';
import { Draw } from './conformance/draw.ts';
import { decompositions, decompositionUlps } from './decompositions.ts';
import { type Expr, load, walk } from './expr.ts';
import { evaluateScalarOp, type ScalarOpName, scalarOps } from './scalar-ops.ts';

const names = Object.keys(decompositions) as (keyof typeof decompositions)[];

/** Evaluates an expression as a device does: every operation rounded to float32. */
function evaluate(expr: Expr, operands: readonly number[]): number {
  if (expr.kind === 'load') return operands[expr.access] as number;
  if (expr.kind === 'const') return Math.fround(expr.value as number);
  if (expr.kind !== 'op') throw new Error(`unexpected ${expr.kind}`);
  const [a, b, c] = expr.args.map((arg) => evaluate(arg, operands));
  return evaluateScalarOp(expr.op, 'float32', a as number, b, c) as number;
}

const decompose = (name: ScalarOpName): Expr => {
  const write = decompositions[name];
  if (!write) throw new Error(`${name} has no decomposition`);
  return write('float32', load(0), load(1));
};

/** Operands from the samples of an operation: evenly, and close to 0, 1 and -1. */
function operandsOf(name: ScalarOpName, draw: Draw): number[] {
  const { samples = [-100, 100], arity } = scalarOps[name];
  const inside = (x: number): number => Math.fround(Math.min(samples[1], Math.max(samples[0], x)));
  const tiny = 10 ** draw.real(-7, 0) * draw.pick([-1, 1]);
  const a = inside(draw.pick([draw.real(samples[0], samples[1]), tiny, 1 + tiny, -1 + tiny]));
  if (arity === 1) return [a];
  // Multiples of the divisor, and their neighbours, are where a rounded quotient misleads.
  const b = Math.fround(draw.real(-10, 10) || 1);
  return [draw.int(0, 1) ? a : Math.fround(b * draw.int(-1000, 1000)), b];
}

describe('decompositions', () => {
  it('state how good they are', () => {
    expect(Object.keys(decompositionUlps)).toEqual(expect.arrayContaining(names));
    expect(names).toEqual(expect.arrayContaining(Object.keys(decompositionUlps)));
  });

  it.each(names)('keep their word: %s', (name) => {
    const expr = decompose(name);
    const draw = new Draw(7);
    for (let run = 0; run < 4000; run++) {
      const operands = operandsOf(name, draw);
      const want = evaluateScalarOp(name, 'float32', operands[0] as number, operands[1]) as number;
      if (!Number.isFinite(want)) continue;
      const got = evaluate(expr, operands);
      const error = Math.abs(got - want) / ulp('float32', want);
      if (!(error <= (decompositionUlps[name] as number))) expect.fail(`${name}(${operands}) is ${got}, not ${want}`);
    }
  });

  it.each(names)('do not use themselves, or anything that is decomposed again: %s', (name) => {
    walk(decompose(name), (part) => {
      if (part.kind === 'op') expect(names).not.toContain(part.op);
    });
  });

  it.each([
    ['sigmoid', [-1000], 0],
    ['sigmoid', [1000], 1],
    ['expm1', [100], Number.POSITIVE_INFINITY],
    ['expm1', [-100], -1],
    ['expm1', [1e-20], Math.fround(1e-20)],
    ['log1p', [-1], Number.NEGATIVE_INFINITY],
    ['log1p', [Number.POSITIVE_INFINITY], Number.POSITIVE_INFINITY],
    ['log1p', [1e-20], Math.fround(1e-20)],
    ['exp2', [0], 1],
    ['exp2', [200], Number.POSITIVE_INFINITY],
    ['exp2', [-200], 0],
    ['atanh', [1], Number.POSITIVE_INFINITY],
    ['atanh', [-1], Number.NEGATIVE_INFINITY],
    ['erf', [40], 1],
    ['erf', [-40], -1],
    ['erfc', [40], 0],
    ['erfc', [-40], 2],
    ['erfinv', [1], Number.POSITIVE_INFINITY],
    ['erfinv', [-1], Number.NEGATIVE_INFINITY],
    ['erfinv', [2], Number.NaN],
    ['floorDiv', [1, 0.1], 9],
    ['remainder', [-1, 3], 2],
    ['fmod', [-7, 3], -1],
    ['truncDiv', [-7, 2], -3],
  ] as const)('%s of %j is %d', (name, operands, result) => {
    expect(evaluate(decompose(name), operands.map(Math.fround))).toBe(result);
  });

  it('stay finite where the result is', () => {
    for (const x of [89, -89, 60, -60]) {
      for (const name of ['sinh', 'cosh'] as const) {
        const want = scalarOps[name].float?.(x, 0, 0) as number;
        expect(Math.abs(evaluate(decompose(name), [x]) / want - 1)).toBeLessThan(1e-5);
      }
    }
    for (const x of [1e20, 1e38]) {
      for (const name of ['asinh', 'acosh'] as const) {
        expect(Math.abs(evaluate(decompose(name), [Math.fround(x)]) / Math.asinh(x) - 1)).toBeLessThan(1e-6);
      }
    }
  });
});
