import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DataLoader, MNIST } from './index.ts';

const bytes = (rank: number, shape: readonly number[], content: readonly number[]): Uint8Array =>
  Uint8Array.from([0, 0, 8, rank, ...shape.flatMap((size) => [0, 0, 0, size]), ...content]);

// Three pictures of two by two pixels.
const images = bytes(3, [3, 2, 2], [0, 255, 51, 102, 1, 2, 3, 4, 255, 255, 255, 255]);
const labels = bytes(1, [3], [7, 0, 9]);

test('pixels are normalised in batches, labels are int32', async () => {
  const digits = new MNIST(images, labels, { mean: 0.5, std: 0.25 });
  expect(digits.length).toBe(3);
  expect([...digits.pixels(1)]).toEqual([1, 2, 3, 4]);
  const [x, y] = digits.getBatch([0, 2]);
  expect([x.dtype, x.shape, y.dtype, await y.tolist()]).toEqual(['float32', [2, 1, 2, 2], 'int32', [7, 9]]);
  const level = (pixel: number): number => Math.fround((pixel / 255 - 0.5) / 0.25);
  expect(Array.from((await x.toArray()) as Float32Array)).toEqual([0, 255, 51, 102, 255, 255, 255, 255].map(level));
});

test('an item is one image and its digit', async () => {
  const [image, label] = new MNIST(images, labels, { mean: 0, std: 1 }).getItem(0);
  expect([image.shape, label]).toEqual([[1, 2, 2], 7]);
  expect(await image.tolist()).toEqual([
    [
      [0, 1],
      [Math.fround(0.2), Math.fround(0.4)],
    ],
  ]);
  expect(() => new MNIST(images, labels).getItem(3)).toThrow('an index must be an integer from 0 to 2; got 3');
});

test('a loader takes whole batches, and toTensors all at once', async () => {
  const digits = new MNIST(images, labels);
  const shapes: unknown[] = [];
  for await (const [x, y] of new DataLoader(digits, { batchSize: 2 })) shapes.push([x.shape, y.shape]);
  expect(shapes).toEqual([
    [[2, 1, 2, 2], [2]],
    [[1, 1, 2, 2], [1]],
  ]);
  const { tensors, length } = digits.toTensors();
  expect([length, tensors[0].shape, await tensors[1].tolist()]).toEqual([3, [3, 1, 2, 2], [7, 0, 9]]);
});

test.each([
  ['labels that are images', images, images, 'labels: expected bytes in 1 axes; got uint8 of shape [3, 2, 2]'],
  ['images that are labels', labels, labels, 'images: expected bytes in 3 axes'],
  ['too few labels', images, bytes(1, [2], [1, 2]), 'labels: expected 3 labels, one per image; got 2'],
  ['labels above 9', images, bytes(1, [3], [1, 10, 2]), 'labels: expected labels from 0 to 9; got 10 at 1'],
  ['truncated images', images.subarray(0, 20), labels, 'images: shape [3, 2, 2] of uint8 needs 28 bytes; got 20'],
])('refuses %s', (_, first, second, message) => {
  expect(() => new MNIST(first, second)).toThrow(message);
});

describe('fetch', () => {
  let server: Server;
  let base: string;
  const files: Record<string, Uint8Array> = {
    '/digits/t10k-images-idx3-ubyte': images,
    '/digits/t10k-labels-idx1-ubyte': labels,
    '/packed/train-images-idx3-ubyte.gz': gzipSync(images),
    '/packed/train-labels-idx1-ubyte.gz': gzipSync(labels),
  };

  beforeAll(async () => {
    server = createServer((request, response) => {
      const file = files[request.url ?? ''];
      response.writeHead(file ? 200 : 404).end(file);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  test('loads plain and compressed files from a folder', async () => {
    const test10k = await MNIST.fetch(`${base}/digits`, { train: false });
    expect([test10k.length, test10k.label(2)]).toEqual([3, 9]);
    expect((await MNIST.fetch(`${base}/packed/`, { suffix: '.gz' })).label(0)).toBe(7);
  });

  test('says which address cannot be fetched', async () => {
    await expect(MNIST.fetch(`${base}/digits/`)).rejects.toThrow(
      `cannot fetch ${base}/digits/train-images-idx3-ubyte: status 404`,
    );
    await expect(MNIST.fetch('http://127.0.0.1:1/')).rejects.toThrow('cannot fetch http://127.0.0.1:1/train-');
  });
});
