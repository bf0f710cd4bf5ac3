import { keep, Tensor } from '@flambeau/autograd';

/** How a {@link Parameter} is made. */
export interface ParameterOptions {
  /** Whether gradients are wanted; true unless said otherwise. */
  readonly requiresGrad?: boolean;
}

/**
 * A tensor that a module trains: as a property of a module it is one of its parameters.
 *
 * It shares memory with the tensor it is made from, has no history, and requires gradients.
 *
 * @throws {GradError} The data are not floating-point numbers and `requiresGrad` is not false.
 * @example
 * class Scale extends Module { factor = new Parameter(ones([1])); }
 */
export class Parameter extends Tensor {
  constructor(data: Tensor, { requiresGrad = true }: ParameterOptions = {}) {
    super(data.storage, data.layout, data.versionCounter);
    this.requiresGrad = requiresGrad;
    // A module may be made in a scope that is left before the module is.
    keep(this);
  }

  override toString(): string {
    return `Parameter containing:\n${super.toString()}`;
  }
}

/** How a {@link Buffer} is made. */
export interface BufferOptions {
  /** Whether the buffer is part of the state dict; true unless said otherwise. */
  readonly persistent?: boolean;
}

/**
 * A tensor that belongs to a module's state but is not trained: as a property of a module it is one of its buffers.
 *
 * It shares memory with the tensor it is made from. `module.registerBuffer` does the same for a tensor of any class.
 */
export class Buffer extends Tensor {
  /** Whether the buffer is part of the state dict. */
  readonly persistent: boolean;

  constructor(data: Tensor, { persistent = true }: BufferOptions = {}) {
    super(data.storage, data.layout, data.versionCounter);
    this.persistent = persistent;
    keep(this);
  }
}
