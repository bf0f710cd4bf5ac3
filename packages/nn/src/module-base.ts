import type { DType, RemovableHandle, Tensor } from '@flambeau/autograd';
import { awaitStateDict } from './await-state-dict.ts';
import { requireNoLegacyBackwardHooks, requireOnlyLegacyBackwardHooks } from './backward-hooks.ts';
import { Callable } from './callable.ts';
import * as convert from './convert.ts';
import { ModuleError } from './errors.ts';
import type * as types from './hook-types.ts';
import type { IncompatibleKeys } from './incompatible-keys.ts';
import { internals, type ModuleInternals } from './internals.ts';
import {
  type LoadStateDictOptions,
  type LoadStep,
  loadOwnState,
  loadState,
  type StateDictLike,
} from './load-state-dict.ts';
import { registerBuffer, registerModule, registerParameter } from './members.ts';
import { typeName } from './names.ts';
import type { BufferOptions, Parameter } from './parameter.ts';
import { printModule } from './repr.ts';
import { type StateDict, type StateDictOptions, saveOwnState, saveState } from './state-dict.ts';
import * as traversal from './traversal.ts';

type Tree = traversal.NamedTraversalOptions;

/** A call runs `forward` with the hooks around it, and has the types of `forward`. */
export interface ModuleBase {
  (...inputs: types.Inputs<this>): types.Output<this>;
  /** @internal */
  readonly [internals]: ModuleInternals;
}

