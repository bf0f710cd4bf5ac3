import { GradError } from '@flambeau/backend';
import type { Tensor } from '../tensor.ts';
import { customFunction, type FunctionContext } from './function-node.ts';

/** The static side of a class that extends {@link AutogradFunction}. */
interface FunctionClass<In extends readonly unknown[], Out> {
  readonly name: string;
  forward(ctx: never, ...inputs: In): Out;
  backward(ctx: never, ...grads: never[]): Tensor | null | readonly (Tensor | null | undefined)[];
}

/**
 * A custom operation in PyTorch's form: extend it, give a static `forward` and `backward`, and call `apply`.
 *
 * `forward` runs unrecorded; `backward` gets the gradient of each output (null where none arrived) and returns one gradient, or null,
 * per input of `forward`.
 *
 * @source PyTorch `torch.autograd.Function`
 * @example
 * class Cube extends AutogradFunction {
 *   static override forward(ctx: FunctionContext, x: Tensor): Tensor {
 *     ctx.saveForBackward(x);
 *     return x.pow(3);
 *   }
 *   static override backward(ctx: FunctionContext, grad: Tensor): Tensor {
 *     const [x] = ctx.savedTensors;
 *     return grad.mul(x!.square().mul(3));
 *   }
 * }
 * Cube.apply(x)
 */
export abstract class AutogradFunction {
  /** Computes the outputs. @throws {GradError} It was not overridden. */
  static forward(_ctx: FunctionContext, ..._inputs: never[]): Tensor | Tensor[] {
    throw new GradError('AutogradFunction', 'You must implement the static forward of a custom function.');
  }

  /** Computes the inputs' gradients. @throws {GradError} It was not overridden. */
  static backward(_ctx: FunctionContext, ..._grads: never[]): Tensor | null | readonly (Tensor | null | undefined)[] {
    throw new GradError('AutogradFunction', 'You must implement the static backward of a custom function.');
  }

  /** Runs `forward` and records `backward` for it. */
  static apply<In extends readonly unknown[], Out extends Tensor | Tensor[]>(
    this: FunctionClass<In, Out>,
    ...inputs: In
  ): Out {
    const own = this as unknown as {
      readonly name: string;
      forward(ctx: FunctionContext, ...inputs: In): Out;
      backward(
        ctx: FunctionContext,
        ...grads: readonly (Tensor | null)[]
      ): Tensor | null | readonly (Tensor | null | undefined)[];
    };
    return customFunction<In, Out>({
      name: own.name,
      forward: (ctx, ...args) => own.forward(ctx, ...args),
      backward: (ctx, ...grads) => own.backward(ctx, ...grads),
    })(...inputs);
  }
}
