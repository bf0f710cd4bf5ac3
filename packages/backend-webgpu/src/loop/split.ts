import {
  type Access,
  bufferOf,
  DeviceError,
  type DType,
  type Expr,
  type Launch,
  type LoopInput,
  type LoopKernel,
  operands,
  printKernel,
  type Stage,
  stageAccesses,
  type View,
} from '@flambeau/backend';
import { neededBy } from './passes.ts';

/** Some of a kernel's stores, as a kernel of their own. */
export interface Part {
  readonly input: LoopInput;
  /** Of the whole kernel, the buffers, accesses and launch extents that the part has. */
  readonly buffers: readonly number[];
  readonly accesses: readonly number[];
  readonly extents: readonly number[];
}

/**
 * Divides the stores of a kernel among kernels that each bind few buffers.
 *
 * @param same - For each buffer (inputs, then outputs), where the same one stands first.
 * @param most - Buffers that one shader may bind.
 * @throws {DeviceError} A store needs too many buffers, or an earlier part would overwrite what a later one reads.
 */
export function splitStores(input: LoopInput, same: readonly number[], most: number): Part[] {
  const { kernel } = input;
  const groups: number[][] = [];
  const bindings = (stores: readonly number[]): Set<number> => {
    const stages = [...stores, ...neededBy(kernel, stores, () => false)];
    const accesses = stages.flatMap((s) => stageAccesses(kernel.stages[s] as Stage));
    return new Set(accesses.map((number) => same[bufferOf(kernel, kernel.accesses[number] as Access)] as number));
  };
  kernel.stages.forEach((stage, s) => {
    if (stage.kind !== 'store') return;
    const last = groups.at(-1);
    if (last && bindings([...last, s]).size <= most) last.push(s);
    else groups.push([s]);
  });
  const written = new Set<number>();
  for (const stores of groups) {
    const bound = bindings(stores);
    if (bound.size > most) fail(kernel, `needs ${bound.size} buffers for one result`, most);
    for (const buffer of bound) {
      const isRead = kernel.inputs.some((_, i) => same[i] === buffer);
      if (isRead && written.has(buffer))
        fail(kernel, `needs ${new Set(same).size} buffers, some of them in place`, most);
    }
    for (const s of stores) {
      const stage = kernel.stages[s] as Extract<Stage, { kind: 'store' }>;
      written.add(same[bufferOf(kernel, kernel.accesses[stage.access] as Access)] as number);
    }
  }
  return groups.map((stores) => partOf(input, stores));
}

function fail(kernel: LoopKernel, what: string, most: number): never {
  throw new DeviceError(
    'webgpu',
    `a kernel ${what}; got a device whose shaders bind ${most} (maxStorageBuffersPerShaderStage). Compute it in several ` +
      `steps.\n${printKernel(kernel)}`,
    { device: 'webgpu' },
  );
}

/** The kernel of some stores and of what they need. */
function partOf({ kernel, viewAxes }: LoopInput, stores: readonly number[]): Part {
  const kept = new Set([...stores, ...neededBy(kernel, stores, () => false)]);
  const stages = [...kernel.stages.keys()].filter((s) => kept.has(s));
  const accesses = [...new Set(stages.flatMap((s) => stageAccesses(kernel.stages[s] as Stage)))];
  const buffers = [...kernel.inputs, ...kernel.outputs].flatMap((_, buffer) =>
    accesses.some((number) => bufferOf(kernel, kernel.accesses[number] as Access) === buffer) ? [buffer] : [],
  );
  const inputs = buffers.filter((buffer) => buffer < kernel.inputs.length);
  const dtypes = [...kernel.inputs, ...kernel.outputs];
  const rename = (expr: Expr): Expr => {
    switch (expr.kind) {
      case 'load':
        return { ...expr, access: accesses.indexOf(expr.access) };
      case 'gather':
        return { ...expr, access: accesses.indexOf(expr.access), indices: expr.indices.map(rename) };
      case 'stage':
        return { ...expr, stage: stages.indexOf(expr.stage) };
      case 'op':
        return { ...expr, args: operands(expr).map(rename) };
      case 'cast':
        return { ...expr, arg: rename(expr.arg) };
      case 'random':
        return { ...expr, key: rename(expr.key), counter: rename(expr.counter) };
      default:
        return expr;
    }
  };
  const extents = Array.from({ length: kernel.outer }, (_, axis) => axis);
  let next = kernel.outer;
  kernel.stages.forEach((stage, s) => {
    for (let i = 0; i < stage.inner; i++, next++) if (kept.has(s)) extents.push(next);
  });
  const part: LoopKernel = {
    ...kernel,
    inputs: inputs.map((buffer) => dtypes[buffer] as DType),
    outputs: buffers.slice(inputs.length).map((buffer) => dtypes[buffer] as DType),
    accesses: accesses.map((number) => {
      const access = kernel.accesses[number] as Access;
      const at = buffers.indexOf(bufferOf(kernel, access));
      return { ...access, buffer: access.role === 'input' ? at : at - inputs.length };
    }),
    stages: stages.map((s) => {
      const stage = kernel.stages[s] as Stage;
      const expr = rename(stage.expr);
      return stage.kind === 'reduce' ? { ...stage, expr } : { ...stage, expr, access: accesses.indexOf(stage.access) };
    }),
  };
  const axes = viewAxes && { viewAxes: accesses.map((number) => viewAxes[number] as readonly number[]) };
  return { input: { kernel: part, ...axes }, buffers, accesses, extents };
}

/** A launch as one part sees it. */
export function launchOf({ accesses, extents }: Part, launch: Launch): Launch {
  return {
    extents: extents.map((at) => launch.extents[at] as number),
    views: accesses.map((number) => launch.views[number] as View),
    scalars: launch.scalars,
  };
}
