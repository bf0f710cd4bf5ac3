import { type DType, dtypes, type HostArray, hostArray, storeValue, type Value } from '@flambeau/backend';
import { f32x4Const, type I32, i32, i32x4, ModuleBuilder } from '../../assembler/index.ts';
import type { Features } from '../../runtime/runtime.ts';
import { type Emitter, emitLoad, emitStore, hostFunction, LANES, type Lanes } from '../index.ts';

/** Elements of one dtype, as values or as host memory holds them. */
export interface Operand {
  readonly dtype: DType;
  readonly values: readonly Value[] | HostArray;
}

/** Plain WebAssembly with SIMD. */
export const plain: Features = { relaxed: false };

/** What this engine can be asked to do: plain SIMD, and relaxed SIMD where it has it. */
export function engineFeatures(): Features[] {
  const module = new ModuleBuilder({ initial: 1, maximum: 1, shared: false });
  const f = module.function({ parameters: [], results: ['v128'] });
  f.return(i32x4.relaxed_trunc_f32x4_s(f32x4Const(1)));
  return WebAssembly.validate(module.encode()) ? [plain, { relaxed: true }] : [plain];
}

/** Where the code under test finds its data: the addresses of the operands and of the result at the current step. */
export interface Places {
  readonly operands: readonly I32[];
  readonly result: I32;
}

const PAGE = 65536;

const bytesOf = (array: HostArray): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Host memory that holds an operand. */
export function arrayOf({ dtype, values }: Operand): HostArray {
  if (ArrayBuffer.isView(values)) return values;
  const array = hostArray(dtype, values.length);
  values.forEach((value, i) => {
    storeValue(array, dtype, i, value);
  });
  return array;
}

/**
 * Runs code on operands in memory, four elements at a time: `steps` times, the addresses advancing by four elements.
 * Returns `length` elements of the result, all bytes of which were 0xa5 before.
 */
export function runSteps(
  operands: readonly Operand[],
  result: DType,
  length: number,
  steps: number,
  write: (e: Emitter, places: Places) => void,
  features: Features = plain,
): HostArray {
  const arrays = operands.map((operand) => arrayOf(operand));
  const out = hostArray(result, length);
  const starts: number[] = [];
  let next = 64;
  for (const array of [...arrays, out]) {
    starts.push(next);
    next += Math.ceil((array.byteLength + 64) / 16) * 16;
  }
  const pages = Math.ceil(next / PAGE);
  const module = new ModuleBuilder({ initial: pages, maximum: pages, shared: false });
  const f = module.function({ parameters: [], results: [] }, 'run');
  const cursors = starts.map((start) => f.local('i32', i32.const(start)));
  const sizes = [...operands.map(({ dtype }) => dtype), result].map((dtype) => dtypes[dtype].bytes);
  const rest = f.local('i32', i32.const(steps));
  f.while(rest, () => {
    write({ module, f, features }, { operands: cursors.slice(0, -1), result: cursors.at(-1) as I32 });
    cursors.forEach((cursor, i) => {
      f.advance(cursor, LANES * (sizes[i] as number));
    });
    f.advance(rest, -1);
  });
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const bytes = new Uint8Array(memory.buffer);
  arrays.forEach((array, i) => {
    bytes.set(bytesOf(array), starts[i]);
  });
  const place = starts.at(-1) as number;
  bytes.fill(0xa5, place, place + out.byteLength);
  const compiled = new WebAssembly.Module(module.encode());
  const imports = Object.fromEntries(module.imports.map((name) => [name, hostFunction(name)]));
  const instance = new WebAssembly.Instance(compiled, { env: { ...imports, memory } });
  (instance.exports.run as () => void)();
  bytesOf(out).set(bytes.subarray(place, place + out.byteLength));
  return out;
}

/** Applies an expression to whole operands, padded to a multiple of four. */
export function runVector(
  operands: readonly Operand[],
  result: DType,
  apply: (e: Emitter, ...args: [Lanes, ...Lanes[]]) => Lanes,
  features: Features = plain,
): HostArray {
  const length = operands[0]?.values.length ?? 0;
  const steps = Math.ceil(length / LANES);
  const out = runSteps(
    operands,
    result,
    steps * LANES,
    steps,
    (e, places) => {
      const args = operands.map(({ dtype }, i) => emitLoad(e, dtype, places.operands[i] as I32));
      emitStore(e, result, places.result, apply(e, ...(args as [Lanes, ...Lanes[]])));
    },
    features,
  );
  return out.subarray(0, length) as HostArray;
}
