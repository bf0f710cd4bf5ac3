/** Extra facts that an error carries beside its message, e.g. the offending shapes. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/**
 * The base of every error that Flambeau throws on purpose.
 *
 * Messages read `[op] what was expected; got what. Remedy.` An empty `op` leaves the message as it is, for texts that
 * must equal PyTorch's.
 */
export class FlambeauError extends Error {
  // Not the class's own name, which a bundler may shorten.
  override name = 'FlambeauError';
  /** The operation that complained, without brackets. */
  readonly op: string;
  /** Structured facts: shapes, dtypes, names. */
  readonly details: ErrorDetails;

  constructor(op: string, message: string, details: ErrorDetails = {}) {
    super(op === '' ? message : `[${op}] ${message}`);
    this.op = op;
    this.details = details;
  }
}

/** A shape, dimension or size does not fit. */
export class ShapeError extends FlambeauError {
  override name = 'ShapeError';
}

/** A dtype does not fit an operation or a device. */
export class DTypeError extends FlambeauError {
  override name = 'DTypeError';
}

/** A device is unknown, not ready, mixed with another, or out of memory. */
export class DeviceError extends FlambeauError {
  override name = 'DeviceError';
}

/** An index lies outside its axis. */
export class IndexError extends FlambeauError {
  override name = 'IndexError';
}

/** An argument has a wrong type or value. */
export class ArgumentError extends FlambeauError {
  override name = 'ArgumentError';
}

/** Differentiation cannot do what was asked. */
export class GradError extends FlambeauError {
  override name = 'GradError';
}

/** A tensor was used after it was disposed. */
export class DisposedError extends FlambeauError {
  override name = 'DisposedError';
}

/** A kernel breaks the contract between tensors and devices. */
export class KernelError extends FlambeauError {
  override name = 'KernelError';
}

/** A file or byte sequence is malformed. */
export class FormatError extends FlambeauError {
  override name = 'FormatError';
}

/** A state dict does not fit what it is loaded into. */
export class StateDictError extends FlambeauError {
  override name = 'StateDictError';
}
