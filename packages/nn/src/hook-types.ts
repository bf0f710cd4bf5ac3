import type { Tensor } from '@flambeau/autograd';
import type { IncompatibleKeys } from './incompatible-keys.ts';
import type { StateDict } from './state-dict.ts';

/** What `forward` of a module takes; anything, for a module of unknown class. */
// biome-ignore lint/suspicious/noExplicitAny: a module of unknown class can be called with anything, as in PyTorch.
export type Inputs<M> = M extends { forward(...inputs: infer I): unknown } ? I : any[];

/** What `forward` of a module returns; anything, for a module of unknown class. */
// biome-ignore lint/suspicious/noExplicitAny: see Inputs.
export type Output<M> = M extends { forward(...inputs: never[]): infer O } ? O : any;

/**
 * The options object of a call, where PyTorch has keyword arguments: a plain object that is the last of several
 * arguments.
 */
export type Kwargs = Record<string, unknown>;

/** One gradient per tensor; null where there is none. */
export type Gradients = (Tensor | null)[];

// `void`: a hook without a return statement changes nothing.
type Nothing = null | undefined | void;

// Hooks are written as methods so that one for a narrower class of modules can be registered where a wider is known.

/** Runs before `forward`; may return new arguments, or one that is wrapped into a list. */
export type ForwardPreHook<M> = { hook(module: M, input: Inputs<M>): Inputs<M> | Inputs<M>[number] | Nothing }['hook'];

/** Runs before `forward`; may return new arguments and a new options object. */
export type ForwardPreHookWithKwargs<M> = {
  hook(module: M, input: Inputs<M>, kwargs: Kwargs): [Inputs<M>, Kwargs] | Nothing;
}['hook'];

/** Runs after `forward`; what it returns replaces the output. */
export type ForwardHook<M> = { hook(module: M, input: Inputs<M>, output: Output<M>): Output<M> | Nothing }['hook'];

/** Runs after `forward`; what it returns replaces the output. */
export type ForwardHookWithKwargs<M> = {
  hook(module: M, input: Inputs<M>, kwargs: Kwargs, output: Output<M>): Output<M> | Nothing;
}['hook'];

/** Runs before a module's backward; may return other gradients of the outputs. */
export type BackwardPreHook<M> = { hook(module: M, gradOutput: Gradients): Gradients | Tensor | Nothing }['hook'];

/** Runs after a module's backward; may return other gradients of the inputs. */
export type BackwardHook<M> = {
  hook(module: M, gradInput: Gradients, gradOutput: Gradients): Gradients | Tensor | Nothing;
}['hook'];

/** Sees a registration; may return what to register instead. */
export type RegistrationHook<M, V> = { hook(module: M, name: string, value: V): V | Nothing }['hook'];

/** Runs before a module's state is saved. */
export type StateDictPreHook<M> = { hook(module: M, prefix: string, keepVars: boolean): void }['hook'];

/** Runs after the state of a module and its descendants was saved; edits it in place. */
export type StateDictPostHook<M> = {
  hook(module: M, stateDict: StateDict, prefix: string, localMetadata: Record<string, unknown>): Nothing;
}['hook'];

/** Runs before a module loads its own part; may edit the state dict and the lists in place. */
export type LoadStateDictPreHook<M> = {
  hook(
    module: M,
    stateDict: StateDict,
    prefix: string,
    localMetadata: Record<string, unknown>,
    strict: boolean,
    missingKeys: string[],
    unexpectedKeys: string[],
    errorMessages: string[],
  ): void;
}['hook'];

/** Runs after a module and its descendants were loaded; may edit the lists in place. */
export type LoadStateDictPostHook<M> = { hook(module: M, incompatibleKeys: IncompatibleKeys): Nothing }['hook'];

/** Where a hook goes in the order. */
export interface PrependOption {
  /** Puts the hook before the module's others. */
  readonly prepend?: boolean;
}

/** Options of `registerForwardPreHook`. */
export interface ForwardPreHookOptions extends PrependOption {
  /** Gives the hook the call's options object as well. */
  readonly withKwargs?: boolean;
}

/** Options of `registerForwardHook`. */
export interface ForwardHookOptions extends ForwardPreHookOptions {
  /** Runs the hook even when `forward` or another hook throws, then with a null output. */
  readonly alwaysCall?: boolean;
}
