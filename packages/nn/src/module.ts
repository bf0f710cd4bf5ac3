import type { Tensor } from '@flambeau/autograd';
import { type AnyModule, ModuleBase } from './module-base.ts';

/** A module that still needs its `forward`, of whatever types. */
export declare abstract class UntypedModule extends ModuleBase {
  abstract forward(...inputs: never[]): unknown;
}

/** A module whose `forward` takes `In` and returns `Out`. */
export declare abstract class TypedModule<In extends unknown[] = [Tensor], Out = Tensor> extends ModuleBase {
  abstract forward(...inputs: In): Out;
}

/** A call has the types of `forward`. */
export interface TypedModule<In extends unknown[] = [Tensor], Out = Tensor> {
  // biome-ignore lint/style/useShorthandFunctionType: only an interface merges with the class.
  (...inputs: In): Out;
}

/** A module whose `forward` takes `In` and returns `Out`: a tensor each, unless said otherwise. */
export type Module<In extends unknown[] = [Tensor], Out = Tensor> = TypedModule<In, Out>;

/** The class `Module`: with types given, `forward` must have them; without, calls have the types of any `forward`. */
export interface ModuleConstructor {
  new (): UntypedModule;
  new <In extends unknown[], Out = Tensor>(): TypedModule<In, Out>;
  readonly prototype: AnyModule;
}

/**
 * Base of every neural network and layer: subclass it, make children and parameters in fields, write `forward`.
 *
 * Calling an instance runs `forward` with the hooks around it and has the types of `forward`.
 *
 * @example
 * class Net extends Module {
 *   fc1 = new Linear(784, 128);
 *   fc2 = new Linear(128, 10);
 *   forward(x: Tensor): Tensor {
 *     return this.fc2(relu(this.fc1(x)));
 *   }
 * }
 * const logits = new Net()(images); // a Tensor
 */
export const Module: ModuleConstructor = ModuleBase as unknown as ModuleConstructor;
