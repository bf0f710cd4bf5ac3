import { expect, test } from 'vitest';
import { snakeCase, snakePath, typeName } from './names.ts';

test.each([
  ['runningMean', 'running_mean'],
  ['inProjWeight', 'in_proj_weight'],
  ['weightIhL0', 'weight_ih_l0'],
  ['W1', 'W1'],
  ['fc1', 'fc1'],
  ['fc1Out', 'fc1_out'],
  ['already_snake', 'already_snake'],
  ['0', '0'],
])('%s is spelled %s', (name, spelled) => {
  expect(snakeCase(name)).toBe(spelled);
  expect(snakeCase(spelled)).toBe(spelled);
});

test('every segment of a path is spelled on its own', () => {
  expect(snakePath('selfAttn.outProj.weight')).toBe('self_attn.out_proj.weight');
});

test('types are named as error messages need them', () => {
  const values = [null, undefined, 3, 'text', true, [], {}, new Map(), Object.create(null)];
  expect(values.map(typeName)).toEqual([
    'null',
    'undefined',
    'number',
    'string',
    'boolean',
    'Array',
    'Object',
    'Map',
    'object',
  ]);
});
