import { describeConformance } from '@flambeau/backend/conformance';
import { interpret } from '@flambeau/backend-cpu';
import { openWebGpu } from './backend.ts';

/** `FLAMBEAU_SEED=7 FLAMBEAU_RUNS=5000` looks further than the tests of every day do. */
const { FLAMBEAU_SEED, FLAMBEAU_RUNS } = process.env;
const random = { seed: Number(FLAMBEAU_SEED ?? 1), runs: Number(FLAMBEAU_RUNS ?? 100) };

for (const software of [true, false]) {
  describeConformance({
    name: `WebGPU, shaders for ${software ? 'software' : 'hardware'}`,
    create: () => openWebGpu({ software }),
    reference: interpret,
    numerics: { subnormals: false },
    ulps: { lgamma: 8 },
    ...random,
  });
}
