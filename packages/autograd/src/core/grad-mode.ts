let enabled = true;
let inference = false;

/** Whether operations are recorded for differentiation now. */
export function isGradEnabled(): boolean {
  return enabled;
}

/** Whether tensors made now can never take part in differentiation. */
export function isInferenceMode(): boolean {
  return inference;
}

/** Switches recording on or off until the next switch; prefer {@link noGrad} and {@link enableGrad}. */
export function setGradEnabled(on: boolean): void {
  enabled = on;
}

/** Runs a synchronous function with recording on or off. */
export function withGradMode<T>(on: boolean, fn: () => T): T {
  const before = enabled;
  enabled = on;
  try {
    return fn();
  } finally {
    enabled = before;
  }
}

function within<T>(grad: boolean, infer: boolean, fn: () => T): T {
  const before = [enabled, inference] as const;
  const restore = (): void => {
    [enabled, inference] = before;
  };
  enabled = grad;
  inference = infer;
  let result: T;
  try {
    result = fn();
  } catch (error) {
    restore();
    throw error;
  }
  if (result instanceof Promise) return result.finally(restore) as T;
  restore();
  return result;
}

/**
 * Runs a function without recording for differentiation.
 *
 * An async function keeps the mode until its promise settles; what else runs meanwhile sees the mode too.
 */
export function noGrad<T>(fn: () => T): T {
  return within(false, inference, fn);
}

/** Runs a function with recording on, inside {@link noGrad} too. @see noGrad for async functions. */
export function enableGrad<T>(fn: () => T): T {
  return within(true, inference, fn);
}

/** As {@link noGrad}, and its tensors refuse to require gradients later. @see noGrad for async functions. */
export function inferenceMode<T>(fn: () => T): T {
  return within(false, true, fn);
}
