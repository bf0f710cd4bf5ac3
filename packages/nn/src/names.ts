/**
 * A member's name as PyTorch spells it: `inProjWeight` becomes `in_proj_weight`, `weightIhL0` becomes `weight_ih_l0`.
 *
 * Only a lower-case letter or digit followed by a capital is a boundary, so `W1` and `fc1` stay what they are.
 */
export function snakeCase(name: string): string {
  const [first = '', ...rest] = name.split(/(?<=[a-z0-9])(?=[A-Z])/);
  return [first, ...rest.map((part) => part.toLowerCase())].join('_');
}

/** Spells every segment of a dotted path as {@link snakeCase} does. */
export function snakePath(path: string): string {
  return path.split('.').map(snakeCase).join('.');
}

/** What kind of value something is, as error messages say it: a class name, `number`, `null`. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object' && typeof value !== 'function') return typeof value;
  const made: unknown = value.constructor;
  return typeof made === 'function' ? made.name : 'object';
}
