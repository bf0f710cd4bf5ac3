/** Independent sums in the loop: enough to hide a multiply-add's latency, few enough for 16 registers. */
const chains = 12;

/** Floating-point operations of one turn of the loop: a product and a sum in each of four lanes of each chain. */
export const operationsPerTurn: number = chains * 4 * 2;

const opcodes = {
  loop: 0x03,
  end: 0x0b,
  branchIf: 0x0d,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  i32Const: 0x41,
  f32Const: 0x43,
  i32Subtract: 0x6b,
} as const;

/** SIMD instructions, after the prefix 0xfd. @source WebAssembly specification 3.0, binary format of vector instructions. */
const vector = {
  splat: [0xfd, 0x13],
  extractLane: [0xfd, 0x1f],
  add: [0xfd, 0xe4, 0x01],
  multiply: [0xfd, 0xe6, 0x01],
  relaxedMultiplyAdd: [0xfd, 0x85, 0x02],
} as const;

const types = { f32: 0x7d, i32: 0x7f, v128: 0x7b, none: 0x40 } as const;

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function splat(value: number): number[] {
  return [opcodes.f32Const, ...new Uint8Array(Float32Array.of(value).buffer), ...vector.splat];
}

/** `run(turns)`: every chain becomes `chain · 0.999 + 0.001`, so often; gives the first lane of their sum. */
function body(relaxed: boolean): number[] {
  const [turns, factor, addend] = [0, chains + 1, chains + 2];
  const all = Array.from({ length: chains }, (_, i) => i + 1);
  const step = (chain: number): number[] =>
    relaxed
      ? [opcodes.get, chain, opcodes.get, factor, opcodes.get, addend, ...vector.relaxedMultiplyAdd]
      : [opcodes.get, chain, opcodes.get, factor, ...vector.multiply, opcodes.get, addend, ...vector.add];
  return [
    ...[1, chains + 2, types.v128],
    ...all.flatMap((chain) => [...splat(chain / 10), opcodes.set, chain]),
    ...[...splat(0.999), opcodes.set, factor, ...splat(0.001), opcodes.set, addend],
    ...[opcodes.loop, types.none],
    ...all.flatMap((chain) => [...step(chain), opcodes.set, chain]),
    ...[opcodes.get, turns, opcodes.i32Const, 1, opcodes.i32Subtract, opcodes.tee, turns, opcodes.branchIf, 0],
    opcodes.end,
    ...all.flatMap((chain, i) => [opcodes.get, chain, ...(i === 0 ? [] : vector.add)]),
    ...[...vector.extractLane, 0, opcodes.end],
  ];
}

/** A WebAssembly module that does nothing but independent multiply-adds. */
export function roofModule(relaxed: boolean): Uint8Array<ArrayBuffer> {
  const code = body(relaxed);
  const name = [...new TextEncoder().encode('run')];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, types.i32, 1, types.f32]),
    ...section(3, [1, 0]),
    ...section(7, [1, name.length, ...name, 0, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}
