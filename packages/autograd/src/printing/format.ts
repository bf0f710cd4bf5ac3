import { type DType, type HostArray, isFloat, loadValue, numel, type Value } from '@flambeau/backend';
import { contiguousSource } from '../functions/conversion.ts';
import type { Tensor } from '../tensor.ts';
import { fixedPoint, scientific } from './python-number.ts';

/** How tensors are printed. */
export interface PrintOptions {
  /** Digits after the point. */
  readonly precision: number;
  /** More elements than this are summarised. */
  readonly threshold: number;
  /** Elements shown at each end of a summarised axis. */
  readonly edgeItems: number;
  /** Characters per line. */
  readonly lineWidth: number;
  /** Scientific notation: always, never, or (null) where numbers need it. */
  readonly sciMode: boolean | null;
}

let options: PrintOptions = { precision: 4, threshold: 1000, edgeItems: 3, lineWidth: 80, sciMode: null };

/** Changes how tensors are printed; what is not named stays. @source PyTorch `torch.set_printoptions` */
export function setPrintOptions(changes: Partial<PrintOptions>): void {
  options = { ...options, ...changes };
}

function special(value: number): string | null {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return null;
}

/** Writes every element of one tensor alike, at one width. */
class Formatter {
  readonly #dtype: DType;
  #intMode = true;
  #sciMode = false;
  width = 1;

