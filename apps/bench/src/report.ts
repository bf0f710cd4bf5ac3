import Table from 'cli-table3';
import type { Comparison } from './measure.ts';
import type { Case, CaseWorkload, Figure, Findings, Workload } from './workloads/workload.ts';

/** All that was found about one case. */
export interface CaseResult extends Comparison {
  readonly test: Case;
}

/** What a time means in a figure's unit. */
export function figureOf({ unit, amount }: Figure, milliseconds: number): number {
  if (unit === 'µs/op') return (milliseconds * 1e3) / amount;
  return unit === 'steps/s' ? (amount * 1e3) / milliseconds : amount / (milliseconds * 1e6);
}

/** A number with about three digits. */
export function short(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value >= 0.01 ? value.toPrecision(2) : value.toExponential(1);
}

/** A table under its workload's title; the first column is text, the others are numbers. */
export function tableText(workload: Workload, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [workload.name, ...head],
    colAligns: ['left', ...head.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push([...row]);
  return `${workload.title}\n${table.toString()}`;
}

/** What is told of a workload that cannot run here. */
export function leftOut({ name, title }: Workload, reason: string): Findings {
  return { table: `${title}\n  left out: ${reason}\n`, record: { workload: name, leftOut: reason } };
}

function otherEngines(results: readonly CaseResult[], ours: string): string[] {
  const names = results
    .flatMap(({ measurements, failures }) => [...measurements, ...failures])
    .map((one) => one.engine);
  return [...new Set(names)].filter((name) => name !== ours);
}

/** Each reason once, with the engine that gave it. */
function notes(results: readonly CaseResult[]): string[] {
  const lines = results.flatMap(({ failures }) =>
    failures.map(({ engine, cannot }) => `  ${engine} cannot: ${cannot}`),
  );
  return [...new Set(lines)];
}

/**
 * A workload's results as a table: our time and figure, then for each other engine its figure and how many times
 * faster we are than it (below 1: it is faster).
 */
export function tableOf(workload: CaseWorkload, results: readonly CaseResult[], ours: string): string {
  const others = otherEngines(results, ours);
  const rows = results.map(({ test, measurements, failures }) => {
    const own = measurements.find(({ engine }) => engine === ours);
    const cells = others.flatMap((other) => {
      const found = measurements.find(({ engine }) => engine === other);
      if (found && own) return [short(figureOf(test.figure, found.median)), `×${short(found.median / own.median)}`];
      return [failures.some(({ engine }) => engine === other) ? 'cannot' : '–', ''];
    });
    const figure = own ? `${short(figureOf(test.figure, own.median))} ${test.figure.unit}` : '–';
    return [test.name, own ? short(own.median) : '–', figure, ...cells];
  });
  const head = ['ms', ours, ...others.flatMap((other) => [other, '×'])];
  return [tableText(workload, head, rows), ...notes(results), ''].join('\n');
}

/** A workload's results as data for the JSON file. */
export function recordOf(workload: CaseWorkload, results: readonly CaseResult[], ours: string): object {
  return {
    workload: workload.name,
    ours,
    cases: results.map(({ test, measurements, failures }) => {
      const own = measurements.find(({ engine }) => engine === ours);
      return {
        name: test.name,
        unit: test.figure.unit,
        engines: measurements.map((one) => ({
          ...one,
          figure: figureOf(test.figure, one.median),
          ...(own && { ours: one.median / own.median }),
        })),
        failures,
      };
    }),
  };
}
