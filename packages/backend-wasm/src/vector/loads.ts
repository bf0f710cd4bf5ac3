import { computeDType, type DType, dtypes } from '@flambeau/backend';
import { type I32, i16x8, i32, i32x4, i32x4Const, type V128, v128 } from '../assembler/index.ts';
import type { Emitter, Lanes } from './emitter.ts';
import { emitFromBFloat16, emitFromFloat16 } from './half.ts';
import { keepAddress, keepLanes } from './lanes.ts';

/** Lanes of four words that hold elements of a stored dtype, bytes and 16-bit floats in the low bits, the rest zero. */
function fromWords(e: Emitter, dtype: DType, bits: V128): Lanes {
  switch (dtype) {
    case 'bool':
      return keepLanes(e, dtype, [i32x4.ne(bits, i32x4Const(0))]);
    case 'float16':
      return keepLanes(e, 'float32', [emitFromFloat16(e, bits)]);
    case 'bfloat16':
      return keepLanes(e, 'float32', [emitFromBFloat16(e, bits)]);
    default:
      return keepLanes(e, dtype, [bits]);
  }
}

/** Four bytes as words. */
function widenBytes(dtype: DType, bytes: V128): V128 {
  return dtype === 'int8'
    ? i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(bytes))
    : i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
}

/** Four consecutive elements of a stored dtype at `address + offset` (bytes), in their compute dtype. */
export function emitLoad(e: Emitter, dtype: DType, address: I32, offset = 0): Lanes {
  switch (dtypes[dtype].bytes) {
    case 1:
      return fromWords(e, dtype, widenBytes(dtype, v128.load32_zero(address, offset)));
    case 2:
      return fromWords(e, dtype, v128.load16x4_u(address, offset));
    case 4:
      return keepLanes(e, dtype, [v128.load(address, offset)]);
    default: {
      const base = keepAddress(e, address);
      return keepLanes(e, dtype, [v128.load(base, offset), v128.load(base, offset + 16)]);
    }
  }
}

/** One element of a stored dtype in all lanes. */
export function emitLoadSplat(e: Emitter, dtype: DType, address: I32, offset = 0): Lanes {
  switch (dtypes[dtype].bytes) {
    case 1: {
      const load = dtype === 'int8' ? i32.load8_s : i32.load8_u;
      return fromWords(e, dtype, i32x4.splat(load(address, offset)));
    }
    case 2:
      return fromWords(e, dtype, i32x4.splat(i32.load16_u(address, offset)));
    case 4:
      return keepLanes(e, dtype, [v128.load32_splat(address, offset)]);
    default: {
      const part = e.f.let(v128.load64_splat(address, offset));
      return { dtype, parts: [part, part] };
    }
  }
}

/** One element of a stored dtype from each of four addresses. */
export function emitLoadLanes(e: Emitter, dtype: DType, addresses: readonly I32[]): Lanes {
  const [a, b, c, d] = addresses as [I32, I32, I32, I32];
  const { bytes } = dtypes[dtype];
  if (bytes === 8) {
    const pair = (low: I32, high: I32): V128 => v128.load_lane(high, v128.load64_zero(low), 8, 1);
    return keepLanes(e, dtype, [pair(a, b), pair(c, d)]);
  }
  let gathered = v128.load32_zero(a);
  if (bytes === 4) {
    [b, c, d].forEach((address, i) => {
      gathered = v128.load_lane(address, gathered, 4, i + 1);
    });
    return keepLanes(e, computeDType(dtype), [gathered]);
  }
  // The lowest byte or half of each word; the rest stays zero.
  gathered = i32x4Const(0);
  [a, b, c, d].forEach((address, i) => {
    gathered = v128.load_lane(address, gathered, bytes as 1 | 2, (4 / bytes) * i);
  });
  if (dtype !== 'int8') return fromWords(e, dtype, gathered);
  const up = i32x4.shl(gathered, i32.const(24));
  return keepLanes(e, dtype, [i32x4.shr_s(up, i32.const(24))]);
}
