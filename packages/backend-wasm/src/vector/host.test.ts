import { type DType, type ScalarOpName, scalarOps } from '@flambeau/backend';
import { expect, it } from 'vitest';
import { ModuleBuilder } from '../assembler/index.ts';
import { emitLoad, emitOp, hostFunction } from './index.ts';
import { plain } from './testing/run-vector.ts';

/** Names of the host functions that some operations import, all in one module. */
function importsOf(dtype: DType, ...names: readonly ScalarOpName[]): readonly string[] {
  const module = new ModuleBuilder({ initial: 1, maximum: 1, shared: false });
  const f = module.function({ parameters: ['i32'], results: [] });
  const e = { module, f, features: plain };
  for (const name of names) {
    const args = Array.from({ length: scalarOps[name].arity }, () => emitLoad(e, dtype, f.parameter(0, 'i32')));
    emitOp(e, name, dtype, args);
  }
  return module.imports;
}

it('arithmetic needs no host', () => {
  const names = ['add', 'div', 'max', 'round', 'fmod', 'floorDiv', 'remainder', 'truncDiv', 'sqrt', 'rsqrt'] as const;
  expect(importsOf('float32', ...names)).toEqual([]);
  expect(importsOf('float64', ...names)).toEqual([]);
  expect(importsOf('int64', 'floorDiv', 'pow', 'shiftLeft', 'max')).toEqual([]);
});

it('a function without code of its own is imported once', () => {
  expect(importsOf('float64', 'lgamma', 'lgamma', 'polygamma')).toEqual(['scalar.lgamma', 'scalar.polygamma']);
  expect(hostFunction('scalar.lgamma')).toBe(scalarOps.lgamma.float);
});

it('names that mean nothing are refused', () => {
  for (const name of ['scalar.nothing', 'lgamma', 'scalar.and', 'scalar.toString']) {
    expect(() => hostFunction(name)).toThrow(/no host function/);
  }
});
