import { expect, test } from 'vitest';
import { checkRoom, type Manifest } from './house.mjs';

const exports = { '.': { 'flambeau-source': './src/index.ts', default: './dist/index.js' } };

/** What the check says about a package with these files and manifest fields. */
function problemsOf(name: string, files: Record<string, string>, manifest: Partial<Manifest> = {}): string[] {
  const folder = `packages/${name.replace('@flambeau/', '')}`;
  return checkRoom({ folder, manifest: { name, exports, ...manifest }, files: new Map(Object.entries(files)) }, [
    'vitest',
  ]);
}

const needs = (...names: string[]): Partial<Manifest> => ({
  dependencies: Object.fromEntries(names.map((name) => [name, 'workspace:^'])),
});

test('a package that imports a lower floor, declared, has no problem', () => {
  const files = {
    'src/index.ts': `import { grad } from '@flambeau/autograd'; export { a } from './a.ts'; export const b = grad;`,
    'src/a.ts': `export const a = 1;`,
  };
  expect(problemsOf('@flambeau/nn', files, needs('@flambeau/autograd'))).toEqual([]);
});

test('a higher floor may not be imported', () => {
  const files = { 'src/index.ts': `\nimport type { Module } from '@flambeau/nn';` };
  expect(problemsOf('@flambeau/autograd', files, needs('@flambeau/nn'))).toEqual([
    'packages/autograd/src/index.ts:2  imports @flambeau/nn: @flambeau/autograd is on floor 1, below @flambeau/nn on floor 2',
  ]);
});

test('siblings may not import each other', () => {
  const files = { 'src/index.ts': `export { Linear } from '@flambeau/nn';` };
  expect(problemsOf('@flambeau/optim', files, needs('@flambeau/nn'))).toEqual([
    'packages/optim/src/index.ts:1  imports @flambeau/nn: @flambeau/optim and @flambeau/nn are siblings on floor 2',
  ]);
});

test('only the preset may name a concrete backend, even lazily', () => {
  const files = { 'src/index.ts': `export const load = () => import('@flambeau/backend-cpu');` };
  const dependencies = needs('@flambeau/backend-cpu');
  expect(problemsOf('@flambeau/nn', files, dependencies)).toEqual([
    'packages/nn/src/index.ts:1  imports @flambeau/backend-cpu: @flambeau/nn may not name a concrete backend',
  ]);
  expect(problemsOf('flambeau', files, dependencies)).toEqual([]);
});

test('tests may import a concrete backend that is a devDependency, and the tools of the root', () => {
  const files = {
    'src/index.ts': `export const a = 1;`,
    'src/index.test.ts': `import { cpu } from '@flambeau/backend-cpu'; import { test } from 'vitest'; import 'node:fs';`,
  };
  expect(problemsOf('@flambeau/nn', files, { devDependencies: { '@flambeau/backend-cpu': 'workspace:^' } })).toEqual(
    [],
  );
  expect(problemsOf('@flambeau/nn', files)).toEqual([
    'packages/nn/src/index.test.ts:1  imports @flambeau/backend-cpu, which is not in the dependencies or devDependencies of packages/nn/package.json',
  ]);
});

test('a published file needs a real dependency, not a devDependency', () => {
  const files = { 'src/index.ts': `import 'vitest';` };
  expect(problemsOf('@flambeau/nn', files, { devDependencies: { vitest: '4' } })).toEqual([
    'packages/nn/src/index.ts:1  imports vitest, which is not in the dependencies of packages/nn/package.json',
  ]);
});

test('a dependency that no published file imports is reported', () => {
  const files = { 'src/index.ts': `export const a = 1;`, 'src/a.test.ts': `import '@flambeau/backend';` };
  expect(problemsOf('@flambeau/nn', files, needs('@flambeau/backend'))).toEqual([
    'packages/nn/package.json  depends on @flambeau/backend, which no published file imports',
  ]);
});

test('a package without a floor is reported', () => {
  expect(problemsOf('@flambeau/attic', { 'src/index.ts': '' })).toEqual([
    'packages/attic/package.json  @flambeau/attic has no floor: add it to tooling/checks/rules.mjs',
  ]);
});

