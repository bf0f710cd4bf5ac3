import { fromArray, stack, Tensor, tensor } from '@flambeau/autograd';
import { ArgumentError, type HostArray, ShapeError } from '@flambeau/backend';

type NumberArray = Exclude<HostArray, Uint16Array>;

function isNumberArray(value: unknown): value is NumberArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && !(value instanceof Uint16Array);
}

function isInt32(value: number): boolean {
  return (value | 0) === value;
}

/** Numbers become int32 when all of them are integers, as labels are, and float32 otherwise. */
function collateNumbers(items: readonly number[]): Tensor {
  const array = items.every(isInt32) ? Int32Array.from(items) : Float32Array.from(items);
  return fromArray(array, [items.length]);
}

function joinArrays(items: readonly NumberArray[]): Tensor {
  const first = items[0]!;
  const joined = new (first.constructor as new (length: number) => NumberArray)(first.length * items.length);
  items.forEach((item, i) => {
    if (item.length !== first.length || item.constructor !== first.constructor) {
      throw new ShapeError('defaultCollate', 'the arrays of a batch must agree in type and length.');
    }
    (joined as Float32Array).set(item as Float32Array, i * first.length);
  });
  return fromArray(joined, [items.length, first.length]);
}

function collateLists(items: readonly (readonly unknown[])[]): unknown[] {
  const length = items[0]!.length;
  if (items.some((item) => item.length !== length)) {
    throw new ShapeError('defaultCollate', 'each element in list of batch should be of equal size');
  }
  return Array.from({ length }, (_, i) => collate(items.map((item) => item[i])));
}

function collateObjects(items: readonly Record<string, unknown>[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.keys(items[0]!).map((key) => {
      const missing = items.findIndex((item) => !(key in item));
      if (missing >= 0) throw new ArgumentError('defaultCollate', `item ${missing} of the batch has no '${key}'.`);
      return [key, collate(items.map((item) => item[key]))];
    }),
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const kinds: readonly [test: (value: unknown) => boolean, join: (items: never[]) => unknown][] = [
  [(value) => value instanceof Tensor, (items: Tensor[]) => stack(items)],
  [isNumberArray, joinArrays],
  [(value) => typeof value === 'number', collateNumbers],
  [(value) => typeof value === 'boolean' || typeof value === 'bigint', (items: boolean[]) => tensor(items)],
  [(value) => typeof value === 'string', (items: string[]) => items],
  [Array.isArray, collateLists],
  [isPlainObject, collateObjects],
];

function collate(items: readonly unknown[]): unknown {
  const kind = kinds.find(([test]) => test(items[0]));
  if (!kind) {
    throw new ArgumentError(
      'defaultCollate',
      'a batch must contain tensors, typed arrays, numbers, booleans, strings, lists or plain objects; ' +
        `found ${describe(items[0])}. Pass a collateFn.`,
    );
  }
  const odd = items.findIndex((item) => !kind[0](item));
  if (odd >= 0) {
    throw new ArgumentError(
      'defaultCollate',
      `the items of a batch must be alike; item 0 is ${describe(items[0])}, item ${odd} is ${describe(items[odd])}.`,
    );
  }
  return kind[1](items as never[]);
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return `a ${value.constructor?.name ?? 'object'}`;
}

/**
 * Joins items into a batch: tensors are stacked along a new first axis, numbers become a tensor (int32 when all are integers,
 * else float32), typed arrays a tensor of two axes, strings a list; lists and plain objects are joined member by member.
 *
 * @throws {ArgumentError} There is no item, items differ in kind, or a kind cannot be joined.
 * @throws {ShapeError} Tensors, arrays or lists differ in size.
 * @source PyTorch `torch.utils.data.default_collate`.
 */
export function defaultCollate<Batch = unknown>(items: readonly unknown[]): Batch {
  if (items.length === 0) throw new ArgumentError('defaultCollate', 'at least one item was expected; got none.');
  return collate(items) as Batch;
}
