import type { Form } from './operand.ts';
import { type BlockShape, LANES, STEP, swapsRows } from './product.ts';
import type { Sizes } from './roles.ts';

/** A product by blocks of some shape, and the time for each sum and step (nanoseconds of one thread, on SwiftShader). */
interface Choice extends BlockShape {
  readonly cost: number;
}

/** Where invocations swap what they read. Larger ones are slower: the code of a step must stay below some 75 KB. */
const SWAP_CHOICES: readonly Choice[] = [
  { rows: 16, columns: 8, cost: 0.36 },
  { rows: 12, columns: 8, cost: 0.41 },
  { rows: 24, columns: 4, cost: 0.39 },
  { rows: 16, columns: 4, cost: 0.44 },
  { rows: 8, columns: 4, cost: 0.6 },
  { rows: 4, columns: 4, cost: 0.9 },
];

/** Where each sends what it reads to all. */
const BROADCAST_CHOICES: readonly Choice[] = [
  { rows: 12, columns: 8, cost: 0.45 },
  { rows: 16, columns: 4, cost: 0.5 },
  { rows: 8, columns: 4, cost: 0.65 },
  { rows: 4, columns: 4, cost: 1 },
];

/** Where invocations cannot exchange what they read. */
const CHOICES: readonly Choice[] = [
  { rows: 8, columns: 8, cost: 0.8 },
  { rows: 4, columns: 8, cost: 1.1 },
  { rows: 4, columns: 4, cost: 1.4 },
];

/** Time to pack an element (nanoseconds). */
const PACK_COST = 14;

/** Blocks that keep the threads of a device busy. */
const UNITS = 8;

/** Least depth of a part. */
const PART_DEPTH = 256;

/** Most memory for packed columns and for sums of parts (bytes). */
const ROOM = 2 ** 26;

/** What the choice of a plan depends on, with m as rows. */
export interface PlanInput {
  readonly sizes: Sizes;
  /** How A and B can be read. */
  readonly forms: readonly [Form, Form];
  readonly quads: boolean;
  readonly bindingBytes: number;
}

/** How a product is cut. */
export interface Plan {
  readonly block: BlockShape;
  readonly swap: boolean;
  readonly packs: boolean;
  readonly rowPanels: number;
  readonly columnPanels: number;
  readonly parts: number;
  readonly partDepth: number;
  /** What is packed at once. */
  readonly chunk: { readonly parts: number; readonly batches: number; readonly columnPanels: number };
}

/** Time that a product takes, about (nanoseconds). */
function costOf({ batches, rows, columns, depth }: Sizes, choice: Choice, packs: boolean): number {
  const width = choice.columns * LANES;
  const tiles = batches * Math.ceil(rows / choice.rows) * Math.ceil(columns / width);
  const rounds = tiles < UNITS ? 2 / Math.min(2, tiles) : 1;
  return depth * (rounds * tiles * choice.rows * width * choice.cost + (packs ? batches * columns * PACK_COST : 0));
}

/** Chooses blocks, whether m and n change places, and whether columns are packed. */
export function planPacked({ sizes, forms, quads, bindingBytes }: PlanInput): Plan {
  const swapped: Sizes = { ...sizes, rows: sizes.columns, columns: sizes.rows };
  let best: { readonly block: Choice; readonly swap: boolean; readonly packs: boolean } | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const swap of [false, true]) {
    const own = swap ? swapped : sizes;
    const [rows, columns] = swap ? [forms[1], forms[0]] : forms;
    const isEither = columns === 'depth' && rows !== 'depth' && quads;
    for (const packs of isEither ? [false, true] : [columns === 'single']) {
      const choices = !quads
        ? CHOICES
        : swapsRows(rows, packs ? undefined : columns)
          ? SWAP_CHOICES
          : BROADCAST_CHOICES;
      for (const block of choices) {
        const cost = costOf(own, block, packs);
        if (cost < least) [best, least] = [{ block, swap, packs }, cost];
      }
    }
  }
  const { block, swap, packs } = best as NonNullable<typeof best>;
  return cut(swap ? swapped : sizes, block, swap, packs, Math.min(ROOM, bindingBytes));
}

function cut(sizes: Sizes, block: BlockShape, swap: boolean, packs: boolean, room: number): Plan {
  const { batches, rows, columns, depth } = sizes;
  const width = block.columns * LANES;
  const rowPanels = Math.ceil(rows / block.rows);
  const columnPanels = Math.ceil(columns / width);
  const tiles = batches * rowPanels * columnPanels;
  const results = 4 * batches * rows * columns;
  const busy = Math.min(Math.ceil(UNITS / tiles), Math.floor(depth / PART_DEPTH), Math.floor(room / results));
  // A panel must have room.
  const fewest = packs ? Math.ceil((4 * width * (depth + STEP)) / room) : 1;
  const partDepth = Math.ceil(depth / Math.max(1, busy, fewest) / STEP) * STEP;
  const parts = Math.ceil(depth / partDepth);
  const own = { block: { rows: block.rows, columns: block.columns }, swap, packs, rowPanels, columnPanels };
  if (!packs) return { ...own, parts, partDepth, chunk: { parts, batches, columnPanels } };
  const chunkParts = Math.min(parts, Math.max(1, Math.floor(room / (4 * width * partDepth))));
  const panelBytes = 4 * width * Math.min(chunkParts * partDepth, Math.ceil(depth / STEP) * STEP);
  const chunkPanels = Math.min(columnPanels, Math.floor(room / panelBytes));
  const chunkBatches = Math.max(1, Math.min(batches, Math.floor(room / (panelBytes * columnPanels))));
  return {
    ...own,
    parts,
    partDepth,
    chunk: { parts: chunkParts, batches: chunkBatches, columnPanels: chunkPanels },
  };
}
