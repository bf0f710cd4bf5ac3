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
  /** A peer whose run takes longer is left out of a case (seconds). */
  readonly patience: number;
  /** File that receives the results; undefined: none. */
  readonly json: string | undefined;
  /** Whether everything runs in a page of a headless Chromium rather than in Node. */
  readonly page: boolean;
  readonly help: boolean;
}

const defaults = { device: 'wasm', threads: 1, rounds: 7, patience: 3 } as const;

function usualPeers(device: string): string[] {
  return Object.keys(peers).filter((name) => peers[name]?.usual.includes(device));
}

/** A software adapter takes seconds for a hundred steps. */
function usualSteps(device: string): number {
  return device === 'webgpu' ? 2000 : 10_000;
}

const names = workloads.map(({ name }) => name);

/** What `--help` prints. */
export const usage: string = `Times the same work here and elsewhere, in turns, and prints ratios.

  npm run bench -- [workload…] [flags]

  workloads         ${names.join(', ')} (default: all)
  --device NAME     ours: ${deviceNames.join(', ')} (default ${defaults.device})
  --peers A,B       what to compare with: ${Object.keys(peers).join(', ')}, or none
                    (default: ${usualPeers(defaults.device).join(', ')};
                    beside webgpu: ${usualPeers('webgpu').join(', ')})
  --threads N       threads of ours, and of peers that have them (default ${defaults.threads})
  --rounds N        timed samples of each (default ${defaults.rounds})
  --steps N         training steps of mem (default ${usualSteps(defaults.device)}, on webgpu ${usualSteps('webgpu')})
  --patience N      leave a peer out of a case of which one run takes it longer (seconds, default ${defaults.patience})
  --json FILE       write the results there
  --page            in a page of a headless Chromium instead of Node; for --device webgpu
                    and the peers usual beside it
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
    patience: text,
    json: text,
    page: { type: 'boolean' },
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
  const device = oneOf('--device', values.device ?? defaults.device, deviceNames);
  if (values.page && device !== 'webgpu') throw new UsageError('--page is for --device webgpu.');
  const asked = values.peers === 'none' ? [] : (values.peers?.split(',') ?? usualPeers(device));
  const known = values.page ? usualPeers(device) : Object.keys(peers);
  return {
    workloads: positionals.length ? positionals.map((name) => oneOf('a workload', name, names)) : names,
    device,
    peers: asked.map((name) => oneOf(values.page ? 'a peer in a page' : 'a peer', name, known)),
    threads: count('--threads', values.threads, defaults.threads),
    rounds: count('--rounds', values.rounds, defaults.rounds),
    steps: count('--steps', values.steps, usualSteps(device)),
    patience: count('--patience', values.patience, defaults.patience),
    json: values.json,
    page: values.page === true,
    help: values.help === true,
  };
}
