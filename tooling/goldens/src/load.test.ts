import { describe, expect, test } from 'vitest';
import { readIndex, readModules, readOps } from './cases.ts';
import { readDocument, readTensors } from './files.ts';
import { goldenTensor, parseSafetensors, toNumbers } from './tensor.ts';
import { decodeValue, hasWholeFloat, isKind } from './values.ts';

const tensors = new Map([['0', goldenTensor('float32', [2], new Float32Array([1, 2]))]]);
const decode = (value: Parameters<typeof decodeValue>[0]) => decodeValue(value, tensors);

describe('decodeValue', () => {
  test.each([
    [{ $float: '2.0' }, 2],
    [{ $float: 'inf' }, Number.POSITIVE_INFINITY],
    [{ $float: '-inf' }, Number.NEGATIVE_INFINITY],
    [{ $float: 'nan' }, Number.NaN],
    [{ $tuple: [1, { $tuple: [true] }] }, [1, [true]]],
    [{ $namedtuple: 'max', fields: ['values', 'indices'], values: [1, 2] }, [1, 2]],
    [{ $slice: [0, 3, null] }, { kind: 'slice', start: 0, stop: 3, step: null }],
    [{ $ellipsis: true }, { kind: 'ellipsis' }],
    [{ $dtype: 'float64' }, { kind: 'dtype', name: 'float64' }],
    [{ $memory_format: 'preserve_format' }, { kind: 'memoryFormat', name: 'preserve_format' }],
    [{ $function: 'gelu' }, { kind: 'function', name: 'gelu' }],
    [
      { $module: 'Linear', args: [2, 3], kwargs: { bias: false } },
      { kind: 'module', name: 'Linear', args: [2, 3], kwargs: { bias: false } },
    ],
    [{ $dict: [['a', { $float: '1.0' }]] }, { kind: 'dict', entries: [['a', 1]] }],
    [{ $packed: { lengths: [2, 1] } }, { kind: 'packed', fields: { lengths: [2, 1] } }],
  ])('reads %j', (json, value) => {
    expect(decode(json)).toEqual(value);
  });

  test('finds tensors in the side file and refuses unknown keys and encodings', () => {
    expect(decode([{ $tensor: 0 }])).toEqual([tensors.get('0')]);
    expect(() => decode({ $tensor: 9 })).toThrow('no tensor 9');
    expect(() => decode({ $other: 1 })).toThrow('unknown encoding');
  });

  test('tells whole floats from integers', () => {
    expect(hasWholeFloat([1, { a: [{ $float: '2.0' }] }])).toBe(true);
    expect(hasWholeFloat([1, 2.5, { $float: 'inf' }, { $tensor: 0 }])).toBe(false);
  });
});

test('parseSafetensors refuses a tensor outside the file', () => {
  const header = Buffer.from(JSON.stringify({ x: { dtype: 'F32', shape: [4], data_offsets: [0, 16] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  expect(() => parseSafetensors(Buffer.concat([length, header, Buffer.alloc(8)]))).toThrow('outside the file');
});

test('16-bit floats read as numbers', () => {
  expect(toNumbers('float16', new Uint16Array([0x3c00, 0xc000, 0x7c00, 0x0001, 0x3555]))).toEqual([
    1,
    -2,
    Number.POSITIVE_INFINITY,
    2 ** -24,
    0.333251953125,
  ]);
  expect(toNumbers('bfloat16', new Uint16Array([0x3f80, 0xc000, 0x3eab]))).toEqual([1, -2, 0.333984375]);
});

describe('the data folder', () => {
  const index = readIndex();

  test('holds every op sample that the index counts', () => {
    const samples = Object.keys(index.ops.groups).flatMap((group) => readOps(group).flatMap((op) => op.samples));
    expect(samples).toHaveLength(index.ops.samples);
  });

  test('holds every module case that the index counts, with constructor arguments where the printed form shows some', () => {
    const cases = Object.keys(index.modules.families).flatMap((family) => readModules(family).flatMap((c) => c.cases));
    expect(cases).toHaveLength(index.modules.cases);
    const pools = cases.filter((c) => c.className === 'MaxPool2d');
    expect(pools.length).toBeGreaterThan(0);
    for (const pool of pools) expect([...pool.args, ...Object.values(pool.kwargs)]).not.toHaveLength(0);
  });

  test('keeps numbers and tensors apart', () => {
    const add = readOps('arithmetic').find((op) => op.op === 'add');
    const sample = add?.samples.find((s) => s.dtype === 'float32');
    expect(sample && isKind(sample.input, 'tensor') && sample.input.data).toBeInstanceOf(Float32Array);
    expect(readTensors('optim/optimizers').size).toBeGreaterThan(100);
    expect(readDocument<{ runs: unknown[] }>('trajectories').runs).toHaveLength(7);
  });
});
