import { describe } from 'vitest';
import type { ConformanceOptions } from './options.ts';
import { Session } from './session.ts';
import { describeAliasing } from './suites/aliasing.ts';
import { describeBehaviours } from './suites/behaviours.ts';
import { describeCasts } from './suites/casts.ts';
import { describeContractions } from './suites/contractions.ts';
import { describeConvolutions } from './suites/convolutions.ts';
import { describeDecompositions } from './suites/decompositions.ts';
import { describeRandomKernels } from './suites/random-kernels.ts';
import { describeReads } from './suites/reads.ts';
import { describeReductions } from './suites/reductions.ts';
import { describeRoutines } from './suites/routines.ts';
import { describeScalarOps } from './suites/scalar-ops.ts';
import { describeStages } from './suites/stages.ts';

/**
 * Declares the tests that every backend passes, ours or a third party's. Call it at the top of a vitest file.
 *
 * Every operation of the table runs on every dtype that it accepts and the device has; every kernel kind runs over odd,
 * empty, strided, repeated and bounded operands; then come random kernels. All results are compared with the reference.
 *
 * @example
 * describeConformance({ name: 'mine', create: () => myBackend(), reference: interpret });
 */
export function describeConformance(options: ConformanceOptions): void {
  const session = new Session(options);
  describe(`conformance of ${options.name} (seed ${session.seed})`, () => {
    session.manage();
    describeScalarOps(session);
    describeDecompositions(session);
    describeCasts(session);
    describeReductions(session);
    describeStages(session);
    describeReads(session);
    describeRoutines(session);
    describeConvolutions(session);
    describeContractions(session);
    describeBehaviours(session);
    describeRandomKernels(session);
    describeAliasing(session);
  });
}
