import { moduleTable } from './module-table.ts';
import { type BoundCall, bind } from './signature.ts';
import type { GoldenValue } from './values.ts';

type Kwargs = Readonly<Record<string, GoldenValue>>;

/** The constructor call of a class in Flambeau's form. */
export function translateConstructor(className: string, args: readonly GoldenValue[], kwargs: Kwargs): BoundCall {
  return bind(moduleTable[className]?.constructor, args, kwargs);
}

/** The call of a module in Flambeau's form. */
export function translateForward(className: string, args: readonly GoldenValue[], kwargs: Kwargs): BoundCall {
  return bind(moduleTable[className]?.forward, args, kwargs);
}
