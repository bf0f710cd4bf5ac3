import type { RemovableHandle } from '@flambeau/autograd';
import { ModuleError } from './errors.ts';
import { typeName } from './names.ts';

/** Options of a hook's registration; each kind of hook takes those that mean something to it. */
export interface HookOptions {
  /** Puts the hook before those already there. */
  readonly prepend?: boolean;
  /** Gives the hook the call's options object as well. */
  readonly withKwargs?: boolean;
  /** Runs the hook even when `forward` or another hook throws. */
  readonly alwaysCall?: boolean;
}

/** A registered hook with its marks. */
export interface Hook {
  readonly run: HookFunction;
  readonly withKwargs: boolean;
  readonly alwaysCall: boolean;
}

/** What hooks are once they are in a table; the registering methods have the precise types. */
export type HookFunction = (...inputs: never[]) => unknown;

let nextId = 0;

/** Hooks of one kind, in the order in which they run. */
export class HookTable {
  #hooks = new Map<number, Hook>();
  readonly #changed: () => void;

  /** `changed` is called after every registration and removal. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get size(): number {
    return this.#hooks.size;
  }

  /** Registers a hook; the handle's `remove` takes it back with its marks. @throws {ModuleError} Not a function. */
  add(
    run: HookFunction,
    { prepend = false, withKwargs = false, alwaysCall = false }: HookOptions = {},
  ): RemovableHandle {
    if (typeof run !== 'function') throw new ModuleError(`a hook must be a function; got ${typeName(run)}`);
    const id = nextId++;
    const entry: [number, Hook] = [id, { run, withKwargs, alwaysCall }];
    if (prepend) this.#hooks = new Map([entry, ...this.#hooks]);
    else this.#hooks.set(...entry);
    this.#changed();
    const remove = (): void => {
      if (this.#hooks.delete(id)) this.#changed();
    };
    return { id, remove, [Symbol.dispose]: remove };
  }

  /** Removes every registration of a function. */
  removeFunction(run: HookFunction): void {
    for (const [id, hook] of this.#hooks) if (hook.run === run) this.#hooks.delete(id);
    this.#changed();
  }

  /** A copy of the list, so that hooks may remove hooks while they run. */
  list(): Hook[] {
    return [...this.#hooks.values()];
  }

  /** Takes over the hooks of another table. */
  copyFrom(other: HookTable): void {
    for (const hook of other.list()) this.#hooks.set(nextId++, hook);
    this.#changed();
  }
}

/** The kinds of hooks that take part in a call. */
export type CallHookKind = 'forwardPre' | 'forward' | 'backwardPre' | 'backward' | 'legacyBackward';

/** The kinds of hooks that take part in saving and loading. */
export type StateHookKind = 'stateDictPre' | 'stateDictPost' | 'loadPre' | 'loadPost';

const callKinds: readonly CallHookKind[] = ['forwardPre', 'forward', 'backwardPre', 'backward', 'legacyBackward'];

/** All hooks of one module (or, for the kinds of a call, of all modules); tables are made when first needed. */
export class HookTables {
  /** Whether any hook takes part in calls. */
  inCalls = false;
  readonly #tables = new Map<CallHookKind | StateHookKind, HookTable>();
  readonly #changed: () => void;

  constructor(changed: () => void = () => {}) {
    this.#changed = changed;
  }

  /** The table of one kind. */
  table(kind: CallHookKind | StateHookKind): HookTable {
    let table = this.#tables.get(kind);
    if (!table) {
      table = new HookTable(() => this.#update());
      this.#tables.set(kind, table);
    }
    return table;
  }

  /** The hooks of one kind, in order. */
  list(kind: CallHookKind | StateHookKind): Hook[] {
    return this.#tables.get(kind)?.list() ?? [];
  }

  /** Whether there are hooks of one kind. */
  has(kind: CallHookKind | StateHookKind): boolean {
    return (this.#tables.get(kind)?.size ?? 0) > 0;
  }

  /** Takes over the hooks of another module. */
  copyFrom(other: HookTables): void {
    for (const [kind, table] of other.#tables) this.table(kind).copyFrom(table);
  }

  #update(): void {
    this.inCalls = callKinds.some((kind) => this.has(kind));
    this.#changed();
  }
}
