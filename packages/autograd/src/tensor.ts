import {
  ArgumentError,
  cannotReadNow,
  type DType,
  GradError,
  type HostArray,
  hostArray,
  loadValue,
  type Value,
  type View,
} from '@flambeau/backend';
import { requireTensor } from './core/arguments.ts';
import type { BackwardOptions } from './core/engine.ts';
import { backward } from './core/engine.ts';
import { keepStorage } from './core/lifetime.ts';
import { disposeTensor } from './core/memory.ts';
import type { Storage } from './core/storage.ts';
import type { VersionCounter } from './core/tensor-base.ts';
import { clone, contiguous } from './functions/clone.ts';
import * as conversion from './functions/conversion.ts';
import { type NestedValues, nest } from './functions/nested.ts';
import { IndexingMethods } from './methods/indexing.ts';
import { formatTensor, withElements } from './printing/format.ts';

/**
 * An n-dimensional array on a device, with PyTorch's operations and a record of how it was made.
 *
 * Make one with `tensor`, `zeros`, `randn` and their kin.
 */
export class Tensor extends IndexingMethods {
  create(storage: Storage, layout: View, versionCounter?: VersionCounter): Tensor {
    return new Tensor(storage, layout, versionCounter);
  }

  /** The same memory without history; in-place changes through it are not noticed by differentiation. */
  get data(): Tensor {
    return new Tensor(this.storage, this.layout);
  }

  /** Makes this tensor hold the memory of another one of its dtype; its history and identity stay. */
  set data(source: Tensor) {
    requireTensor('data', source);
    if (this.grad && source.shape.some((size, axis) => size !== this.shape[axis])) this.grad = null;
    this.storage = source.storage;
    this.layout = source.layout;
    this.versionCounter = { value: this.version };
    keepStorage(source.storage);
  }

  /** Size of one axis, or all of them (elements). */
  size(): readonly number[];
  size(dim: number): number;
  size(dim?: number): number | readonly number[] {
    if (dim === undefined) return this.shape;
    const size = this.shape.at(dim);
    if (size === undefined)
      throw new ArgumentError('size', `dimension ${dim} is out of range for shape [${this.shape.join(', ')}].`);
    return size;
  }

  /** The elements in row-major order, once the device has computed them. */
  async toArray(): Promise<HostArray> {
    if (this.numel() === 0) return hostArray(this.dtype, 0);
    const source = conversion.contiguousSource(this);
    return source.runtime.backend.read(source.buffer, source.layout.offset, source.numel());
  }

  /** The elements in row-major order, at once. @throws {DeviceError} The device cannot be read at once. */
  toArraySync(): HostArray {
    return this.#readNow('toArray');
  }

