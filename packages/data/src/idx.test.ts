import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gunzip, parseIdx } from './idx.ts';

/** An IDX file: type code, sizes, then bytes. */
function idx(code: number, shape: readonly number[], content: readonly number[]): Uint8Array {
  const sizes = shape.flatMap((size) => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255]);
  return Uint8Array.from([0, 0, code, shape.length, ...sizes, ...content]);
}

describe('parseIdx', () => {
  test('reads bytes without copying them', () => {
    const file = idx(8, [2, 3], [1, 2, 3, 4, 5, 255]);
    const { dtype, shape, data } = parseIdx(file);
    expect([dtype, shape, [...data]]).toEqual(['uint8', [2, 3], [1, 2, 3, 4, 5, 255]]);
    expect(data.buffer).toBe(file.buffer);
  });

  test('reads big-endian numbers of every type', () => {
    expect([...parseIdx(idx(9, [2], [255, 1])).data]).toEqual([-1, 1]);
    expect(parseIdx(idx(11, [2], [255, 254, 1, 0]))).toEqual({
      dtype: 'int32',
      shape: [2],
      data: Int32Array.of(-2, 256),
    });
    expect([...parseIdx(idx(12, [1], [0, 1, 0, 2])).data]).toEqual([65538]);
    expect([...parseIdx(idx(13, [1], [0x3f, 0xc0, 0, 0])).data]).toEqual([1.5]);
    expect([...parseIdx(idx(14, [1], [0xbf, 0xf8, 0, 0, 0, 0, 0, 0])).data]).toEqual([-1.5]);
  });

  test('reads a file that begins in the middle of a buffer, and one without items', () => {
    const padded = Uint8Array.from([9, 9, 9, ...idx(12, [1], [0, 0, 0, 7])]).subarray(3);
    expect([...parseIdx(padded).data]).toEqual([7]);
    expect(parseIdx(idx(8, [0, 28, 28], [])).shape).toEqual([0, 28, 28]);
    expect([...parseIdx(idx(8, [2], [5, 6]).buffer as ArrayBuffer).data]).toEqual([5, 6]);
  });

  test.each([
    ['an empty file', new Uint8Array(0), 'expected at least 4 bytes; got 0. The file is truncated'],
    ['a text', new TextEncoder().encode('<!doctype html>'), 'expected the magic number of an IDX file'],
    ['an unknown type', idx(10, [1], [1]), 'got 0x00 0x00 0x0a 0x01'],
    ['half a header', idx(8, [1, 1], [1]).subarray(0, 10), 'expected a header of 12 bytes; got 10'],
    ['missing data', idx(8, [2, 2], [1, 2, 3]), 'shape [2, 2] of uint8 needs 16 bytes; got 15. The file is truncated'],
    ['extra data', idx(8, [2], [1, 2, 3]), 'Bytes follow the data'],
    ['sizes beyond all memory', idx(14, [0xffffffff, 0xffffffff, 0xffffffff], [1]), 'The file is truncated'],
    ['gzip', gzipSync(idx(8, [1], [1])), 'Decompress it with gunzip() first'],
  ])('refuses %s', (_, file, message) => {
    expect(() => parseIdx(file, 'digits')).toThrow(message);
    expect(() => parseIdx(file, 'digits')).toThrow(expect.objectContaining({ name: 'FormatError' }));
    expect(() => parseIdx(file, 'digits')).toThrow('digits: ');
  });

  test('refuses any bytes in no other way than with a FormatError', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .tuple(fc.constantFrom(8, 9, 11, 12, 13, 14), fc.uint8Array({ maxLength: 40 }))
        .map(([code, rest]) => Uint8Array.from([0, 0, code, ...rest])),
    );
    fc.assert(
      fc.property(bytes, (file) => {
        try {
          const { shape, data } = parseIdx(file);
          expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
        } catch (error) {
          expect((error as Error).name).toBe('FormatError');
        }
      }),
    );
  });
});

describe('gunzip', () => {
  const content = Uint8Array.from({ length: 5000 }, (_, i) => i % 7);

  test('decompresses gzip and leaves other bytes alone', async () => {
    expect(await gunzip(gzipSync(content))).toEqual(content);
    expect(await gunzip(content)).toBe(content);
  });

  test('refuses a damaged file and one that grows too large', async () => {
    const packed = gzipSync(content);
    await expect(gunzip(packed.subarray(0, packed.length - 9))).rejects.toThrow('the gzip file is damaged');
    await expect(gunzip(packed, { maxBytes: 4999 })).rejects.toThrow('decompresses to more than 4999 bytes');
  });
});
