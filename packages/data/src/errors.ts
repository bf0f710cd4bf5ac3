import { type ErrorDetails, FlambeauError } from '@flambeau/backend';

/** A data set could not deliver: an item failed, or its files are not there. `cause` is the original error, if any. */
export class DatasetError extends FlambeauError {
  constructor(op: string, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(op, message, details);
    if (cause !== undefined) this.cause = cause;
  }
}
