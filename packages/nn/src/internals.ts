import type { Tensor } from '@flambeau/autograd';
import { HookTables } from './hook-tables.ts';
import type { AnyModule } from './module-base.ts';

/** Key of a module's own state; also what tells a module from any other function. */
export const internals: unique symbol = Symbol('flambeau.module');

/** The method that Node, Deno and Bun ask for what `console.log` shows. */
export const inspectSymbol: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** What a module keeps that is not one of its members. */
export interface ModuleInternals {
  /** Whether the members were looked at once, and `forward` exists. */
  ready: boolean;
  /** Whether a call may go straight to `forward`: ready, and no hooks. */
  direct: boolean;
  readonly hooks: HookTables;
  /** Order of the members, kept only where a name such as `2` would make JavaScript reorder them. */
  order: Set<string> | null;
  /** For a Sequential: the members' names by property, where a member is not called as its position is. */
  aliases: Map<string, string> | null;
  /** For a ParameterList or ParameterDict: a plain tensor put in becomes a parameter. */
  wrapsTensors: boolean;
}

/** The state of a fresh module. */
export function makeInternals(): ModuleInternals {
  const state: ModuleInternals = {
    ready: false,
    direct: false,
    hooks: new HookTables(() => update(state)),
    order: null,
    aliases: null,
    wrapsTensors: false,
  };
  return state;
}

/** Lets the next calls go straight to `forward` where no hook forbids it. */
export function markReady(state: ModuleInternals): void {
  state.ready = true;
  update(state);
}

function update(state: ModuleInternals): void {
  state.direct = state.ready && !state.hooks.inCalls;
}

/** What a module member is. */
export type MemberKind = 'parameter' | 'buffer' | 'module';

/** One member: the property's value, guarded by PyTorch's assignment rules. */
export interface Slot {
  kind: MemberKind;
  value: Tensor | AnyModule | null;
  /** Whether a buffer is part of the state dict. */
  persistent: boolean;
}

/** Whether a value is a module. */
export function isModule(value: unknown): value is AnyModule {
  return typeof value === 'function' && internals in value;
}
