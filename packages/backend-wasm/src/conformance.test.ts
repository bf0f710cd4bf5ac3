import { describeConformance } from '@flambeau/backend/conformance';
import { interpret } from '@flambeau/backend-cpu';
import { WasmBackend } from './backend.ts';
import { detectFeatures } from './runtime/features.ts';

/** `FLAMBEAU_SEED=7 FLAMBEAU_RUNS=5000` looks further than the tests of every day do. */
const { FLAMBEAU_SEED, FLAMBEAU_RUNS } = process.env;
const random = { seed: Number(FLAMBEAU_SEED ?? 1), runs: Number(FLAMBEAU_RUNS ?? 200) };

for (const relaxed of detectFeatures().relaxed ? [true, false] : [false]) {
  for (const threads of [1, 2, 3]) {
    const name = `wasm, ${threads} thread${threads > 1 ? 's' : ''}, ${relaxed ? 'relaxed' : 'plain'} SIMD`;
    const create = async (): Promise<WasmBackend> => {
      const backend = new WasmBackend({ threads, relaxed, shareAll: true });
      await backend.threadsUp();
      return backend;
    };
    describeConformance({ name, create, reference: interpret, ...random });
  }
}
