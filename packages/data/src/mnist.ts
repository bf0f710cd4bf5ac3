import { fromArray, type Tensor } from '@flambeau/autograd';
import { FormatError } from '@flambeau/backend';
import { checkIndex, Dataset, TensorDataset } from './dataset.ts';
import { DatasetError } from './errors.ts';
import { gunzip, type IdxArray, parseIdx } from './idx.ts';

/** How pixels become numbers: `(pixel / 255 - mean) / std`. */
export interface Normalization {
  /** Default 0.1307, the mean of the training pixels. */
  mean?: number;
  /** Default 0.3081, their standard deviation. */
  std?: number;
}

/** Which part of MNIST, and how. */
export interface MNISTOptions extends Normalization {
  /** The 60,000 training digits (default) or the 10,000 test digits. */
  train?: boolean;
}

/** Options of {@link MNIST.fetch}. */
export interface MNISTFetchOptions extends MNISTOptions {
  /** What follows the file names, e.g. `'.gz'`; default nothing. Compressed files are recognised by their content. */
  suffix?: string;
  /** Gives up the download. */
  signal?: AbortSignal;
}

const classes = 10;

/** The two files of one part of MNIST, as they are named since 1998. */
export function mnistFiles(train: boolean): { readonly images: string; readonly labels: string } {
  const part = train ? 'train' : 't10k';
  return { images: `${part}-images-idx3-ubyte`, labels: `${part}-labels-idx1-ubyte` };
}

function read(bytes: Uint8Array, name: string, rank: number): IdxArray & { readonly data: Uint8Array } {
  const array = parseIdx(bytes, name);
  if (array.dtype !== 'uint8' || array.shape.length !== rank) {
    throw new FormatError(
      'MNIST',
      `${name}: expected bytes in ${rank} axes; got ${array.dtype} of shape [${array.shape.join(', ')}].`,
    );
  }
  return array as IdxArray & { readonly data: Uint8Array };
}

/**
 * Handwritten digits: images `[1, 28, 28]` in float32, normalised, and labels from 0 to 9.
 *
 * Pixels stay bytes until a batch is made.
 *
 * @source Y. LeCun, C. Cortes, C. Burges: "The MNIST database of handwritten digits", 1998.
 */
export class MNIST extends Dataset<[image: Tensor, label: number], [images: Tensor, labels: Tensor]> {
  readonly length: number;
  /** Height and width of an image (pixels). */
  readonly imageSize: readonly [height: number, width: number];
  readonly #pixels: Uint8Array;
  readonly #labels: Uint8Array;
  /** The normalised value of each of the 256 pixel values. */
  readonly #levels: Float32Array;

  /**
   * @param images - Content of an IDX file of bytes `[N, height, width]`.
   * @param labels - Content of an IDX file of bytes `[N]`.
   * @throws {FormatError} A file is malformed or truncated, the two do not belong together, or a label is above 9.
   */
  constructor(
    images: Uint8Array,
    labels: Uint8Array,
    options: Normalization & { imagesName?: string; labelsName?: string } = {},
  ) {
    super();
    const { mean = 0.1307, std = 0.3081, imagesName = 'images', labelsName = 'labels' } = options;
    const pixels = read(images, imagesName, 3);
    const digits = read(labels, labelsName, 1);
    const [count, height, width] = pixels.shape as [number, number, number];
    if (digits.shape[0] !== count) {
      throw new FormatError('MNIST', `${labelsName}: expected ${count} labels, one per image; got ${digits.shape[0]}.`);
    }
    const odd = digits.data.findIndex((digit) => digit >= classes);
    if (odd >= 0) {
      throw new FormatError('MNIST', `${labelsName}: expected labels from 0 to 9; got ${digits.data[odd]} at ${odd}.`);
    }
    this.length = count;
    this.imageSize = [height, width];
    this.#pixels = pixels.data;
    this.#labels = digits.data;
    this.#levels = Float32Array.from({ length: 256 }, (_, pixel) => (pixel / 255 - mean) / std);
  }

  /**
   * Loads one part over the network, from a folder that holds the original files.
   *
   * @param baseUrl - The folder's address.
   * @throws {DatasetError} A file cannot be fetched.
   * @throws {FormatError} A file is damaged.
   * @example
   * const train = await MNIST.fetch('/mnist/', { train: true });
   */
  static async fetch(baseUrl: string | URL, options: MNISTFetchOptions = {}): Promise<MNIST> {
    const { train = true, suffix = '', signal, ...normalization } = options;
    const names = mnistFiles(train);
    const base = String(baseUrl).replace(/\/*$/, '/');
    const [images, labels] = await Promise.all(
      [names.images, names.labels].map((name) => download(`${base}${name}${suffix}`, signal)),
    );
    const named = { imagesName: names.images, labelsName: names.labels };
    return new MNIST(images!, labels!, { ...normalization, ...named });
  }

  override getItem(index: number): [image: Tensor, label: number] {
    const [images] = this.getBatch([index]);
    return [images.select(0, 0), this.label(index)];
  }

  override getBatch(indices: readonly number[]): [images: Tensor, labels: Tensor] {
    const [height, width] = this.imageSize;
    const size = height * width;
    const values = new Float32Array(indices.length * size);
    const labels = new Int32Array(indices.length);
    const levels = this.#levels;
    indices.forEach((index, row) => {
      checkIndex('MNIST', index, this.length);
      const pixels = this.#pixels.subarray(index * size, (index + 1) * size);
      const start = row * size;
      for (let i = 0; i < size; i++) values[start + i] = levels[pixels[i]!]!;
      labels[row] = this.#labels[index]!;
    });
    return [fromArray(values, [indices.length, 1, height, width]), fromArray(labels, [indices.length])];
  }

  /** The digit that image `index` shows. */
  label(index: number): number {
    checkIndex('MNIST', index, this.length);
    return this.#labels[index]!;
  }

  /** The pixels of image `index`, row by row, from 0 (paper) to 255 (ink). */
  pixels(index: number): Uint8Array {
    checkIndex('MNIST', index, this.length);
    const size = this.imageSize[0] * this.imageSize[1];
    return this.#pixels.slice(index * size, (index + 1) * size);
  }

  /** Everything as two tensors: images `[N, 1, 28, 28]` in float32, labels `[N]` in int32. */
  toTensors(): TensorDataset<[images: Tensor, labels: Tensor]> {
    return new TensorDataset(...this.getBatch(Array.from({ length: this.length }, (_, i) => i)));
  }
}

async function download(url: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
  } catch (error) {
    throw new DatasetError('MNIST', `cannot fetch ${url}: ${(error as Error).message}.`, { url }, error);
  }
  if (!response.ok) throw new DatasetError('MNIST', `cannot fetch ${url}: status ${response.status}.`, { url });
  return gunzip(new Uint8Array(await response.arrayBuffer()));
}
