import type { Engine } from './engines/engine.ts';
import { type Effort, measure, reasonOf } from './measure.ts';
import type { CaseResult } from './report.ts';
import type { CaseWorkload } from './workloads/workload.ts';

/** Measures the cases of a workload in all engines, ours first; a case that cannot be measured is told as our failure. */
export async function measureCases(
  workload: CaseWorkload,
  engines: readonly Engine[],
  given: Pick<Effort, 'rounds' | 'patience' | 'settle'>,
): Promise<CaseResult[]> {
  const effort: Effort = { ...given, sample: 60, warmUp: 300 };
  const results: CaseResult[] = [];
  for (const test of workload.cases) {
    try {
      results.push({ test, ...(await measure(test, engines, effort, workload.reference)) });
    } catch (error) {
      // The rest of a long run is still worth having.
      const engine = (engines[0] as Engine).name;
      results.push({ test, measurements: [], failures: [{ engine, cannot: `${test.name}: ${reasonOf(error)}` }] });
    }
  }
  return results;
}
