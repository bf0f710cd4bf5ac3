import { parseArgs } from 'node:util';
import { deviceNames } from './engines/devices.ts';
import { peers } from './engines/index.ts';
import { workloads } from './workloads/index.ts';

/** A mistake on the command line; its message is one line. */
export class UsageError extends Error {}

/** What the command line asks for. */
export interface Flags {
  readonly workloads: readonly string[];
  readonly device: string;
  readonly peers: readonly string[];
  /** Threads of our device and of the peers that have them. */
  readonly threads: number;
  /** Timed samples per engine and case. */
  readonly rounds: number;
  /** Training steps of the workload mem. */
  readonly steps: number;
  /** File that receives the results; undefined: none. */
  readonly json: string | undefined;
  readonly help: boolean;
}

const defaults = {
  device: 'wasm',
  peers: Object.keys(peers).filter((name) => peers[name]?.usual),
  threads: 1,
  rounds: 7,
  steps: 10_000,
} as const;

const names = workloads.map(({ name }) => name);

/** What `--help` prints. */
export const usage: string = `Times the same work here and elsewhere, in turns, and prints ratios.

  npm run bench -- [workload…] [flags]

  workloads         ${names.join(', ')} (default: all)
  --device NAME     ours: ${deviceNames.join(', ')} (default ${defaults.device})
  --peers A,B       what to compare with: ${Object.keys(peers).join(', ')}, or none
                    (default: ${defaults.peers.join(', ')})
  --threads N       threads of ours, and of peers that have them (default ${defaults.threads})
  --rounds N        timed samples of each (default ${defaults.rounds})
  --steps N         training steps of mem (default ${defaults.steps})
  --json FILE       write the results there
  --help            this text
`;

function count(flag: string, value: string | undefined, absent: number): number {
  if (value === undefined) return absent;
  if (/^\d{1,6}$/.test(value) && Number(value) >= 1) return Number(value);
  throw new UsageError(`${flag} must be an integer from 1 to 999999; got '${value}'.`);
}

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
    threads: text,
    rounds: text,
    steps: text,
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
  if (values.json === '') throw new UsageError('--json must not be empty.');
  const asked = values.peers === 'none' ? [] : (values.peers?.split(',') ?? defaults.peers);
  return {
    workloads: positionals.length ? positionals.map((name) => oneOf('a workload', name, names)) : names,
    device: oneOf('--device', values.device ?? defaults.device, deviceNames),
    peers: asked.map((name) => oneOf('a peer', name, Object.keys(peers))),
    threads: count('--threads', values.threads, defaults.threads),
    rounds: count('--rounds', values.rounds, defaults.rounds),
    steps: count('--steps', values.steps, defaults.steps),
    json: values.json,
    help: values.help === true,
  };
}
