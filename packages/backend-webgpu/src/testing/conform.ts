import { type ConformanceOptions, describeConformance } from '@flambeau/backend/conformance';
import { interpret } from '@flambeau/backend-cpu';

/** `FLAMBEAU_SEED=7 FLAMBEAU_RUNS=5000` looks further than the tests of every day do. */
const { FLAMBEAU_SEED = 1, FLAMBEAU_RUNS } = process.env;

/** Compares a WebGPU device with the interpreter. WGSL lets devices flush subnormals. */
export function conform(options: Pick<ConformanceOptions, 'name' | 'create'>, runs: number): void {
  describeConformance({
    ...options,
    reference: interpret,
    numerics: { subnormals: false },
    ulps: { lgamma: 8 },
    seed: Number(FLAMBEAU_SEED),
    runs: Number(FLAMBEAU_RUNS ?? runs),
  });
}
