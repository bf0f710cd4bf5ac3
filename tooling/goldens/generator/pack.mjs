// Packs the generators' output (a folder with ops/, modules/, optim/, misc/, random/, print/, trajectories/) into
// the few compressed files of ../data that the test runners read.
//
//   node pack.mjs OUT            write ../data
//   node pack.mjs OUT --check    compare with ../data instead, by content; exit code 1 where they differ
//
// Kept as it is: every case, every tensor. Left out: fields that no runner reads, and the largest samples of the ops
// in LARGE (index.json counts them).
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

const DATA = join(dirname(fileURLToPath(import.meta.url)), '..', 'data');
// These ops would take a seventh of the folder; each keeps at least seven smaller samples.
const LARGE = new Set([
  'nn.functional.conv_transpose3d',
  'nn.functional.adaptive_avg_pool3d',
  'kron',
  'linalg.pinv/singular',
]);
const MAX_LARGE_SAMPLE_BYTES = 32 * 1024;
const ELEMENT_BYTES = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2, I16: 2, I8: 1, U8: 1, BOOL: 1 };

// One file per family keeps the number of files small and a change to one family's cases local.
const FAMILIES = [
  ['padding', /Pad\d/],
  ['lazy', /^Lazy/],
  ['convolution', /^Conv|^Fold|^Unfold/],
  ['pooling', /Pool|Unpool/],
  ['normalization', /Norm|CrossMapLRN/],
  ['recurrent', /^(RNN|LSTM|GRU)/],
  ['attention', /^Transformer|^MultiheadAttention/],
  ['loss', /Loss$/],
  ['vision', /^Upsampl|^Pixel|^ChannelShuffle/],
  ['structure', /^(Module|Parameter|Sequential|Identity|Flatten|Unflatten)/],
  ['parametric', /^(Linear|Bilinear|Embedding|.*Dropout|CosineSimilarity|PairwiseDistance)/],
  ['activation', /./],
];

const [out, mode] = process.argv.slice(2);
if (!out || (mode && mode !== '--check')) {
  console.error('usage: node pack.mjs OUT [--check]');
  process.exit(2);
}

const readJson = (path) => JSON.parse(readFileSync(join(out, path), 'utf8'));

/** The tensors of one safetensors file, by key. */
function readTensors(path) {
  const raw = readFileSync(join(out, path));
  const length = Number(raw.readBigUInt64LE(0));
  const header = JSON.parse(raw.subarray(8, 8 + length).toString());
  const tensors = new Map();
  for (const [key, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (key === '__metadata__') continue;
    const [from, to] = data_offsets.map((offset) => 8 + length + offset);
    tensors.set(key, { dtype, shape, bytes: raw.subarray(from, to) });
  }
  return tensors;
}

/** Tensors of several files under new keys, equal ones once. */
class Store {
  items = [];
  #index = new Map();

  add({ dtype, shape, bytes }) {
    const identity = `${dtype} ${shape} ${createHash('sha1').update(bytes).digest('base64')}`;
    let key = this.#index.get(identity);
    if (key === undefined) {
      key = this.items.length;
      this.items.push({ dtype, shape, bytes });
      this.#index.set(identity, key);
    }
    return key;
  }

  /** Widest elements first, so that every tensor is aligned. */
  toSafetensors() {
    const order = this.items.map((item, key) => ({ ...item, key }));
    order.sort((a, b) => ELEMENT_BYTES[b.dtype] - ELEMENT_BYTES[a.dtype] || a.key - b.key);
    const header = {};
    let offset = 0;
    for (const { key, dtype, shape, bytes } of order) {
      header[key] = { dtype, shape, data_offsets: [offset, offset + bytes.length] };
      offset += bytes.length;
    }
    let text = JSON.stringify(header);
    text += ' '.repeat((8 - (text.length % 8)) % 8);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, Buffer.from(text), ...order.map((item) => item.bytes)]);
  }
}

/** A copy of `value` whose tensor references point into `store`: `{ $tensor: key }`, dtype and shape are in the header. */
function moveTensors(value, tensors, store) {
  if (Array.isArray(value)) return value.map((x) => moveTensors(x, tensors, store));
  if (value === null || typeof value !== 'object') return value;
  if ('$tensor' in value) return { $tensor: store.add(tensors.get(value.$tensor)) };
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, moveTensors(v, tensors, store)]));
}

function sampleBytes(value, tensors, seen = new Set()) {
  if (value === null || typeof value !== 'object') return 0;
  if ('$tensor' in value) {
    if (seen.has(value.$tensor)) return 0;
    seen.add(value.$tensor);
    return tensors.get(value.$tensor).bytes.length;
  }
  return Object.values(value).reduce((sum, x) => sum + sampleBytes(x, tensors, seen), 0);
}

/** The seed that gen_modules.py sets before it builds a case's module (`seed_for` there). */
function caseSeed(className, { source, desc, training }) {
  const parts = ['case', className, source, desc, training ? 'True' : 'False'];
  const digest = createHash('sha256').update(parts.join('/')).digest();
  return (20261123 + digest.readUInt32LE(0)) % 2 ** 31;
}

