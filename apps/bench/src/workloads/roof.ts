import { hasRelaxedSimd, roofTimer } from '../engines/roof.ts';
import { median } from '../numbers.ts';
import { short, tableText } from '../report.ts';
import type { SpecialWorkload } from './workload.ts';

/** Operations of one sample: some tens of milliseconds. */
const operations = 2e9;

/** What a core can do at most within WebAssembly: nothing but independent multiply-adds on four lanes. */
export const roofWorkload: SpecialWorkload = {
  name: 'roof',
  title: 'float32 multiply-adds in WebAssembly with nothing to load or to store, one thread',
  async run({ flags }) {
    const kinds = hasRelaxedSimd() ? [false, true] : [false];
    const loops = kinds.map((relaxed) => ({
      name: relaxed ? 'relaxed multiply-add' : 'product, then sum',
      time: roofTimer(relaxed),
      samples: [] as number[],
    }));
    for (const { time } of loops) for (let i = 0; i < 3; i++) time(operations / 10);
    for (let round = 0; round < flags.rounds; round++) {
      for (const { time, samples } of loops) samples.push(operations / (time(operations) * 1e6));
    }
    const found = loops.map(({ name, samples }) => ({ name, figure: median(samples), samples }));
    const rows = found.map(({ name, figure }) => [name, short(figure)]);
    return {
      table: `${tableText(this, ['GFLOP/s'], rows)}\n`,
      record: { workload: this.name, unit: 'GFLOP/s', loops: found },
    };
  },
};
