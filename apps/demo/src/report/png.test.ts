import { crc32, inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { greyPicture } from './png.ts';

test('a picture is a PNG with the given pixels', () => {
  const pixels = Uint8Array.from({ length: 12 }, (_, i) => i * 20);
  const [head, base64] = greyPicture(pixels, 4, 3).split(',') as [string, string];
  expect(head).toBe('data:image/png;base64');
  const file = Buffer.from(base64, 'base64');
  expect([...file.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < file.length; ) {
    const end = at + 8 + file.readUInt32BE(at);
    const type = file.toString('ascii', at + 4, at + 8);
    chunks.set(type, file.subarray(at + 8, end));
    if (crc32) expect(file.readUInt32BE(end)).toBe(crc32(file.subarray(at + 4, end)));
    at = end + 4;
  }
  expect([...chunks.keys()]).toEqual(['IHDR', 'IDAT', 'IEND']);
  // Width, height, eight bits of grey.
  expect([...chunks.get('IHDR')!]).toEqual([0, 0, 0, 4, 0, 0, 0, 3, 8, 0, 0, 0, 0]);
  const rows = inflateSync(chunks.get('IDAT')!);
  expect([...rows]).toEqual([0, ...pixels.subarray(0, 4), 0, ...pixels.subarray(4, 8), 0, ...pixels.subarray(8)]);
});
