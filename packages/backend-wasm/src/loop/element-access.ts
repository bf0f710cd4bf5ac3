import { castValue, computeDType, type Expr } from '@flambeau/backend';
import { type I32, i32, i32x4, i32x4Const, type Local, type V128, v128 } from '../assembler/index.ts';
import { LANES, type Lanes } from '../vector/emitter.ts';
import {
  emitConstant,
  emitIndexLanes,
  emitLoad,
  emitLoadLanes,
  emitLoadSplat,
  emitSelect,
  emitStore,
  emitStoreFirst,
  emitStoreLanes,
  emitStorePart,
} from '../vector/index.ts';
import type { Nest, Site } from './nest.ts';

/** Numbers of the lanes. */
const LANE_NUMBERS = [0, 1, 2, 3] as const;

/** The address of an access at the first lane of a site, without what an immediate offset can say. */
function siteAddress(nest: Nest, number: number, site: Site): { address: Local<'i32'>; offset: number } {
  const address = site.position.addresses[number] as Local<'i32'>;
  const step = nest.access(number).steps[site.axis];
  if (site.block === 0 || site.axis < 0 || step === 'zero') return { address, offset: 0 };
  if (step === 'unit') return { address, offset: site.block * LANES * nest.bytes(number) };
  const stride = nest.stride(number, site.axis) as I32;
  const { f } = nest.e;
  return { address: f.local('i32', i32.add(address, i32.mul(stride, i32.const(site.block * LANES)))), offset: 0 };
}

/** Four numbers: one at the first lane, growing by `step` from lane to lane. */
function series(nest: Nest, first: I32, step: I32 | null): Local<'v128'> {
  const { f } = nest.e;
  if (!step) return f.local('v128', i32x4.splat(first));
  return f.local('v128', i32x4.add(i32x4.splat(first), i32x4.mul(i32x4Const(0, 1, 2, 3), i32x4.splat(step))));
}

/** The lanes in which all bounds of an access hold; `extra` adds what computed indices contribute to each bound. */
function insideMask(
  nest: Nest,
  number: number,
  site: Site,
  extra: (bound: number, value: Local<'v128'>) => Local<'v128'> = (_, value) => value,
): V128 | null {
  const { f } = nest.e;
  let mask: Local<'v128'> | null = null;
  site.position.bounds[number]?.forEach((running, bound) => {
    const step = site.axis < 0 ? null : nest.coefficient(number, bound, site.axis);
    const first = site.block && step ? i32.add(running, i32.mul(step, i32.const(site.block * LANES))) : running;
    const value = extra(bound, series(nest, first, step));
    const inside = i32x4.lt_u(value, i32x4.splat(nest.boundExtent(number, bound)));
    mask = f.local('v128', mask ? v128.and(mask, inside) : inside);
  });
  return mask;
}

/**
 * Whether all bounds of an access hold in all lanes: they do when they hold in the first and in the last. Null where there
 * are none.
 */
function allInside(nest: Nest, number: number, site: Site): I32 | null {
  const { f } = nest.e;
  let all: I32 | null = null;
  site.position.bounds[number]?.forEach((running, bound) => {
    const step = site.axis < 0 ? null : nest.coefficient(number, bound, site.axis);
    const extent = nest.boundExtent(number, bound);
    const lane = (ahead: number): I32 => (step && ahead ? i32.add(running, i32.mul(step, i32.const(ahead))) : running);
    const first = f.let(lane(site.block * LANES));
    let inside = i32.lt_u(first, extent);
    if (step) inside = i32.and(inside, i32.lt_u(lane(site.block * LANES + LANES - 1), extent));
    all = all ? i32.and(all, inside) : inside;
  });
  return all;
}

function fillLanes(nest: Nest, number: number): Lanes {
  const dtype = nest.dtype(number);
  return emitConstant(nest.e, castValue(nest.access(number).fill, dtype), computeDType(dtype));
}

