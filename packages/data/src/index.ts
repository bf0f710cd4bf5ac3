export { defaultCollate } from './collate.ts';
export { type Collate, DataLoader, type DataLoaderOptions } from './data-loader.ts';
export { ConcatDataset, Dataset, type Eventually, IterableDataset, Subset, TensorDataset } from './dataset.ts';
export { DatasetError } from './errors.ts';
export { type GunzipOptions, gunzip, type IdxArray, parseIdx } from './idx.ts';
export { MNIST, type MNISTFetchOptions, type MNISTOptions, type Normalization } from './mnist.ts';
export { type RandomSplitOptions, randomSplit } from './random-split.ts';
export {
  BatchSampler,
  RandomSampler,
  type RandomSamplerOptions,
  type Sampler,
  SequentialSampler,
  type Sized,
  SubsetRandomSampler,
} from './samplers.ts';
