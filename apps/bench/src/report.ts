import Table from 'cli-table3';
import type { Measurement } from './measure.ts';
import type { Case, Figure, Workload } from './workloads/workload.ts';

/** All measurements of one case; the first is ours. */
export interface CaseResult {
  readonly test: Case;
  readonly measurements: readonly Measurement[];
}

/** What a time means in a figure's unit. */
export function figureOf({ unit, amount }: Figure, milliseconds: number): number {
  if (unit === 'µs/op') return (milliseconds * 1e3) / amount;
  return unit === 'steps/s' ? (amount * 1e3) / milliseconds : amount / (milliseconds * 1e6);
}

function short(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toPrecision(2);
}

/**
 * A workload's results as a table: our time and figure, then for each other engine its figure and how many times
 * faster we are than it (below 1: it is faster).
 */
export function tableOf(workload: Workload, results: readonly CaseResult[], ours: string): string {
  const others = [...new Set(results.flatMap(({ measurements }) => measurements.map(({ engine }) => engine)))].filter(
    (engine) => engine !== ours,
  );
  const table = new Table({
    head: [workload.name, 'ms', ours, ...others.flatMap((other) => [other, '×'])],
    colAligns: ['left', ...new Array(2 + 2 * others.length).fill('right')],
    style: { head: [], border: [], compact: true },
  });
  for (const { test, measurements } of results) {
    const find = (engine: string): Measurement | undefined => measurements.find((one) => one.engine === engine);
    const own = find(ours);
    const cells = others.flatMap((other) => {
      const found = find(other);
      if (!found || !own) return ['–', ''];
      return [short(figureOf(test.figure, found.median)), `×${short(found.median / own.median)}`];
    });
    const figure = own ? `${short(figureOf(test.figure, own.median))} ${test.figure.unit}` : '–';
    table.push([test.name, own ? short(own.median) : '–', figure, ...cells]);
  }
  return `${workload.title}\n${table.toString()}\n`;
}

/** A workload's results as data for the JSON file. */
export function recordOf(workload: Workload, results: readonly CaseResult[], ours: string): object {
  return {
    workload: workload.name,
    cases: results.map(({ test, measurements }) => {
      const own = measurements.find((one) => one.engine === ours);
      return {
        name: test.name,
        unit: test.figure.unit,
        engines: measurements.map((one) => ({
          ...one,
          figure: figureOf(test.figure, one.median),
          ...(own && { ours: one.median / own.median }),
        })),
      };
    }),
  };
}