const files = new Map();
const addJson = (path, value) => files.set(`${path}.json`, Buffer.from(`${JSON.stringify(value)}\n`));
const addPair = (path, value, store) => {
  addJson(path, value);
  files.set(`${path}.safetensors`, store.toSafetensors());
};

function packOps() {
  const index = readJson('ops/index.json');
  const groups = [...new Set(index.ops.map((op) => op.group))];
  let leftOut = 0;
  for (const group of groups) {
    const store = new Store();
    const tensors = readTensors(`ops/${group}.safetensors`);
    const ops = readJson(`ops/${group}.json`).ops.map(({ op, note, samples }) => {
      const kept = samples.filter((s) => !LARGE.has(op) || sampleBytes(s, tensors) <= MAX_LARGE_SAMPLE_BYTES);
      leftOut += samples.length - kept.length;
      return { op, note, samples: moveTensors(kept, tensors, store) };
    });
    addPair(`ops/${group}`, { ops }, store);
  }
  return {
    groups: Object.fromEntries(groups.map((g) => [g, index.ops.filter((op) => op.group === g).map((op) => op.op)])),
    samples: index.counts.samples - leftOut,
    leftOut: { [`${[...LARGE].join(', ')}: tensors above ${MAX_LARGE_SAMPLE_BYTES} bytes`]: leftOut },
    promoteTypes: index.promote_types,
    resultTypeWithScalar: index.result_type_with_scalar,
  };
}

function packModules() {
  const index = readJson('modules/index.json');
  const families = {};
  for (const { class: name } of index.classes) {
    const [family] = FAMILIES.find(([, pattern]) => pattern.test(name));
    families[family] ??= [];
    families[family].push(name);
  }
  let cases = 0;
  for (const [family, names] of Object.entries(families)) {
    const store = new Store();
    const classes = names.map((name) => {
      const tensors = readTensors(`modules/${name}.safetensors`);
      const list = readJson(`modules/${name}.json`).cases.map((c) => {
        const { source, desc, rng_consumed, grad_note, nonfinite_grad, ...rest } = c;
        return { ...rest, seed: caseSeed(name, c) };
      });
      cases += list.length;
      return { class: name, cases: moveTensors(list, tensors, store) };
    });
    addPair(`modules/${family}`, { classes }, store);
  }
  return { families, cases };
}

/** Number lists as tensors: a third of the size, and exact. `{ shape, data }` becomes a reference. */
function arraysToTensors(value, dtype, store) {
  if (Array.isArray(value)) return value.map((x) => arraysToTensors(x, dtype, store));
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value.shape) && Array.isArray(value.data)) {
    const numbers = value.data.map((x) => (typeof x === 'number' ? x : Number(x.$float.replace('inf', 'Infinity'))));
    const array = dtype === 'F32' ? Float32Array.from(numbers) : Float64Array.from(numbers);
    return { $tensor: store.add({ dtype, shape: value.shape, bytes: Buffer.from(array.buffer) }) };
  }
  return Object.fromEntries(
    Object.entries(value).map(([k, v]) => [k, arraysToTensors(v, k === 'float64' ? 'F64' : dtype, store)]),
  );
}

function packOptimizers() {
  const store = new Store();
  const { versions: _v, ...optimizers } = readJson('optim/optim.json');
  addPair('optim/optimizers', arraysToTensors(optimizers, 'F32', store), store);
  const { versions: _w, ...schedulers } = readJson('optim/schedulers.json');
  addJson('optim/schedulers', schedulers);
}

function packRest() {
  // The first set of random streams is contained in streams.json.
  const { versions, rng: _, ...misc } = readJson('misc/misc.json');
  addJson('misc', misc);
  for (const [name, path] of [
    ['streams', 'random/streams'],
    ['layers', 'random/layers'],
    ['print', 'print/print'],
  ]) {
    const { versions: _v, ...doc } = readJson(`${path}.json`);
    const store = new Store();
    addPair(name, moveTensors(doc, readTensors(`${path}.safetensors`), store), store);
  }
  const { steps, runs } = readJson('trajectories/trajectories.json');
  addJson('trajectories', { steps, runs: runs.map(({ float64, final_sums, drift, ...run }) => run) });
  return versions;
}

const ops = packOps();
const modules = packModules();
packOptimizers();
addJson('index', { versions: packRest(), ops, modules });

if (mode === '--check') {
  let different = 0;
  for (const [path, bytes] of files) {
    const at = join(DATA, `${path}.br`);
    if (existsSync(at) && brotliDecompressSync(readFileSync(at)).equals(bytes)) continue;
    console.log(`differs: ${path}`);
    different++;
  }
  console.log(`${files.size - different} of ${files.size} files equal`);
  process.exit(different ? 1 : 0);
}

rmSync(DATA, { recursive: true, force: true });
let total = 0;
for (const [path, bytes] of files) {
  const packed = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  const at = join(DATA, `${path}.br`);
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, packed);
  total += packed.length;
  console.log(`${path}.br`.padEnd(40), String(bytes.length).padStart(9), '->', String(packed.length).padStart(8));
}
console.log(`${files.size} files, ${total} bytes; ${readdirSync(DATA).length} entries in ${DATA}`);
