import { describe, expect, it } from 'vitest';
import { cast, constant, gather, index, load, op, operands, random, stage, walk } from './expr.ts';
import { computeDType, innerOffsets, inputAccess, type LoopKernel, outputAccess, stepsOf } from './kernel.ts';
import { contiguousView, padView } from './view.ts';

describe('accesses', () => {
  it('move by nothing, by one, or by a stride; an axis of one element does not move', () => {
    expect(stepsOf({ shape: [4, 3, 1, 2, 5], strides: [7, 0, 9, -1, 1], offset: 3 })).toEqual([
      'strided',
      'zero',
      'zero',
      'strided',
      'unit',
    ]);
  });

  it('carry the number of bounds and the fill when they read, and neither when they write', () => {
    const padded = padView(contiguousView([2, 3]), [1, 0], [0, 2]);
    expect(inputAccess(2, padded, -1)).toEqual({
      role: 'input',
      buffer: 2,
      steps: ['strided', 'unit'],
      bounds: 2,
      fill: -1,
    });
    expect(outputAccess(1, contiguousView([2]))).toEqual({
      role: 'output',
      buffer: 1,
      steps: ['unit'],
      bounds: 0,
      fill: 0,
    });
  });
});

describe('innerOffsets', () => {
  it('counts the inner axes of the stages before', () => {
    const stages = [2, 0, 1].map((inner) => ({ kind: 'reduce', op: 'sum', inner, expr: load(0) }) as const);
    expect(innerOffsets({ outer: 3, stages } as unknown as LoopKernel)).toEqual([3, 5, 5]);
  });
});

describe('computeDType', () => {
  it('widens 16 bits only', () => {
    expect([computeDType('float16'), computeDType('bfloat16'), computeDType('int8'), computeDType('float64')]).toEqual([
      'float32',
      'float32',
      'int8',
      'float64',
    ]);
  });
});

describe('expressions', () => {
  it('hold constants as their dtype does', () => {
    expect([constant(3, 'int64'), constant(3n, 'float32')]).toEqual([
      { kind: 'const', dtype: 'int64', value: 3n },
      { kind: 'const', dtype: 'float32', value: 3 },
    ]);
  });

  it('are walked operands first', () => {
    const lookup = gather(1, [cast(load(0), 'int32')]);
    const whole = op('add', lookup, op('neg', stage(0)));
    const visited: string[] = [];
    walk(whole, (expr) => visited.push(expr.kind === 'op' ? expr.op : expr.kind));
    expect(visited).toEqual(['load', 'cast', 'gather', 'stage', 'neg', 'add']);
    expect(operands(random(index(0), index(1)))).toEqual([index(0), index(1)]);
    expect(operands(index(0))).toEqual([]);
  });
});
