import type { ContractionKernel, Launch, View } from '@flambeau/backend';
import { type Group, groupSize, type Path, pathOf } from './path.ts';

/** Which groups are rows and columns of the result's blocks: m and n, or the other way round. */
export interface Roles {
  readonly swap: boolean;
  readonly batch: Group;
  readonly rows: Group;
  readonly columns: Group;
  readonly depth: Group;
  /** Where views of the operands have the same groups, but for the rows' depth. */
  readonly operandRows: Group;
  readonly operandColumns: Group;
  readonly columnDepth: Group;
}

/** The groups of a contraction. */
export function rolesOf({ axes }: ContractionKernel, swap: boolean): Roles {
  const { batch, m, n, k } = axes;
  const first: Group = { axes: m, extent: batch, axis: batch };
  const second: Group = { axes: n, extent: batch + m, axis: batch + m };
  const [rows, columns] = swap ? [second, first] : [first, second];
  const depth = (lines: Group): Group => ({ axes: k, extent: batch + m + n, axis: batch + lines.axes });
  return {
    swap,
    batch: { axes: batch, extent: 0, axis: 0 },
    rows,
    columns,
    depth: depth(rows),
    operandRows: { ...rows, axis: batch },
    operandColumns: { ...columns, axis: batch },
    columnDepth: depth(columns),
  };
}

/** Sizes of a launch's groups. */
export interface Sizes {
  readonly batches: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
}

/** The sizes of a launch's groups. */
export function sizesOf({ extents }: Launch, roles: Roles): Sizes {
  return {
    batches: groupSize(extents, roles.batch),
    rows: groupSize(extents, roles.rows),
    columns: groupSize(extents, roles.columns),
    depth: groupSize(extents, roles.depth),
  };
}

/** An operand's paths along its three groups. */
export interface OperandPaths {
  readonly view: View;
  readonly batch: Path;
  readonly lines: Path;
  readonly depth: Path;
}

/** The paths of the operand whose lines are the rows, or of the one whose lines are the columns. */
export function operandPaths(launch: Launch, roles: Roles, side: 'rows' | 'columns'): OperandPaths {
  const view = launch.views[operandAccess(roles, side)] as View;
  return {
    view,
    batch: pathOf(launch, view, roles.batch),
    lines: pathOf(launch, view, side === 'rows' ? roles.operandRows : roles.operandColumns),
    depth: pathOf(launch, view, side === 'rows' ? roles.depth : roles.columnDepth),
  };
}

/** The access behind an operand. */
export function operandAccess({ swap }: Roles, side: 'rows' | 'columns'): 0 | 1 {
  return (side === 'rows') === swap ? 1 : 0;
}
