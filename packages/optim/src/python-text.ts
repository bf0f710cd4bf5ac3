/** How Python prints a finite float whose shortest digits JavaScript writes as `text`. */
function exponentForm(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const magnitude = Math.abs(value);
  // Python turns to the exponent below 1e-4, JavaScript below 1e-6.
  if (magnitude !== 0 && magnitude < 1e-4) return exponentForm(value.toExponential());
  return exponentForm(String(value));
}

/**
 * A value as Python's `repr` writes it, so that an optimizer prints as in PyTorch: `True`, `None`, `(0.9, 0.999)`, `1e-08`.
 *
 * Lists of numbers are hyper-parameters, which are tuples in PyTorch; other lists stay lists.
 */
export function pythonText(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'string') return `'${value}'`;
  if (!Array.isArray(value)) return String(value);
  const items = value.map(pythonText);
  const tuple = items.length > 0 && value.every((item) => typeof item === 'number');
  return tuple ? `(${items.join(', ')}${items.length === 1 ? ',' : ''})` : `[${items.join(', ')}]`;
}

/** A name of the code as a checkpoint of PyTorch spells it: `weightDecay` becomes `weight_decay`. */
export function snakeCase(name: string): string {
  return name.replace(
    /([a-z0-9])([A-Z])/g,
    (_, before: string, capital: string) => `${before}_${capital.toLowerCase()}`,
  );
}

/** A name of a checkpoint of PyTorch as the code spells it: `exp_avg_sq` becomes `expAvgSq`. */
export function camelCase(name: string): string {
  return name.replace(
    /([a-z0-9])_([a-z0-9])/g,
    (_, before: string, after: string) => `${before}${after.toUpperCase()}`,
  );
}

/** What PyTorch's messages call the type of a value. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  return value.constructor?.name ?? 'object';
}