/**
 * Any module, whatever its `forward` takes: what traversals yield. Subclass `Module`, not this type.
 *
 * Everything that a module owns in an enumerable property and that is a `Parameter`, a `Buffer`, a registered buffer
 * or another module is a member of it, in order of definition.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor gives a function, which makes this true.
export class ModuleBase extends Callable {
  /** The name that is printed. */
  static override readonly name: string = 'Module';

  /** Whether layers such as dropout behave as in training; set by `train` and `eval`. */
  declare training: boolean;

  /** Override both to keep something besides tensors in the state dict. */
  getExtraState?(): unknown;
  /** Gets back what `getExtraState` returned. */
  setExtraState?(state: unknown): void;

  /** Version of the layout of this class's state; saved beside it. */
  get stateVersion(): number {
    return 1;
  }

  /** Adds or replaces a parameter; null reserves the name. @throws {ModuleError} The name cannot be had. */
  registerParameter(name: string, parameter: Parameter | null): void {
    registerParameter(this, name, parameter);
  }

  /** Adds or replaces a buffer; null reserves the name. @throws {ModuleError} The name cannot be had. */
  registerBuffer(name: string, tensor: Tensor | null, { persistent = true }: BufferOptions = {}): void {
    registerBuffer(this, name, tensor, persistent);
  }

  /** Adds or replaces a child; null reserves the name. @throws {ModuleError} The name cannot be had. */
  registerModule(name: string, module: AnyModule | null): void {
    registerModule(this, name, module);
  }

  /** The same as `registerModule`. */
  addModule(name: string, module: AnyModule | null): void {
    registerModule(this, name, module);
  }

  /** The descendant at a dotted path; `''` is the module itself. @throws {ModuleError} There is none. */
  getSubmodule(target: string): AnyModule {
    return traversal.getSubmodule(this, target);
  }

  /** Replaces the descendant at a dotted path; creates it unless `strict`. @throws {ModuleError} It cannot be. */
  setSubmodule(target: string, module: AnyModule, { strict = false }: { readonly strict?: boolean } = {}): void {
    traversal.setSubmodule(this, target, module, strict);
  }

  /** The parameter at a dotted path. @throws {ModuleError} There is none. */
  getParameter(target: string): Parameter {
    return traversal.getParameter(this, target);
  }

  /** The buffer at a dotted path. @throws {ModuleError} There is none. */
  getBuffer(target: string): Tensor {
    return traversal.getBuffer(this, target);
  }

  /** All parameters of the module and its descendants, each once. */
  *parameters(options: traversal.TraversalOptions = {}): Generator<Parameter> {
    for (const [, parameter] of traversal.namedTensors(this, 'parameter', options)) yield parameter as Parameter;
  }

  /** All parameters with their dotted names: the module's own first, then its children's. */
  namedParameters(options: Tree = {}): Generator<[name: string, parameter: Parameter]> {
    return traversal.namedTensors(this, 'parameter', options) as Generator<[string, Parameter]>;
  }

  /** All buffers of the module and its descendants, each once, persistent or not. */
  *buffers(options: traversal.TraversalOptions = {}): Generator<Tensor> {
    for (const [, buffer] of traversal.namedTensors(this, 'buffer', options)) yield buffer;
  }

  /** All buffers with their dotted names. */
  namedBuffers(options: Tree = {}): Generator<[name: string, buffer: Tensor]> {
    return traversal.namedTensors(this, 'buffer', options);
  }

  /** Direct children, each once. */
  *children(): Generator<AnyModule> {
    for (const [, child] of traversal.namedChildren(this)) yield child;
  }

  /** Direct children with their names, each once. */
  namedChildren(): Generator<[name: string, module: AnyModule]> {
    return traversal.namedChildren(this);
  }

  /** The module and all its descendants, parents first, each once. */
  *modules(): Generator<AnyModule> {
    for (const [, module] of traversal.namedModules(this)) yield module;
  }

  /** The module (named `prefix`, empty unless given) and its descendants with their dotted names. */
  namedModules(options: traversal.NamedModulesOptions = {}): Generator<[name: string, module: AnyModule]> {
    return traversal.namedModules(this, options);
  }

  /** Calls `fn` with every descendant, children before their parents, and with the module itself at last. */
  apply(fn: (module: AnyModule) => void): this {
    if (typeof fn !== 'function') throw new ModuleError(`apply needs a function; got ${typeName(fn)}`);
    for (const child of this.children()) child.apply(fn);
    fn(this);
    return this;
  }

  /** Sets `training` here and in every descendant. @throws {ModuleError} `mode` is not a boolean. */
  train(mode = true): this {
    if (typeof mode !== 'boolean') throw new ModuleError('training mode is expected to be boolean');
    this.training = mode;
    for (const child of this.children()) child.train(mode);
    return this;
  }

  /** The same as `train(false)`. */
  eval(): this {
    return this.train(false);
  }

  /** Sets for every parameter whether gradients are wanted. */
  requiresGrad_(requiresGrad = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(requiresGrad);
    return this;
  }

  /** Drops every parameter's gradient, or fills it with zeros if `setToNone` is false. */
  zeroGrad({ setToNone = true }: { readonly setToNone?: boolean } = {}): void {
    convert.zeroGrad(this.parameters(), setToNone);
  }

  /** Casts floating-point parameters and buffers, in place. @throws {ArgumentError} Not a floating-point dtype. */
  to(dtype: DType): this;
  /**
   * Moves parameters and buffers to a device (or device and dtype of a tensor), in place; done when the promise is.
   *
   * Parameters keep their identity, so an optimizer goes on with them; what it keeps for each of them (momentum, averages)
   * moves along, as do gradients. Do not train in the meantime.
   *
   * @throws {DeviceError} The device is unknown or cannot hold a dtype; the module then is as it was.
   * @example
   * await model.to('wasm');
   */
  to(target: string | Tensor | convert.ModuleTarget): Promise<this>;
  to(target: string | Tensor | convert.ModuleTarget): this | Promise<this> {
    const { device, dtype } = convert.parseTarget(target);
    if (device !== undefined || typeof target === 'object') {
      return convert.moveTo(this, { device, dtype }).then(() => this);
    }
    if (dtype !== undefined) convert.castFloats(this, dtype);
    return this;
  }

  /** Moves the module to the CPU. */
  cpu(): Promise<this> {
    return this.to({ device: 'cpu' });
  }

  /** Casts floating-point parameters and buffers to float32. */
  float(): this {
    return this.to('float32');
  }

  /** Casts floating-point parameters and buffers to float64. */
  double(): this {
    return this.to('float64');
  }

  /** Casts floating-point parameters and buffers to float16. */
  half(): this {
    return this.to('float16');
  }

  /** Casts floating-point parameters and buffers to bfloat16. */
  bfloat16(): this {
    return this.to('bfloat16');
  }

  /** Casts parameters and buffers of every dtype. */
  type(dtype: DType): this {
    convert.castEverything(this, dtype);
    return this;
  }

  /** Gives parameters and buffers fresh memory of undefined content, on another device if given. */
  toEmpty(options: convert.ToEmptyOptions = {}): this {
    convert.toEmpty(this, options);
    return this;
  }

  /** The state by name: parameters and persistent buffers, as tensors over the same memory. */
  stateDict(options: StateDictOptions = {}): StateDict {
    return saveState(this, options);
  }

  /**
   * Copies a state dict into this module; names may be PyTorch's or ours. If anything is wrong, nothing changes.
   *
   * @throws {StateDictError} Keys are missing or unexpected (unless `strict` is false), or values do not fit.
   */
  loadStateDict(stateDict: StateDictLike, options: LoadStateDictOptions = {}): IncompatibleKeys {
    return loadState(this, stateDict, options);
  }

  /**
   * {@link loadStateDict} for tensors on any device: those on another one that cannot be read at once are waited for.
   *
   * @throws As {@link loadStateDict}.
   */
  async loadStateDictAsync(stateDict: StateDictLike, options: LoadStateDictOptions = {}): Promise<IncompatibleKeys> {
    return loadState(this, options.assign ? stateDict : await awaitStateDict(this, stateDict), options);
  }

  /** Saves what this module holds itself; a subclass may add to it. */
  saveToStateDict(stateDict: StateDict, prefix: string, keepVars: boolean): void {
    saveOwnState(this, stateDict, prefix, keepVars);
  }

  /** Plans the loading of what this module holds itself; a subclass may first convert an older version's state. */
  loadFromStateDict(step: LoadStep): void {
    loadOwnState(this, step);
  }

  /** Runs a hook before `forward`; what it returns replaces the arguments. */
  registerForwardPreHook(
    hook: types.ForwardPreHookWithKwargs<this>,
    options: types.ForwardPreHookOptions & { readonly withKwargs: true },
  ): RemovableHandle;
  registerForwardPreHook(hook: types.ForwardPreHook<this>, options?: types.ForwardPreHookOptions): RemovableHandle;
  registerForwardPreHook(
    hook: (...inputs: never[]) => unknown,
    options?: types.ForwardPreHookOptions,
  ): RemovableHandle {
    return this[internals].hooks.table('forwardPre').add(hook, options);
  }

  /** Runs a hook after `forward`; what it returns replaces the output. */
  registerForwardHook(
    hook: types.ForwardHookWithKwargs<this>,
    options: types.ForwardHookOptions & { readonly withKwargs: true },
  ): RemovableHandle;
  registerForwardHook(hook: types.ForwardHook<this>, options?: types.ForwardHookOptions): RemovableHandle;
  registerForwardHook(hook: (...inputs: never[]) => unknown, options?: types.ForwardHookOptions): RemovableHandle {
    return this[internals].hooks.table('forward').add(hook, options);
  }

  /** Runs a hook before this module's part of backward; what it returns replaces the gradients of the outputs. */
  registerFullBackwardPreHook(hook: types.BackwardPreHook<this>, options?: types.PrependOption): RemovableHandle {
    return this[internals].hooks.table('backwardPre').add(hook, options);
  }

  /**
   * Runs a hook once the gradients of this module's inputs are known; what it returns replaces them.
   *
   * @throws {ModuleError} The module has a hook of the old kind.
   */
  registerFullBackwardHook(hook: types.BackwardHook<this>, options?: types.PrependOption): RemovableHandle {
    requireNoLegacyBackwardHooks(this[internals].hooks);
    return this[internals].hooks.table('backward').add(hook, options);
  }

  /**
   * The old kind of backward hook, on the output's last operation only.
   *
   * @deprecated Use `registerFullBackwardHook`.
   * @throws {ModuleError} The module has full backward hooks.
   */
  registerBackwardHook(hook: types.BackwardHook<this>): RemovableHandle {
    requireOnlyLegacyBackwardHooks(this[internals].hooks);
    return this[internals].hooks.table('legacyBackward').add(hook);
  }

  /** Runs a hook before this module's state is saved. */
  registerStateDictPreHook(hook: types.StateDictPreHook<this>): RemovableHandle {
    return this[internals].hooks.table('stateDictPre').add(hook);
  }

  /** Runs a hook after the state of this module and its descendants was saved; it may edit the state dict. */
  registerStateDictPostHook(hook: types.StateDictPostHook<this>): RemovableHandle {
    return this[internals].hooks.table('stateDictPost').add(hook);
  }

  /** Runs a hook before this module loads its part; it may rename keys. */
  registerLoadStateDictPreHook(hook: types.LoadStateDictPreHook<this>): RemovableHandle {
    return this[internals].hooks.table('loadPre').add(hook);
  }

  /** Runs a hook after this module and its descendants were loaded; it may edit the lists of keys. */
  registerLoadStateDictPostHook(hook: types.LoadStateDictPostHook<this>): RemovableHandle {
    return this[internals].hooks.table('loadPost').add(hook);
  }

  /** The text inside the parentheses when the module is printed; several lines make a block. */
  extraRepr(): string {
    return '';
  }

  /** The module as PyTorch prints it. */
  override toString(): string {
    return printModule(this);
  }
}

/** Any module, whatever its `forward` takes. */
export type AnyModule = ModuleBase;
