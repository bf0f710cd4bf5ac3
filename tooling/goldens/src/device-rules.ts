import type { ModuleCase, OpSample } from './cases.ts';
import type { Library, LibraryTensor } from './library.ts';
import { type GoldenTensor, goldenTensor } from './tensor.ts';
import { type GoldenValue, isKind, isList } from './values.ts';

/** Dtypes that a device can hold. */
export type Holdable = ReadonlySet<string>;

const fitsInt32 = (value: number | bigint): boolean => value >= -(2 ** 31) && value < 2 ** 31;

/** Why a device cannot hold a value; `null` where it can, an int64 as int32 if all its elements fit. */
function lackOf(value: GoldenValue | undefined, dtypes: Holdable): string | null {
  if (value === undefined || value === null || typeof value !== 'object') return null;
  if (isList(value)) return firstLack(value, dtypes);
  if (isKind(value, 'dtype')) return dtypes.has(value.name) ? null : `the device has no ${value.name}`;
  if (isKind(value, 'module')) return firstLack([...value.args, ...Object.values(value.kwargs)], dtypes);
  if (!isKind(value, 'tensor') || dtypes.has(value.dtype) || value.dtype === 'int16') return null;
  if (value.dtype !== 'int64') return `the device has no ${value.dtype}`;
  const fits = Array.from<number | bigint>(value.data).every(fitsInt32);
  return fits ? null : 'the device has no int64, and an element does not fit into int32';
}

function firstLack(values: readonly (GoldenValue | undefined)[], dtypes: Holdable): string | null {
  for (const value of values) {
    const lack = lackOf(value, dtypes);
    if (lack !== null) return lack;
  }
  return null;
}

/** Why a device cannot run a sample of an op, or `null`. */
export function opLack(op: string, sample: OpSample, dtypes: Holdable): string | null {
  if (op === 'long' && !dtypes.has('int64')) return 'the device has no int64';
  const { input, args, kwargs, output } = sample;
  return firstLack([input, ...args, ...Object.values(kwargs), output], dtypes);
}

/** Why a device cannot run a case of a module, or `null`. */
export function moduleLack(recorded: ModuleCase, dtypes: Holdable): string | null {
  const { args, kwargs, forward, output, stateDict } = recorded;
  const given = [...args, ...Object.values(kwargs), ...(forward?.args ?? []), ...Object.values(forward?.kwargs ?? {})];
  return firstLack([...given, output, ...stateDict.map(([, value]) => value)], dtypes);
}

/** The dtype that a tensor of the reference has on the device: int64 becomes int32 where it must. */
export function heldDType(dtype: string, dtypes: Holdable): string {
  return dtype === 'int64' && !dtypes.has('int64') ? 'int32' : dtype;
}

function held(tensor: GoldenTensor, dtypes: Holdable): GoldenTensor {
  if (heldDType(tensor.dtype, dtypes) === tensor.dtype) return tensor;
  return goldenTensor('int32', tensor.shape, Int32Array.from(tensor.data as BigInt64Array, Number));
}

/** A library whose tensors have dtypes that its device can hold. */
export function fitting<T extends LibraryTensor, L extends Library<T>>(library: L): L {
  return { ...library, tensor: (data, requiresGrad) => library.tensor(held(data, library.dtypes), requiresGrad) };
}