  constructor(dtype: DType, values: readonly Value[]) {
    this.#dtype = dtype;
    if (!isFloat(dtype)) {
      for (const value of values) this.width = Math.max(this.width, this.#plain(value).length);
      return;
    }
    const finite = (values as readonly number[]).filter((value) => Number.isFinite(value) && value !== 0);
    if (finite.length) {
      this.#intMode = finite.every((value) => Number.isInteger(value));
      const magnitudes = finite.map(Math.abs);
      const largest = magnitudes.reduce((a, b) => Math.max(a, b));
      const smallest = magnitudes.reduce((a, b) => Math.min(a, b));
      const wide = largest / smallest > 1000 || largest > 1e8;
      this.#sciMode = this.#intMode ? wide : wide || smallest < 1e-4;
    }
    // PyTorch measures the width on the numbers that are finite and not zero, and pads the rest to it.
    for (const value of finite) this.width = Math.max(this.width, this.#plain(value).length);
    // A forced notation comes after that, in PyTorch too: lines break where they would have without it.
    if (options.sciMode !== null) this.#sciMode = options.sciMode;
  }

  #plain(value: Value): string {
    if (this.#dtype === 'bool') return value === 0 ? 'False' : 'True';
    if (!isFloat(this.#dtype)) return String(value);
    const number = Number(value);
    const word = special(number);
    if (this.#sciMode) return word ?? scientific(number, options.precision);
    if (this.#intMode) return word ?? `${fixedPoint(number, 0)}.`;
    return word ?? fixedPoint(number, options.precision);
  }

  format(value: Value): string {
    return this.#plain(value).padStart(this.width);
  }
}

/** Positions of an axis that are shown; null is the ellipsis. */
function shownPositions(size: number, summarize: boolean): (number | null)[] {
  const edge = options.edgeItems;
  const all = Array.from({ length: size }, (_, i) => i);
  return summarize && size > 2 * edge ? [...all.slice(0, edge), null, ...all.slice(size - edge)] : all;
}

interface Source {
  readonly values: (index: number) => Value;
  readonly shape: readonly number[];
  readonly summarize: boolean;
}

/** Element numbers of everything that is shown, in order. */
function shownElements({ shape, summarize }: Source): number[] {
  let numbers = [0];
  for (const size of shape) {
    const positions = shownPositions(size, summarize).filter((position) => position !== null);
    numbers = numbers.flatMap((number) => positions.map((position) => number * size + position));
  }
  return numbers;
}

function formatAxis(source: Source, formatter: Formatter, axis: number, start: number, indent: number): string {
  const { shape, summarize, values } = source;
  if (axis === shape.length) return formatter.format(values(start));
  const size = shape[axis] as number;
  const positions = shownPositions(size, summarize);
  if (axis === shape.length - 1) {
    const perLine = Math.max(1, Math.floor((options.lineWidth - indent) / (formatter.width + 2)));
    const words = positions.map((position) =>
      position === null ? ' ...' : formatter.format(values(start * size + position)),
    );
    const lines: string[] = [];
    for (let i = 0; i < words.length; i += perLine) lines.push(words.slice(i, i + perLine).join(', '));
    return `[${lines.join(`,\n${' '.repeat(indent + 1)}`)}]`;
  }
  const parts = positions.map((position) =>
    position === null ? '...' : formatAxis(source, formatter, axis + 1, start * size + position, indent + 1),
  );
  return `[${parts.join(`,${'\n'.repeat(shape.length - 1 - axis)}${' '.repeat(indent + 1)}`)}]`;
}

/** What stands after the numbers: size, dtype, device, gradient. */
function suffixes(tensor: Tensor, shown: boolean): string[] {
  const list: string[] = [];
  if (tensor.device !== 'cpu') list.push(`device='${tensor.device}'`);
  if (!shown || (tensor.numel() === 0 && tensor.ndim !== 1))
    list.push(`size=(${tensor.shape.join(', ')}${tensor.ndim === 1 ? ',' : ''})`);
  const plain = tensor.dtype === 'float32' || tensor.dtype === 'int64' || tensor.dtype === 'bool';
  const isDefault = tensor.numel() === 0 ? tensor.dtype === 'float32' : plain;
  if (!isDefault) list.push(`dtype=torch.${tensor.dtype}`);
  const { gradFn } = tensor;
  if (gradFn) list.push(`grad_fn=<${gradFn.name}>`);
  else if (tensor.requiresGrad) list.push('requires_grad=True');
  return list;
}

/** Puts suffixes behind the numbers, on a new line where the last one is full. */
function withSuffixes(text: string, list: readonly string[], indent: number): string {
  let result = text;
  let lastLine = text.length - (text.lastIndexOf('\n') + 1) + 1;
  for (const suffix of list) {
    if (lastLine + suffix.length + 2 > options.lineWidth) {
      result += `,\n${' '.repeat(indent)}${suffix}`;
      lastLine = indent + suffix.length;
    } else {
      result += `, ${suffix}`;
      lastLine += suffix.length + 2;
    }
  }
  return `${result})`;
}

/**
 * A tensor's text.
 *
 * @source PyTorch 2's `torch._tensor_str`: `tensor(…)` with the same widths, precision, notation, summaries and suffixes.
 */
export function formatTensor(tensor: Tensor, prefix = 'tensor('): string {
  const indent = prefix.length;
  if (tensor.storage.disposed) return `${prefix}disposed, size=(${tensor.shape.join(', ')}))`;
  if (tensor.numel() === 0) return withSuffixes(`${prefix}[]`, suffixes(tensor, true), indent);
  const data = elements ?? readNow(tensor);
  if (!data) return withSuffixes(`${prefix}...`, suffixes(tensor, false), indent);
  const source: Source = {
    values: (index) => loadValue(data, tensor.dtype, index),
    shape: tensor.shape,
    summarize: numel(tensor.shape) > options.threshold,
  };
  const shown = shownElements(source).map(source.values);
  const formatter = new Formatter(tensor.dtype, shown);
  const body =
    tensor.ndim === 0 ? scalarText(formatter, shown[0] as Value) : formatAxis(source, formatter, 0, 0, indent);
  return withSuffixes(prefix + body, suffixes(tensor, true), indent);
}

/** All elements; null where the device cannot be read at once. */
function readNow(tensor: Tensor): HostArray | null {
  const { backend } = tensor.runtime;
  if (!backend.readSync) return null;
  const dense = contiguousSource(tensor);
  return backend.readSync(dense.buffer, dense.layout.offset, dense.numel());
}

/** What was read of the tensor that is being printed, where reading takes time. */
let elements: HostArray | null = null;

/** Runs `print`, in which {@link formatTensor} shows these elements. */
export function withElements(data: HostArray, print: () => string): string {
  elements = data;
  try {
    return print();
  } finally {
    elements = null;
  }
}

function scalarText(formatter: Formatter, value: Value): string {
  return formatter.format(value).trimStart();
}