test("node's modules are only for files named for Node, of packages that have such files", () => {
  const file = `import { readFile } from 'node:fs/promises'; export const cwd = process.cwd(); export { readFile };`;
  const files = { 'src/index.ts': `export * from './mnist-node.ts';`, 'src/mnist-node.ts': file };
  expect(problemsOf('@flambeau/data', files)).toEqual([]);
  expect(problemsOf('@flambeau/nn', files)).toEqual([
    "packages/nn/src/mnist-node.ts:1  imports node:fs/promises: Node's modules are not for this file",
    'packages/nn/src/mnist-node.ts:1  uses the global process, which is not for this file',
  ]);
});

test.each([
  ['a value', 'export const n = navigator.hardwareConcurrency;', 'navigator'],
  ['a type', 'export function f(device: GPUDevice): void {}', 'GPUDevice'],
  ['a probe', `export const inNode = typeof process !== 'undefined';`, 'process'],
  ['a member of globalThis', 'export const w = globalThis.WebAssembly;', 'WebAssembly'],
  ['a computed member of a cast globalThis', `export const w = (globalThis as any)['process'];`, 'process'],
  ['a pattern on globalThis', 'const { navigator: n } = globalThis; export const m = n;', 'navigator'],
  ['a computed member', 'export const m = (o: any): unknown => o[process];', 'process'],
])('a guarded global is found as %s', (_, text, name) => {
  expect(problemsOf('@flambeau/nn', { 'src/index.ts': text })).toEqual([
    `packages/nn/src/index.ts:1  uses the global ${name}, which is not for this file`,
  ]);
});

test.each([
  ['a parameter', 'export const run = (process: () => void): void => process();'],
  ['a property', 'export const run = (x: { process: number }): number => x.process;'],
  ['a method', 'export class A { process(): void {} }'],
  ['a label', 'process: for (;;) break process;'],
  ['another word', 'export type GPUish = string; export const preprocess = 1;'],
])('the name of a guarded global is free as %s', (_, text) => {
  expect(problemsOf('@flambeau/nn', { 'src/index.ts': text })).toEqual([]);
});

test('a guarded global is allowed where the package needs it', () => {
  const files = {
    'src/index.ts': 'export const adapter = (): Promise<GPUAdapter | null> => navigator.gpu.requestAdapter();',
  };
  expect(problemsOf('@flambeau/backend-webgpu', files)).toEqual([]);
});

test('tests may use any global', () => {
  const files = { 'src/index.ts': '', 'src/a.test.ts': 'console.log(process.env);' };
  expect(problemsOf('@flambeau/nn', files)).toEqual([]);
});

test('imports stay inside src', () => {
  const files = { 'src/index.ts': `export { x } from '../../backend/src/index.ts';` };
  expect(problemsOf('@flambeau/nn', files)).toEqual([
    "packages/nn/src/index.ts:1  imports ../../backend/src/index.ts, outside its package's src",
  ]);
});

test('a run-time cycle is reported once, with its path; type-only and lazy ones are fine', () => {
  const cyclic = (a: string): Record<string, string> => ({
    'src/index.ts': `export { b } from './deep/b.ts';`,
    'src/deep/b.ts': `import { c } from '../c.ts'; export const b = () => c;`,
    'src/c.ts': a,
  });
  expect(problemsOf('@flambeau/nn', cyclic(`import { b } from './deep/b.ts'; export const c = () => b;`))).toEqual([
    'packages/nn/src/deep/b.ts  is in a run-time import cycle: src/deep/b.ts → src/c.ts → src/deep/b.ts',
  ]);
  expect(problemsOf('@flambeau/nn', cyclic(`import type { b } from './deep/b.ts'; export type C = typeof b;`))).toEqual(
    [],
  );
  expect(problemsOf('@flambeau/nn', cyclic(`export const c = () => import('./deep/b.ts');`))).toEqual([]);
});

test('a file that cannot be parsed is reported, not passed over', () => {
  expect(problemsOf('@flambeau/nn', { 'src/index.ts': 'export const = 1;' })).toEqual([
    expect.stringMatching(/^packages\/nn\/src\/index\.ts {2}cannot be parsed: /),
  ]);
});