  #readNow(method: string): HostArray {
    const { backend } = this.runtime;
    if (!backend.readSync) throw cannotReadNow(`${method}Sync`, this.device, `Use await ${method}() instead.`);
    if (this.numel() === 0) return hostArray(this.dtype, 0);
    const source = conversion.contiguousSource(this);
    return backend.readSync(source.buffer, source.layout.offset, source.numel());
  }

  /** The only element. @throws {ArgumentError} There are more, or none. */
  async item(): Promise<number> {
    this.#requireSingle();
    return plainNumber(loadValue(await this.toArray(), this.dtype, 0));
  }

  /** {@link item} at once. @throws {DeviceError} The device cannot be read at once. */
  itemSync(): number {
    this.#requireSingle();
    return plainNumber(loadValue(this.#readNow('item'), this.dtype, 0));
  }

  #requireSingle(): void {
    if (this.numel() === 1) return;
    throw new ArgumentError(
      'item',
      `a Tensor with ${this.numel()} elements cannot be converted to Scalar. Use tolist().`,
      { shape: this.shape },
    );
  }

  /** The elements as nested arrays; a plain value for a 0-d tensor; booleans for bool, bigint for int64. */
  async tolist(): Promise<NestedValues> {
    return nest(await this.toArray(), this.dtype, this.shape);
  }

  /** {@link tolist} at once. @throws {DeviceError} The device cannot be read at once. */
  tolistSync(): NestedValues {
    return nest(this.#readNow('tolist'), this.dtype, this.shape);
  }

  /** Adds the gradients of this tensor by the leaves it depends on to their `.grad`. @see backward */
  backward(gradient?: Tensor | null, options?: BackwardOptions): void {
    backward(this, gradient, options);
  }

  /** The same memory without history. */
  detach(): Tensor {
    return new Tensor(this.storage, this.layout, this.versionCounter);
  }

  /** Forgets this tensor's history. @throws {GradError} It is a view. */
  detach_(): this {
    if (this.origin && this.gradFn)
      throw new GradError('detach_', "can't detach views in-place. Use detach() instead.");
    this.edge = null;
    this.requiresGrad = false;
    return this;
  }

  /** A copy in fresh memory; gradients flow through it. */
  clone(): Tensor {
    return clone(this);
  }

  /** This tensor if it is row-major, else a row-major copy. */
  contiguous(): Tensor {
    return contiguous(this);
  }

  /** Converts to a dtype, moves to a device, or does as another tensor. @see conversion.to */
  to(target: DType | string | Tensor): Tensor {
    return conversion.to(this, target);
  }

  /** Moves to a device (and converts), waiting for the device to open and for the values. @see conversion.toDevice */
  toDevice(device: string, dtype?: DType): Promise<Tensor> {
    return conversion.toDevice(this, device, dtype);
  }

  /** Converts to a dtype. */
  type(dtype: DType): Tensor {
    return conversion.to(this, dtype);
  }

  /** Converts to another tensor's dtype. */
  typeAs(other: Tensor): Tensor {
    requireTensor('typeAs', other, 'the other');
    return conversion.to(this, other.dtype);
  }

  /** As float32. */
  float(): Tensor {
    return conversion.castTo(this, 'float32');
  }

  /** As float64. */
  double(): Tensor {
    return conversion.castTo(this, 'float64');
  }

  /** As float16. */
  half(): Tensor {
    return conversion.castTo(this, 'float16');
  }

  /** As bfloat16. */
  bfloat16(): Tensor {
    return conversion.castTo(this, 'bfloat16');
  }

  /** As int32. */
  int(): Tensor {
    return conversion.castTo(this, 'int32');
  }

  /** As int64. */
  long(): Tensor {
    return conversion.castTo(this, 'int64');
  }

  /** As bool. */
  bool(): Tensor {
    return conversion.castTo(this, 'bool');
  }

  /** Whether shape and all elements are equal. */
  async equal(other: Tensor): Promise<boolean> {
    return sameSizes(this, other) && Boolean(await this.eq(other).all().item());
  }

  /** {@link equal}, at once. @throws {DeviceError} The device cannot be read at once. */
  equalSync(other: Tensor): boolean {
    return sameSizes(this, other) && Boolean(this.eq(other).all().#readNow('equal')[0]);
  }

  /** Whether all elements are close. @see isclose */
  async allclose(other: Tensor, options?: Parameters<Tensor['isclose']>[1]): Promise<boolean> {
    return Boolean(await this.isclose(other, options).all().item());
  }

  /** {@link allclose}, at once. @throws {DeviceError} The device cannot be read at once. */
  allcloseSync(other: Tensor, options?: Parameters<Tensor['isclose']>[1]): boolean {
    return Boolean(this.isclose(other, options).all().#readNow('allclose')[0]);
  }

  /** Gives the memory back now; using the tensor, or another one on the same memory, is an error from then on. */
  dispose(): void {
    disposeTensor(this);
  }

  [Symbol.dispose](): void {
    disposeTensor(this);
  }

  /** The text that PyTorch prints; without the elements where the device cannot be read at once. */
  override toString(): string {
    return formatTensor(this);
  }

  /** {@link toString} with the elements, for every device. */
  async toStringAsync(): Promise<string> {
    if (this.runtime.backend.readSync || this.storage.disposed) return this.toString();
    return withElements(await this.toArray(), () => this.toString());
  }

  static {
    // What console.log shows. A computed method name would need inference that declarations cannot have.
    const value = function show(this: Tensor): string {
      return this.toString();
    };
    Object.defineProperty(Tensor.prototype, Symbol.for('nodejs.util.inspect.custom'), { value });
  }
}

function sameSizes(a: Tensor, b: Tensor): boolean {
  requireTensor('equal', b);
  return a.ndim === b.ndim && a.shape.every((size, axis) => size === b.shape[axis]);
}

/** A value as a number. @throws {ArgumentError} An int64 that no number holds exactly. */
function plainNumber(value: Value): number {
  if (typeof value === 'number') return value;
  if (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw new ArgumentError('item', `${value} is not exact as a number. Use tolist(), which gives bigint.`);
}
