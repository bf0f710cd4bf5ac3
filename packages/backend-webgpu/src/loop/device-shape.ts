import type { DeviceLimits } from '../limits.ts';

/** What there is to do in a launch. */
export interface Work {
  /** Rows, in fours where elements lie side by side along an outer axis. */
  readonly rows: number;
  /** Of them, those along the fastest outer axis. */
  readonly groups: number;
  readonly width: number;
  readonly along: 'outer' | 'inner';
  /** Whether rows have no inner axes at all. */
  readonly isElements: boolean;
  /** Elements of one row, of all stages. */
  readonly elements: number;
  /** Elements along the axis that lanes share (the longest of all stages). */
  readonly lane: number;
  /** Elements along the axis that chunks cut (the longest of all stages). */
  readonly cut: number;
  /** Whether several workgroups may share a row. */
  readonly maySplit: boolean;
}

/** How work is spread over a device. */
export interface DeviceShape {
  /** Rows of a workgroup, and lanes of a row. */
  readonly rows: number;
  readonly lanes: number;
  /** Pieces that each row is cut into. */
  readonly chunks: number;
  /** Whether invocations walk runs of rows, and how long those are. */
  readonly runs: boolean;
  readonly run: number;
}

/** On software: invocations of a workgroup when there are many and few, and how many are many. */
const SOFTWARE_GROUP = 64;
const SOFTWARE_SMALL_GROUP = 16;
const SOFTWARE_MANY = 1024;

/** On software: elements that pay for starting an invocation, and invocations that keep all threads busy. */
const SOFTWARE_GRAIN = 32;
const SOFTWARE_BUSY = 64;

/** Fewest elements that pay for further passes. */
const SPLIT_WORK = 1 << 15;

/** Fewest elements of a chunk for one lane. */
const LANE_CHUNK = 16;

/** On real devices: invocations of a workgroup without lanes, invocations that keep it busy, and most chunks of a row. */
const GROUP = 64;
const BUSY = 1 << 15;
const MOST_CHUNKS = 256;

/** Lanes of a row, by the number of steps that one lane alone would take. */
const LANES = [
  { steps: 4, lanes: 1, rows: GROUP },
  { steps: 64, lanes: 8, rows: 16 },
  { steps: 512, lanes: 32, rows: 4 },
  { steps: Number.POSITIVE_INFINITY, lanes: 256, rows: 1 },
] as const;

/** Spreads work over a device. */
export function deviceShape(work: Work, limits: DeviceLimits): DeviceShape {
  return limits.software ? softwareShape(work) : parallelShape(work, limits);
}

/** Few invocations that do much, without barriers. */
function softwareShape({ rows, groups, elements, cut, maySplit, width }: Work): DeviceShape {
  const group = (invocations: number): number => (invocations >= SOFTWARE_MANY ? SOFTWARE_GROUP : SOFTWARE_SMALL_GROUP);
  const chunks = Math.min(Math.floor(SOFTWARE_BUSY / rows), Math.floor(cut / SPLIT_CHUNK));
  if (maySplit && chunks > 1 && rows * elements >= SPLIT_WORK) {
    return { rows: SOFTWARE_SMALL_GROUP, lanes: 1, chunks, runs: false, run: 1 };
  }
  const each = Math.max(elements, width);
  const run = Math.max(1, Math.min(Math.ceil(SOFTWARE_GRAIN / each), groups));
  return { rows: group(rows / run), lanes: 1, chunks: 1, runs: true, run };
}

/** Fewest elements of a chunk on software. */
const SPLIT_CHUNK = 1024;

/** Many invocations that do little; neighbours touch neighbouring memory. */
function parallelShape(work: Work, limits: DeviceLimits): DeviceShape {
  const { rows, elements, cut, maySplit } = work;
  const { lanes, rows: side } = work.isElements ? { lanes: 1, rows: GROUP } : lanesOf(work, limits);
  const shape = {
    rows: Math.min(side, Math.max(1, Math.floor(limits.invocations / lanes))),
    lanes,
    runs: false,
    run: 1,
  };
  const busy = rows * lanes;
  const step = lanes * (work.along === 'inner' ? work.width : 1);
  const chunks = Math.min(MOST_CHUNKS, Math.floor(BUSY / busy), Math.floor(cut / (step * LANE_CHUNK)));
  return { ...shape, chunks: maySplit && chunks > 1 && rows * elements >= SPLIT_WORK ? chunks : 1 };
}

function lanesOf({ along, lane, rows, width }: Work, limits: DeviceLimits): { lanes: number; rows: number } {
  if (along === 'outer') return lane >= 64 && rows < BUSY ? { lanes: 8, rows: 16 } : { lanes: 1, rows: GROUP };
  const steps = lane / width;
  let at = LANES.findIndex((row) => steps <= row.steps);
  // More lanes for few rows, as long as they have something to do.
  while (rows * (LANES[at]?.lanes ?? 0) < BUSY && (LANES[at + 1]?.lanes ?? Number.POSITIVE_INFINITY) <= steps / 2) at++;
  while ((LANES[at]?.lanes ?? 0) > limits.invocations) at--;
  return LANES[at] as (typeof LANES)[number];
}
