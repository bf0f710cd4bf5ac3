import { describe, expect, it } from 'vitest';
import { parseFlags, UsageError } from './flags.ts';

describe('parseFlags', () => {
  it('measures everything against everything when nothing is said', () => {
    const flags = parseFlags([]);
    expect(flags.workloads).toContain('mm');
    expect(flags.workloads).toContain('eager');
    expect(flags).toMatchObject({
      device: 'wasm',
      peers: ['roof', 'loops', 'tfjs-wasm', 'jax', 'pytorch'],
      threads: 1,
      rounds: 7,
      json: undefined,
    });
  });

  it('takes a device, its threads and the steps of mem', () => {
    expect(parseFlags(['--device', 'cpu', '--threads', '2', '--steps', '500'])).toMatchObject({
      device: 'cpu',
      threads: 2,
      steps: 500,
    });
  });

  it('compares webgpu with what runs there, on less', () => {
    expect(parseFlags(['--device', 'webgpu'])).toMatchObject({
      peers: ['tfjs-webgpu', 'jax'],
      steps: 2000,
      patience: 3,
    });
  });

  it('takes workloads, peers and a file', () => {
    expect(parseFlags(['red', 'mm', '--peers', 'jax,loops', '--json', 'out.json', '--rounds', '9'])).toMatchObject({
      workloads: ['red', 'mm'],
      peers: ['jax', 'loops'],
      json: 'out.json',
      rounds: 9,
    });
    expect(parseFlags(['--peers', 'none']).peers).toEqual([]);
  });

  it.each([
    [['conv9']],
    [['--device', 'tpu']],
    [['--peers', 'torch']],
    [['--rounds', '0']],
    [['--rounds', '1.5']],
    [['--threads', '0']],
    [['--patience', 'none']],
    [['--page']],
    [['--page', '--device', 'webgpu', '--peers', 'jax,pytorch']],
    [['--steps', 'many']],
    [['--json', '']],
    [['--fast']],
  ])('refuses %j in one line', (args) => {
    expect(() => parseFlags(args)).toThrow(UsageError);
    try {
      parseFlags(args);
    } catch (error) {
      expect((error as Error).message).not.toContain('\n');
    }
  });
});
