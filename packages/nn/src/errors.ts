import { type ErrorDetails, FlambeauError } from '@flambeau/backend';

/**
 * A module cannot do what was asked: a name that cannot be registered, a member that is not there, a hook that returned
 * something it must not.
 *
 * The text is PyTorch's, so there is no `[op]` in front.
 */
export class ModuleError extends FlambeauError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('', message, details);
  }
}

/** A parameter or buffer of a lazy module was used before the module's first call gave it a shape. */
export class UninitializedError extends FlambeauError {
  constructor(message: string, details: ErrorDetails = {}) {
    super('', message, details);
  }
}
