import { describeConformance } from '@flambeau/backend/conformance';
import { cpu } from './backend.ts';
import { interpret } from './interpreter/interpret.ts';

/** `FLAMBEAU_SEED=7 FLAMBEAU_RUNS=5000` looks further than the tests of every day do. */
const { FLAMBEAU_SEED, FLAMBEAU_RUNS } = process.env;
const random = { seed: Number(FLAMBEAU_SEED ?? 1), runs: Number(FLAMBEAU_RUNS ?? 200) };

for (const generate of [true, false]) {
  const name = generate ? 'cpu, generated' : 'cpu, interpreted';
  describeConformance({ name, create: () => cpu({ generate }), reference: interpret, ...random });
}
