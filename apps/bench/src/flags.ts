import { parseArgs } from 'node:util';
import { devices, peers } from './engines/index.ts';
import { workloads } from './workloads/index.ts';

/** A mistake on the command line; its message is one line. */
export class UsageError extends Error {}

/** What the command line asks for. */
export interface Flags {
  readonly workloads: readonly string[];
  readonly device: string;
  readonly peers: readonly string[];
  /** Timed samples per engine and case. */
  readonly rounds: number;
  /** File that receives the results; undefined: none. */
  readonly json: string | undefined;
  readonly help: boolean;
}

const names = workloads.map(({ name }) => name);

/** What `--help` prints. */
export const usage: string = `Times the same work here and elsewhere, in turns, and prints ratios.

  npm run bench -- [workload…] [flags]

  workloads         ${names.join(', ')} (default: all)
  --device NAME     ours: ${Object.keys(devices).join(', ')} (default cpu)
  --peers A,B       what to compare with: ${Object.keys(peers).join(', ')}, or none (default: all)
  --rounds N        timed samples of each (default 7)
  --json FILE       write the results there
  --help            this text
`;

function oneOf(what: string, value: string, known: readonly string[]): string {
  if (known.includes(value)) return value;
  throw new UsageError(`${what} must be one of ${known.join(', ')}; got '${value}'.`);
}

/**
 * Reads the command line.
 *
 * @throws {UsageError} A flag or a name is unknown, or its value not possible.
 */
export function parseFlags(args: readonly string[]): Flags {
  const text = { type: 'string' } as const;
  const options = {
    device: text,
    peers: text,
    rounds: text,
    json: text,
    help: { type: 'boolean', short: 'h' },
  } as const;
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    // Node's second sentence explains how to pass an argument that begins with a dash, which none here does.
    throw new UsageError(`${(error as Error).message.split(/\.(?:\s|$)/)[0]}. See --help.`);
  }
  const { values, positionals } = parsed;
  const rounds = values.rounds ?? '7';
  if (!/^\d{1,4}$/.test(rounds) || Number(rounds) < 1) {
    throw new UsageError(`--rounds must be an integer from 1 to 9999; got '${rounds}'.`);
  }
  if (values.json === '') throw new UsageError('--json must not be empty.');
  const asked =
    values.peers === undefined ? Object.keys(peers) : values.peers === 'none' ? [] : values.peers.split(',');
  return {
    workloads: positionals.length ? positionals.map((name) => oneOf('a workload', name, names)) : names,
    device: oneOf('--device', values.device ?? 'cpu', Object.keys(devices)),
    peers: asked.map((name) => oneOf('a peer', name, Object.keys(peers))),
    rounds: Number(rounds),
    json: values.json,
    help: values.help === true,
  };
}
