import type { GoldenTensor } from './tensor.ts';

/** `start:stop:step` of an index; `null` where nothing was written. */
export interface GoldenSlice {
  readonly kind: 'slice';
  readonly start: number | null;
  readonly stop: number | null;
  readonly step: number | null;
}

/** A module passed to a constructor: which class, and how to make it. */
export interface GoldenModule {
  readonly kind: 'module';
  readonly name: string;
  readonly args: readonly GoldenValue[];
  readonly kwargs: Readonly<Record<string, GoldenValue>>;
}

/** A dict with its order. */
export interface GoldenDict {
  readonly kind: 'dict';
  readonly entries: ReadonlyArray<readonly [GoldenValue, GoldenValue]>;
}

/** A padded batch with lengths, or its packed form. */
export interface GoldenPacked {
  readonly kind: 'packed';
  readonly fields: Readonly<Record<string, GoldenValue>>;
}

/** A name with a role. */
export interface GoldenNamed<Role extends string> {
  readonly kind: Role;
  readonly name: string;
}

/** A dtype, a device, a memory format, a function of `nn.functional`. */
export type GoldenName =
  | GoldenNamed<'dtype'>
  | GoldenNamed<'device'>
  | GoldenNamed<'memoryFormat'>
  | GoldenNamed<'function'>;

/** A value that is nothing but its kind. */
export interface GoldenMark<Role extends string> {
  readonly kind: Role;
}

/** `...` or a new axis in an index, or a parameter without a value yet. */
export type GoldenMarker = GoldenMark<'ellipsis'> | GoldenMark<'newAxis'> | GoldenMark<'uninitialized'>;

/** Any decoded value. Tuples, lists and named tuples are all arrays. */
export type GoldenValue =
  | null
  | boolean
  | number
  | string
  | readonly GoldenValue[]
  | GoldenTensor
  | GoldenSlice
  | GoldenModule
  | GoldenDict
  | GoldenPacked
  | GoldenName
  | GoldenMarker;

/** The kinds of values that are objects. */
export type GoldenKind = Exclude<GoldenValue, null | boolean | number | string | readonly GoldenValue[]>['kind'];

/** Whether a value is an object of the given kind. */
export function isKind<K extends GoldenKind>(value: GoldenValue, kind: K): value is Extract<GoldenValue, { kind: K }> {
  return (
    value !== null && typeof value === 'object' && !Array.isArray(value) && (value as { kind: string }).kind === kind
  );
}

/** Whether a value is a tuple or list. */
export function isList(value: GoldenValue): value is readonly GoldenValue[] {
  return Array.isArray(value);
}

/** JSON as it stands in the files. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

type JsonObject = { [key: string]: Json };
type Decode = (value: Json) => GoldenValue;

/** One row per encoding of the generator. */
const encodings: Readonly<Record<string, (body: Json, whole: JsonObject, decode: Decode) => GoldenValue>> = {
  $float: (text) => Number(String(text).replace('inf', 'Infinity')),
  $tuple: (items, _, decode) => (items as Json[]).map(decode),
  $namedtuple: (_, whole, decode) => (whole.values as Json[]).map(decode),
  $slice: (parts) => {
    const [start = null, stop = null, step = null] = parts as (number | null)[];
    return { kind: 'slice', start, stop, step };
  },
  $ellipsis: () => ({ kind: 'ellipsis' }),
  $none_index: () => ({ kind: 'newAxis' }),
  $uninitialized: () => ({ kind: 'uninitialized' }),
  $dtype: (name) => ({ kind: 'dtype', name: String(name) }),
  $device: (name) => ({ kind: 'device', name: String(name) }),
  $memory_format: (name) => ({ kind: 'memoryFormat', name: String(name) }),
  $function: (name) => ({ kind: 'function', name: String(name) }),
  $module: (name, whole, decode) => ({
    kind: 'module',
    name: String(name),
    args: (whole.args as Json[]).map(decode),
    kwargs: decodeFields(whole.kwargs as JsonObject, decode),
  }),
  $packed: (fields, _, decode) => ({ kind: 'packed', fields: decodeFields(fields as JsonObject, decode) }),
  $dict: (entries, _, decode) => ({
    kind: 'dict',
    entries: (entries as [Json, Json][]).map(([key, value]) => [decode(key), decode(value)] as const),
  }),
};

function decodeFields(fields: JsonObject, decode: Decode): Record<string, GoldenValue> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, decode(value)]));
}

/**
 * Decodes a value of the files.
 *
 * @param tensors - The tensors that stand beside the JSON.
 * @throws {Error} An encoding or a tensor key is unknown.
 */
export function decodeValue(value: Json, tensors: ReadonlyMap<string, GoldenTensor>): GoldenValue {
  const decode: Decode = (inner) => decodeValue(inner, tensors);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(decode);
  if ('$tensor' in value) {
    const tensor = tensors.get(String(value.$tensor));
    if (!tensor) throw new Error(`no tensor ${String(value.$tensor)} in the side file`);
    return tensor;
  }
  const tag = Object.keys(value).find((key) => key.startsWith('$'));
  const encoding = tag === undefined ? undefined : encodings[tag];
  if (tag === undefined || !encoding) throw new Error(`unknown encoding ${JSON.stringify(value)}`);
  return encoding(value[tag] as Json, value, decode);
}

/** Whether an encoded value holds a whole float such as `2.0` outside of tensors: JavaScript cannot tell it from `2`. */
export function hasWholeFloat(value: Json): boolean {
  if (value === null || typeof value !== 'object') return false;
  if (!Array.isArray(value) && '$float' in value) return Number.isInteger(Number(value.$float));
  return Object.values(value).some(hasWholeFloat);
}