/** Elements at four addresses; lanes whose mask is 0 touch no memory and get the fill value. */
function loadMasked(nest: Nest, number: number, addresses: V128, mask: V128): Lanes {
  const { e } = nest;
  const safe = e.f.local('v128', v128.and(addresses, mask));
  const each = LANE_NUMBERS.map((lane) => i32x4.extract_lane(safe, lane));
  const found = emitLoadLanes(e, nest.dtype(number), each);
  return emitSelect(e, { dtype: 'bool', parts: [mask] }, found, fillLanes(nest, number));
}

/** Restricts a mask to the lanes that count. */
function validOnly(nest: Nest, site: Site, mask: V128 | null): V128 | null {
  const valid = site.valid?.parts[0];
  if (!valid) return mask;
  return mask ? nest.e.f.local('v128', v128.and(mask, valid)) : valid;
}

/** The elements of an access at a site. */
export function loadElements(nest: Nest, number: number, site: Site): Lanes {
  const { e } = nest;
  const dtype = nest.dtype(number);
  const step = site.axis < 0 ? 'zero' : nest.access(number).steps[site.axis];
  const { address, offset } = siteAddress(nest, number, site);
  const plain = (): Lanes => {
    if (step === 'zero') return emitLoadSplat(e, dtype, address, offset);
    if (step === 'unit') return emitLoad(e, dtype, address, offset);
    return emitLoadLanes(e, dtype, laneAddresses(nest, number, site, address));
  };
  const addresses = (): V128 => series(nest, i32.add(address, i32.const(offset)), nest.stride(number, site.axis));
  const all = allInside(nest, number, site);
  if (!all) {
    if (step !== 'strided' || !site.valid) return plain();
    return loadMasked(nest, number, addresses(), site.valid.parts[0] as V128);
  }
  const compute = computeDType(dtype);
  const parts = emitConstant(e, castValue(0, compute), compute).parts.map(() => e.f.local('v128'));
  const take = (value: Lanes): void => {
    for (const [i, part] of parts.entries()) e.f.set(part, value.parts[i] as V128);
  };
  const careful = (): void => {
    const mask = validOnly(nest, site, insideMask(nest, number, site)) as V128;
    e.f.if(
      v128.any_true(mask),
      () => take(loadMasked(nest, number, addresses(), mask)),
      () => take(fillLanes(nest, number)),
    );
  };
  // Lanes that do not count may lie behind the buffer, where a run of elements may still be read, but nothing further off.
  if (step === 'strided' && site.valid) careful();
  else e.f.if(all, () => take(plain()), careful);
  return { dtype: compute, parts };
}

function laneAddresses(nest: Nest, number: number, site: Site, address: Local<'i32'>): Local<'i32'>[] {
  const stride = nest.stride(number, site.axis) as I32;
  const found = [address];
  for (let lane = 1; lane < LANES; lane++) {
    found.push(nest.e.f.local('i32', i32.add(found[lane - 1] as I32, stride)));
  }
  return found;
}

/** Whether an expression has one value in all lanes of an axis. */
function isUniform(nest: Nest, expr: Expr, axis: number): boolean {
  switch (expr.kind) {
    case 'const':
    case 'scalar':
      return true;
    case 'index':
      return expr.axis !== axis;
    case 'load': {
      const access = nest.access(expr.access);
      return access.bounds === 0 && (axis < 0 || access.steps[axis] === 'zero');
    }
    case 'op':
      return expr.args.every((arg) => isUniform(nest, arg, axis));
    case 'cast':
      return isUniform(nest, expr.arg, axis);
    default:
      return false;
  }
}

