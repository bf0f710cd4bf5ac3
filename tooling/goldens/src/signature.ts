import { type GoldenValue, isList } from './values.ts';

/** A Python call taken apart: which positional arguments and which options object Flambeau gets. */
export interface BoundCall {
  /** `undefined` where nothing was given before a given argument. */
  readonly positional: (GoldenValue | undefined)[];
  readonly options: Record<string, GoldenValue>;
}

/** One parameter of a signature. */
interface Parameter {
  readonly name: string;
  readonly target: string;
  readonly place: 'positional' | 'option' | 'dropped';
  readonly rest: boolean;
}

const camelExceptions: Readonly<Record<string, string>> = { keepdim: 'keepDim' };

/** `num_batches_tracked` → `numBatchesTracked`; a leading or trailing underscore stays. */
export function camelCase(name: string): string {
  return (
    camelExceptions[name] ?? name.replace(/(?<=[a-zA-Z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  );
}

/**
 * Parses a signature such as `input dim | keepdim dtype`.
 *
 * The words are PyTorch's parameters in PyTorch's order. Those before the bar stay positional, those behind it move
 * into the options object under their camelCase name, or under the one given by `name=other`. `~name` is dropped: it
 * changes no value (a memory format, a device). `*name` collects the remaining positional arguments into one array.
 */
function parseSignature(signature: string): Parameter[] {
  let place: Parameter['place'] = 'positional';
  const parameters: Parameter[] = [];
  for (const word of signature.split(' ').filter(Boolean)) {
    if (word === '|') {
      place = 'option';
      continue;
    }
    const [name = '', target] = word.replace(/^[~*]/, '').split('=');
    parameters.push({
      name,
      target: target ?? camelCase(name),
      place: word.startsWith('~') ? 'dropped' : place,
      rest: word.startsWith('*'),
    });
  }
  return parameters;
}

/** The options whose `None` is a value of its own, not "not given". */
const nullIsAValue: ReadonlySet<string> = new Set(['momentum']);

/**
 * Moves the arguments of a Python call to their places.
 *
 * Without a signature, positional arguments stay where they are and named ones become options.
 * A `None` option is left out, as is a trailing `None` argument when no options follow.
 *
 * @throws {Error} An argument has no place in the signature, or two values claim one place.
 */
export function bind(
  signature: string | undefined,
  args: readonly GoldenValue[],
  kwargs: Readonly<Record<string, GoldenValue>>,
): BoundCall {
  const asWritten = [...args.map((_, i) => `arg${i}`), '|', ...Object.keys(kwargs)].join(' ');
  const parameters = parseSignature(signature ?? asWritten);
  const values = new Map<string, GoldenValue>();
  const set = (parameter: Parameter, value: GoldenValue): void => {
    if (values.has(parameter.name)) throw new Error(`${parameter.name} is given twice`);
    values.set(parameter.name, value);
  };
  for (const [i, value] of args.entries()) {
    const parameter = parameters[i];
    if (!parameter) throw new Error(`argument ${i} has no place in "${signature}"`);
    if (parameter.rest) {
      const rest = args.slice(i);
      set(parameter, rest.length === 1 && rest[0] !== undefined && isList(rest[0]) ? rest[0] : rest);
      break;
    }
    set(parameter, value);
  }
  for (const [name, value] of Object.entries(kwargs)) {
    const parameter = parameters.find((p) => p.name === name);
    if (!parameter) throw new Error(`argument ${name} has no place in "${signature}"`);
    set(parameter, value);
  }
  const positional: (GoldenValue | undefined)[] = [];
  const options: Record<string, GoldenValue> = {};
  for (const { name, target, place } of parameters) {
    const value = values.get(name);
    if (place === 'positional') positional.push(value);
    else if (place === 'option' && value !== undefined && (value !== null || nullIsAValue.has(name)))
      options[target] = value;
  }
  // The options object stands behind the last positional parameter, given or not.
  if (Object.keys(options).length > 0) return { positional, options };
  while (positional.length > 0 && (positional.at(-1) ?? null) === null) positional.pop();
  return { positional, options };
}
