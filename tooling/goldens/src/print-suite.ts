import { describe, expect, test } from 'vitest';
import { readDocument, readTensors } from './files.ts';
import type { Library, LibraryTensor } from './library.ts';
import type { GoldenTensor } from './tensor.ts';
import { decodeValue, type Json } from './values.ts';

interface PrintCase {
  readonly tensor: Json;
  readonly text: string;
  readonly kind?: 'parameter';
  readonly requires_grad?: boolean;
  readonly view?: string;
  readonly options?: Readonly<Record<string, Json>>;
}

/** What printing needs beside tensors. */
export interface PrintLibrary<T extends LibraryTensor> extends Library<T> {
  /** Views by the name that the generator gives them. */
  readonly views: Readonly<Record<string, (base: T) => T>>;
}

const shapeText = ({ dtype, shape }: GoldenTensor): string => `${dtype} [${shape.join(', ')}]`;

function casesOf(kind: PrintCase['kind']): PrintCase[] {
  // Options need a setter that Flambeau's tensors do not have; their texts wait in the data folder.
  return readDocument<{ cases: PrintCase[] }>('print').cases.filter((c) => c.kind === kind && c.options === undefined);
}

/** Registers one test per recorded tensor: `String(tensor)` equals PyTorch's text. */
export function describePrinting<T extends LibraryTensor>(library: PrintLibrary<T>): void {
  const tensors = readTensors('print');
  describe('String(tensor)', () => {
    for (const [i, { tensor, text, requires_grad: requiresGrad = false, view }] of casesOf(undefined).entries()) {
      const data = decodeValue(tensor, tensors) as GoldenTensor;
      const what = [shapeText(data), view, requiresGrad ? 'requiring a gradient' : ''].filter(Boolean).join(' ');
      test(`${i}: ${what}: ${text.split('\n')[0]}`, () => {
        const base = library.tensor(data, requiresGrad);
        expect(String(view === undefined ? base : library.views[view]?.(base))).toBe(text);
      });
    }
  });
}

/** Registers one test per recorded Parameter. */
export function describeParameterPrinting<T extends LibraryTensor>(
  library: Library<T>,
  parameter: (data: T, requiresGrad: boolean) => unknown,
): void {
  const tensors = readTensors('print');
  describe('String(parameter)', () => {
    for (const { tensor, text, requires_grad: requiresGrad = true } of casesOf('parameter')) {
      const data = decodeValue(tensor, tensors) as GoldenTensor;
      test(`${shapeText(data)} ${requiresGrad ? 'requiring' : 'without'} a gradient`, () => {
        expect(String(parameter(library.tensor(data, false), requiresGrad))).toBe(text);
      });
    }
  });
}

/** The recorded texts of results that remember how they were made, by the call. */
export function gradFnTexts(): ReadonlyArray<readonly [call: string, text: string]> {
  return readDocument<{ grad_fn: { call: string; text: string }[] }>('print').grad_fn.map(({ call, text }) => [
    call,
    text,
  ]);
}
