import { computeDType, type DType, dtypes } from '@flambeau/backend';
import { type I32, i32, i32x4Const, shuffle, type V128, v128 } from '../assembler/index.ts';
import { emitCast } from './casts.ts';
import type { Emitter, Lanes } from './emitter.ts';
import { emitToBFloat16, emitToFloat16 } from './half.ts';
import { keepAddress } from './lanes.ts';

type LaneBytes = 1 | 2 | 4 | 8;

/** Elements as they are stored: four of 1, 2 or 4 bytes at the start of a vector, or two of 8 bytes in each of two. */
interface Packed {
  readonly bytes: LaneBytes;
  readonly parts: readonly V128[];
}

/** Where element `index` lies. */
function place(packed: Packed, index: number): [V128, number] {
  if (packed.bytes < 8) return [packed.parts[0] as V128, index];
  return [packed.parts[index >> 1] as V128, index & 1];
}

function pack(e: Emitter, dtype: DType, given: Lanes): Packed {
  const value = given.dtype === computeDType(dtype) ? given : emitCast(e, given, computeDType(dtype));
  const bytes = dtypes[dtype].bytes as LaneBytes;
  if (bytes >= 4) return { bytes, parts: value.parts };
  let [part] = value.parts as [V128];
  if (dtype === 'float16') part = emitToFloat16(e, part);
  else if (dtype === 'bfloat16') part = emitToBFloat16(e, part);
  else if (dtype === 'bool') part = e.f.let(v128.and(part, i32x4Const(1)));
  const positions = Array.from({ length: 16 }, (_, i) => (bytes === 1 ? 4 * (i % 4) : 4 * ((i >> 1) % 4) + (i & 1)));
  return { bytes, parts: [e.f.let(shuffle(part, part, positions))] };
}

/** Writes four consecutive elements, rounded to the stored dtype, at `address + offset` (bytes). */
export function emitStore(e: Emitter, dtype: DType, address: I32, value: Lanes, offset = 0): void {
  const packed = pack(e, dtype, value);
  const [first, second] = packed.parts as [V128, V128];
  if (packed.bytes === 8) {
    const base = keepAddress(e, address);
    e.f.store(base, first, offset);
    e.f.store(base, second, offset + 16);
  } else if (packed.bytes === 4) {
    e.f.store(address, first, offset);
  } else {
    e.f.storeLane(address, first, (4 * packed.bytes) as LaneBytes, 0, offset);
  }
}

/** Writes the first `count` (1 to 3) of four consecutive elements and touches nothing else. */
export function emitStorePart(e: Emitter, dtype: DType, address: I32, value: Lanes, count: I32): void {
  const { f } = e;
  const packed = pack(e, dtype, value);
  const base = keepAddress(e, address);
  const number = f.let(count);
  const [first] = packed.parts as [V128];
  const one = (index: number): void => {
    const [part, lane] = place(packed, index);
    f.storeLane(base, part, packed.bytes, lane, index * packed.bytes);
  };
  f.if(
    i32.ge_u(number, i32.const(2)),
    () => {
      if (packed.bytes === 8) f.store(base, first);
      else f.storeLane(base, first, (2 * packed.bytes) as LaneBytes, 0);
      f.if(i32.ge_u(number, i32.const(3)), () => one(2));
    },
    () => one(0),
  );
}

/** Writes one element to each of four addresses; of the first `count` (1 to 4) only, when it is given. */
export function emitStoreLanes(
  e: Emitter,
  dtype: DType,
  addresses: readonly I32[],
  value: Lanes,
  count: I32 | null,
): void {
  const { f } = e;
  const packed = pack(e, dtype, value);
  const number = count && f.let(count);
  const write = (index: number): void => {
    const [part, lane] = place(packed, index);
    f.storeLane(addresses[index] as I32, part, packed.bytes, lane);
    if (index === 3) return;
    if (number) f.if(i32.gt_u(number, i32.const(index + 1)), () => write(index + 1));
    else write(index + 1);
  };
  write(0);
}

/** Writes element 0 alone. */
export function emitStoreFirst(e: Emitter, dtype: DType, address: I32, value: Lanes, offset = 0): void {
  const packed = pack(e, dtype, value);
  const [part, lane] = place(packed, 0);
  e.f.storeLane(address, part, packed.bytes, lane, offset);
}
