import { i32x4, i32x4Const, i64x2, shuffle, type V128, v128 } from '../assembler/index.ts';
import type { Emitter, Lanes } from './emitter.ts';
import { keepLanes, lowWords, words } from './lanes.ts';

const MULTIPLIER = 0xd256d193;
const WEYL = 0x9e3779b9;
const ROUNDS = 10;

/**
 * 32 random bits of each counter under its key, all int32.
 *
 * @source Philox2x32-10, Salmon et al. 2011; as `randomBits` of the contract.
 */
export function emitRandom(e: Emitter, key: Lanes, counter: Lanes): Lanes {
  const { f } = e;
  const multiplier = f.let(i32x4Const(MULTIPLIER));
  let [low] = counter.parts as [V128];
  let [k] = key.parts as [V128];
  let high: V128 | null = null;
  for (let round = 0; round < ROUNDS; round++) {
    if (round) k = f.let(i32x4.add(k, i32x4Const(WEYL)));
    const first = f.let(i64x2.extmul_low_i32x4_u(low, multiplier));
    const second = f.let(i64x2.extmul_high_i32x4_u(low, multiplier));
    const mixed = v128.xor(shuffle(first, second, words(1, 3, 5, 7)), k);
    low = f.let(high ? v128.xor(mixed, high) : mixed);
    high = f.let(lowWords(first, second));
  }
  return keepLanes(e, 'int32', [low]);
}
