import { type DType, empty, keep, type Tensor } from '@flambeau/autograd';
import { UninitializedError } from './errors.ts';
import { Buffer, Parameter } from './parameter.ts';

/** What an uninitialized tensor already knows. */
export interface UninitializedOptions {
  readonly dtype?: DType;
  readonly device?: string;
}

/** Options of {@link UninitializedParameter}. */
export interface UninitializedParameterOptions extends UninitializedOptions {
  /** Whether gradients are wanted; true unless said otherwise. */
  readonly requiresGrad?: boolean;
}

/** Options of {@link UninitializedBuffer}. */
export interface UninitializedBufferOptions extends UninitializedOptions {
  /** Whether the buffer is part of the state dict; true unless said otherwise. */
  readonly persistent?: boolean;
}

/** A parameter or buffer without a shape. */
export type UninitializedTensor = UninitializedParameter | UninitializedBuffer;

const HELP =
  'Call `forward` with a dummy batch to initialize the parameters of lazy modules before using them in operations.';

/** Takes the shape away: whatever needs memory or a shape then says why it cannot be had. */
function hideLayout(tensor: Tensor): void {
  Object.defineProperty(tensor, 'layout', {
    configurable: true,
    get(): never {
      throw new UninitializedError(
        `Attempted to use an uninitialized parameter in an operation. This error happens when you are using a \`LazyModule\` or explicitly manipulating \`${tensor.constructor.name}\` objects. ${HELP}`,
      );
    },
  });
}

function shapeError(): UninitializedError {
  return new UninitializedError(
    "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in `loadStateDict` when trying to load an uninitialized parameter into an initialized one. Call `forward` to initialize the parameters before accessing their attributes.",
  );
}

/** Memory like the tensor's; kept, because a first call may be made in a scope that ends before the module does. */
function allocate(tensor: Tensor, shape: readonly number[], options: UninitializedOptions): Tensor {
  return keep(empty(shape, { dtype: options.dtype ?? tensor.dtype, device: options.device ?? tensor.device }));
}

function fill(tensor: Tensor, shape: readonly number[], prototype: object, options: UninitializedOptions): void {
  const made = allocate(tensor, shape, options);
  Object.defineProperty(tensor, 'layout', { value: made.layout, writable: true, enumerable: true, configurable: true });
  tensor.storage = made.storage;
  tensor.versionCounter = made.versionCounter;
  Object.setPrototypeOf(tensor, prototype);
}

/**
 * A parameter whose shape is not known yet; a lazy module makes it a plain {@link Parameter} at its first call.
 *
 * It can be moved, cast and asked for its dtype and device; anything else throws.
 */
export class UninitializedParameter extends Parameter {
  constructor({ requiresGrad = true, dtype, device }: UninitializedParameterOptions = {}) {
    super(empty([0], { dtype, device }), { requiresGrad });
    hideLayout(this);
  }

  /** Tells it apart without the class; gone once there is a shape. */
  get isUninitialized(): boolean {
    return true;
  }

  /** @throws {UninitializedError} Always: there is no shape yet. */
  override get shape(): readonly number[] {
    throw shapeError();
  }

  /** Gives it memory of that shape, of undefined content, and makes it an ordinary parameter. */
  materialize(shape: readonly number[], options: UninitializedOptions = {}): void {
    fill(this, shape, Parameter.prototype, options);
  }

  override toString(): string {
    return '<UninitializedParameter>';
  }
}

/** A buffer whose shape is not known yet; a lazy module makes it a plain {@link Buffer} at its first call. */
export class UninitializedBuffer extends Buffer {
  constructor({ persistent = true, dtype, device }: UninitializedBufferOptions = {}) {
    super(empty([0], { dtype, device }), { persistent });
    hideLayout(this);
  }

  /** Tells it apart without the class; gone once there is a shape. */
  get isUninitialized(): boolean {
    return true;
  }

  /** @throws {UninitializedError} Always: there is no shape yet. */
  override get shape(): readonly number[] {
    throw shapeError();
  }

  /** Gives it memory of that shape, of undefined content, and makes it an ordinary buffer. */
  materialize(shape: readonly number[], options: UninitializedOptions = {}): void {
    fill(this, shape, Buffer.prototype, options);
  }

  override toString(): string {
    return '<UninitializedBuffer>';
  }
}

/** Whether a value is a parameter or buffer without a shape. */
export function isUninitialized(value: unknown): value is UninitializedTensor {
  return value instanceof UninitializedParameter || value instanceof UninitializedBuffer;
}

/** Sets dtype and device of what will be materialised. */
export function convertUninitialized(tensor: UninitializedTensor, options: UninitializedOptions): void {
  tensor.storage = allocate(tensor, [0], options).storage;
}

/** Takes shape and memory away again: the opposite of `materialize`. */
export function uninitialize(tensor: Tensor, options: UninitializedOptions): void {
  const prototype = tensor instanceof Parameter ? UninitializedParameter.prototype : UninitializedBuffer.prototype;
  Object.setPrototypeOf(tensor, prototype);
  hideLayout(tensor);
  convertUninitialized(tensor as UninitializedTensor, options);
}