/** The elements of an access at computed indices of its trailing axes; outside of them, the fill value. */
export function gatherElements(
  nest: Nest,
  number: number,
  site: Site,
  indices: readonly Expr[],
  evaluate: (expr: Expr) => Lanes,
): Lanes {
  const { e } = nest;
  const { f } = e;
  const access = nest.access(number);
  const scope = access.steps.length - indices.length;
  const { address, offset } = siteAddress(nest, number, site);
  const values = indices.map((index) => evaluate(index).parts[0] as V128);
  const step = site.axis < 0 ? 'zero' : access.steps[site.axis];
  const isRow =
    step !== 'strided' && access.bounds === 0 && indices.every((index) => isUniform(nest, index, site.axis));
  if (isRow) return gatherRow(nest, number, values, i32.add(address, i32.const(offset)), scope, step === 'unit');
  let mask: V128 | null = validOnly(nest, site, null);
  values.forEach((value, i) => {
    const inside = i32x4.lt_u(value, i32x4.splat(nest.gatherSize(number, i)));
    mask = f.local('v128', mask ? v128.and(mask, inside) : inside);
  });
  const inBounds = insideMask(nest, number, site, (bound, start) =>
    values.reduce<Local<'v128'>>((sum, value, i) => {
      const coefficient = nest.coefficient(number, bound, scope + i);
      return coefficient ? f.local('v128', i32x4.add(sum, i32x4.mul(value, i32x4.splat(coefficient)))) : sum;
    }, start),
  );
  const real = mask && inBounds ? f.local('v128', v128.and(mask, inBounds)) : (mask ?? inBounds);
  const first = series(
    nest,
    i32.add(address, i32.const(offset)),
    site.axis < 0 ? null : nest.stride(number, site.axis),
  );
  const addresses = values.reduce<Local<'v128'>>((sum, value, i) => {
    const stride = nest.stride(number, scope + i);
    return stride ? f.local('v128', i32x4.add(sum, i32x4.mul(value, i32x4.splat(stride)))) : sum;
  }, first);
  return loadMasked(nest, number, addresses, real ?? i32x4Const(-1));
}

/** A gather whose indices are the same in all lanes: one check, then a run of elements. */
function gatherRow(
  nest: Nest,
  number: number,
  values: readonly V128[],
  start: I32,
  scope: number,
  unit: boolean,
): Lanes {
  const { e } = nest;
  const { f } = e;
  const dtype = nest.dtype(number);
  const address = f.local('i32', start);
  const inside = f.local('i32', i32.const(1));
  values.forEach((value, i) => {
    const at = f.local('i32', i32x4.extract_lane(value, 0));
    f.set(inside, i32.and(inside, i32.lt_u(at, nest.gatherSize(number, i))));
    const stride = nest.stride(number, scope + i);
    if (stride) f.advance(address, i32.mul(at, stride));
  });
  const fill = fillLanes(nest, number);
  const parts = fill.parts.map(() => f.local('v128'));
  const take = (value: Lanes): void => {
    parts.forEach((part, i) => f.set(part, value.parts[i] as V128));
  };
  f.if(
    inside,
    () => take(unit ? emitLoad(e, dtype, address) : emitLoadSplat(e, dtype, address)),
    () => take(fill),
  );
  return { dtype: fill.dtype, parts };
}

/** Writes elements through an output access at a site. */
export function storeElements(nest: Nest, number: number, site: Site, value: Lanes): void {
  const { e } = nest;
  const dtype = nest.dtype(number);
  const step = site.axis < 0 ? 'zero' : nest.access(number).steps[site.axis];
  const { address, offset } = siteAddress(nest, number, site);
  const at = offset ? e.f.local('i32', i32.add(address, i32.const(offset))) : address;
  if (step === 'zero') {
    emitStoreFirst(e, dtype, at, value);
    return;
  }
  if (step === 'strided') {
    emitStoreLanes(e, dtype, laneAddresses(nest, number, site, at), value, site.count ?? null);
    return;
  }
  if (!site.count) {
    emitStore(e, dtype, at, value);
    return;
  }
  emitStorePart(e, dtype, at, value, site.count);
}

/** The current index along an axis. */
export function indexLanes(nest: Nest, axis: number, site: Site): Lanes {
  const { e } = nest;
  const counter = site.position.counters.get(axis) as I32;
  if (axis !== site.axis) return { dtype: 'int32', parts: [e.f.local('v128', i32x4.splat(counter))] };
  return emitIndexLanes(e, i32.add(counter, i32.const(site.block * LANES)));
}
