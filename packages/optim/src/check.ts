import { ArgumentError } from '@flambeau/backend';

/** An error in PyTorch's words, which have no `[op]` in front. */
export function argumentError(op: string, message: string): ArgumentError {
  return new ArgumentError('', message, { optimizer: op });
}

/**
 * Refuses options that a constructor does not have, which TypeScript catches and plain JavaScript does not.
 *
 * @throws {ArgumentError} With the option's name and the known ones.
 */
function checkOptionNames(op: string, options: object, known: object): void {
  for (const name of Object.keys(options)) {
    if (name in known) continue;
    const names = Object.keys(known).join(', ');
    throw new ArgumentError(op, `got an unexpected option '${name}'. Known: ${names}.`, { option: name });
  }
}

/** The given options over the defaults; an option that is `undefined` counts as not given. */
export function withDefaults<Options extends object>(
  op: string,
  options: Partial<Options>,
  defaults: Options,
): Options {
  if (typeof options !== 'object' || options === null) {
    throw new ArgumentError(op, `options must be an object; got ${String(options)}.`);
  }
  checkOptionNames(op, options, defaults);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}

/**
 * Checks a hyper-parameter that must not be negative.
 *
 * @throws {ArgumentError} `Invalid <what>: <value>`.
 */
export function checkNotNegative(op: string, what: string, value: number): void {
  if (typeof value !== 'number' || !(value >= 0)) throw argumentError(op, `Invalid ${what}: ${value}`);
}

/**
 * Checks the two decay rates of an Adam-like optimizer.
 *
 * @throws {ArgumentError} One lies outside `[0, 1)`.
 */
export function checkBetas(op: string, betas: readonly [number, number]): void {
  for (const index of [0, 1] as const) {
    const beta = betas?.[index];
    if (typeof beta !== 'number' || !(beta >= 0 && beta < 1)) {
      throw argumentError(op, `Invalid beta parameter at index ${index}: ${beta}`);
    }
  }
}
