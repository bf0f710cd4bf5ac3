import { HookTable, HookTables } from './hook-tables.ts';
import type { MemberKind } from './internals.ts';

/** Hooks that take part in the calls of every module. */
export const globalHooks: HookTables = new HookTables();

/** Hooks that see every registration of a parameter, buffer or child. */
export const registrationHooks: Readonly<Record<MemberKind, HookTable>> = {
  parameter: new HookTable(() => {}),
  buffer: new HookTable(() => {}),
  module: new HookTable(() => {}),
};
