import { ones, type Tensor } from '@flambeau/autograd';
import { type AnyModule, Module, Parameter } from '../index.ts';

/** `y = x · w`, with `w` of one element per feature. */
export class Scale extends Module {
  w: Parameter;

  constructor(features = 2) {
    super();
    this.w = new Parameter(ones([features]));
  }

  forward(input: Tensor): Tensor {
    return input.mul(this.w);
  }

  override extraRepr(): string {
    return `features=${this.w.shape[0]}`;
  }
}

/** Two children, one after the other. */
export class Pair extends Module {
  first: Scale = new Scale();
  second: Scale = new Scale();

  forward(input: Tensor): Tensor {
    return this.second(this.first(input));
  }
}

/** Gives its input back. */
export class Same extends Module {
  forward(input: Tensor): Tensor {
    return input;
  }
}

/** Names of a traversal that yields pairs. */
export function names(pairs: Iterable<readonly [string, unknown]>): string[] {
  return Array.from(pairs, ([name]) => name);
}

/** A module seen as a bag of properties, for what TypeScript would not let through. */
export function loose(module: AnyModule): Record<string, unknown> {
  return module as unknown as Record<string, unknown>;
}
