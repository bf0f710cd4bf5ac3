import type { Engine, OperationName, OperationOptions } from './engine.ts';
import { inProcess } from './in-process.ts';

/** Numbers and their shape. */
interface LoopArray {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

type Binary = (x: Float32Array, y: Float32Array, out: Float32Array) => void;

/** One loop per operation, as a programmer would write it who knows the arrays' types and layout. */
const elementwise: Readonly<Partial<Record<OperationName, Binary>>> = {
  add: (x, y, out) => {
    for (let i = 0; i < out.length; i++) out[i] = (x[i] as number) + (y[i] as number);
  },
  div: (x, y, out) => {
    for (let i = 0; i < out.length; i++) out[i] = (x[i] as number) / (y[i] as number);
  },
  minimum: (x, y, out) => {
    for (let i = 0; i < out.length; i++) out[i] = Math.min(x[i] as number, y[i] as number);
  },
  chain: (x, y, out) => {
    for (let i = 0; i < out.length; i++) {
      const b = y[i] as number;
      const t = Math.max((x[i] as number) * b + 1.5, 0) * 0.25 - b;
      out[i] = Math.min(t, 2) * 1.1 + b;
    }
  },
  exp: (x, _, out) => {
    for (let i = 0; i < out.length; i++) out[i] = Math.exp(x[i] as number);
  },
  tanh: (x, _, out) => {
    for (let i = 0; i < out.length; i++) out[i] = Math.tanh(x[i] as number);
  },
  sigmoid: (x, _, out) => {
    for (let i = 0; i < out.length; i++) out[i] = 1 / (1 + Math.exp(-(x[i] as number)));
  },
};

function sum(x: Float32Array): number {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i] as number;
  return total;
}

function sumRows(x: Float32Array, columns: number, out: Float32Array): void {
  for (let row = 0; row < out.length; row++) {
    let total = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) total += x[i] as number;
    out[row] = total;
  }
}

function sumColumns(x: Float32Array, rows: number, out: Float32Array): void {
  out.fill(0);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < out.length; column++, at++) out[column] = (out[column] as number) + (x[at] as number);
  }
}

function maxRows(x: Float32Array, columns: number, out: Float32Array, position: boolean): void {
  for (let row = 0; row < out.length; row++) {
    let best = Number.NEGATIVE_INFINITY;
    let at = 0;
    for (let i = 0; i < columns; i++) {
      const value = x[row * columns + i] as number;
      if (value > best) {
        best = value;
        at = i;
      }
    }
    out[row] = position ? at : best;
  }
}

/** Row by row and row after row of B, so that memory is walked in order. */
function matmul(a: Float32Array, b: Float32Array, out: Float32Array, depth: number): void {
  const rows = a.length / depth;
  const columns = b.length / depth;
  out.fill(0);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < depth; k++) {
      const x = a[i * depth + k] as number;
      for (let j = 0; j < columns; j++) {
        const at = i * columns + j;
        out[at] = (out[at] as number) + x * (b[k * columns + j] as number);
      }
    }
  }
}

function arrayOf(shape: readonly number[]): LoopArray {
  return { data: new Float32Array(shape.reduce((size, extent) => size * extent, 1)), shape };
}

function adds(x: Float32Array, y: Float32Array, times: number): LoopArray {
  const add = elementwise.add as Binary;
  let sum = x;
  for (let i = 0; i < times; i++) {
    const next = new Float32Array(sum.length);
    add(sum, y, next);
    sum = next;
  }
  return { data: sum, shape: [sum.length] };
}

function operation(
  name: OperationName,
  inputs: readonly LoopArray[],
  options: OperationOptions,
): (() => LoopArray[]) | null {
  const [x, y, z] = inputs as [LoopArray, LoopArray, LoopArray];
  const [rows = 1, columns = 1] = x.shape;
  const run = (shape: readonly number[], body: (out: Float32Array) => void) => (): LoopArray[] => {
    const out = arrayOf(shape);
    body(out.data);
    return [out];
  };
  const loop = elementwise[name];
  if (loop) return run(x.shape, (out) => loop(x.data, y?.data ?? x.data, out));
  switch (name) {
    case 'adds':
      return () => [adds(x.data, y.data, options.times ?? 1)];
    case 'mulAdd':
      return run(x.shape, (out) => {
        for (let i = 0; i < out.length; i++)
          out[i] = (x.data[i] as number) * (y.data[i] as number) + (z.data[i] as number);
      });
    case 'sum':
      return run([], (out) => {
        out[0] = sum(x.data);
      });
    case 'sumRows':
      return run([rows], (out) => sumRows(x.data, columns, out));
    case 'sumColumns':
      return run([columns], (out) => sumColumns(x.data, rows, out));
    case 'max':
    case 'argmax':
      return run([rows], (out) => maxRows(x.data, columns, out, name === 'argmax'));
    case 'matmul':
      if (options.transposes !== 'nn') return null;
      return run([rows, y.shape[1] as number], (out) => matmul(x.data, y.data, out, columns));
    default:
      return null;
  }
}

/** Plain loops over typed arrays: what someone would write who needs just this one thing. */
export function loopEngine(): Engine {
  return inProcess<LoopArray>({
    name: 'loops',
    array: (data, { shape }) => ({ data, shape }),
    operation: (name, inputs, options) => {
      const run = operation(name, inputs, options);
      return run && { run };
    },
    wait: () => {},
    read: async (value) => value.data,
    release: () => {},
    close: () => {},
  });
}
