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
  /** Changes how tensors print; what is not named stays. */
  setPrintOptions(options: Partial<PrintOptions>): void;
}

/** Flambeau's print options. */
export interface PrintOptions {
  readonly precision: number;
  readonly threshold: number;
  readonly edgeItems: number;
  readonly lineWidth: number;
  readonly sciMode: boolean | null;
}

const defaults: PrintOptions = { precision: 4, threshold: 1000, edgeItems: 3, lineWidth: 80, sciMode: null };

const names: Readonly<Record<string, keyof PrintOptions>> = {
  precision: 'precision',
  threshold: 'threshold',
  edgeitems: 'edgeItems',
  linewidth: 'lineWidth',
  sci_mode: 'sciMode',
};

/** PyTorch's profiles are sets of options. */
const profiles: Readonly<Record<string, Partial<PrintOptions>>> = {
  short: { precision: 2, edgeItems: 2 },
  full: { threshold: Number.POSITIVE_INFINITY },
};

function printOptions(given: Readonly<Record<string, Json>> = {}): PrintOptions {
  const { profile, ...options } = given;
  const named = Object.entries(options).map(([key, value]) => [names[key], value]);
  return { ...defaults, ...profiles[String(profile)], ...Object.fromEntries(named) };
}

const shapeText = ({ dtype, shape }: GoldenTensor): string => `${dtype} [${shape.join(', ')}]`;

const casesOf = (kind: PrintCase['kind']): PrintCase[] =>
  readDocument<{ cases: PrintCase[] }>('print').cases.filter((c) => c.kind === kind);

/** Registers one test per recorded tensor: `String(tensor)` equals PyTorch's text. */
export function describePrinting<T extends LibraryTensor>(library: PrintLibrary<T>): void {
  const tensors = readTensors('print');
  describe('String(tensor)', () => {
    for (const [i, recorded] of casesOf(undefined).entries()) {
      const { tensor, text, requires_grad: requiresGrad = false, view, options } = recorded;
      const data = decodeValue(tensor, tensors) as GoldenTensor;
      const details = [view, requiresGrad && 'requiring a gradient', options && JSON.stringify(options)];
      const what = [shapeText(data), ...details].filter(Boolean).join(' ');
      test(`${i}: ${what}: ${text.split('\n')[0]}`, () => {
        const base = library.tensor(data, requiresGrad);
        library.setPrintOptions(printOptions(options));
        const got = String(view === undefined ? base : library.views[view]?.(base));
        library.setPrintOptions(defaults);
        expect(got).toBe(text);
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
