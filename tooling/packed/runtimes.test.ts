import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requireGpu } from '../gpu/gpu.mjs';
import { consumer, install, minutes, packAll, run } from './packing.ts';

const steps = 5;

/** How to run a file without rights beyond reading; continuous integration says where the programs are. */
const runtimes = [
  { name: 'Node', program: process.execPath, args: [] },
  { name: 'Deno', program: process.env.FLAMBEAU_DENO, args: ['run', '--no-remote', '--no-prompt', '--allow-read=.'] },
  { name: 'Bun', program: process.env.FLAMBEAU_BUN, args: ['run'] },
];

const gpu = requireGpu('the packed packages on a GPU');
for (const { name, program } of runtimes) {
  if (!program)
    console.warn(`\n  SKIPPED: the packed packages in ${name}: FLAMBEAU_${name.toUpperCase()} names none.\n`);
}

describe('the packed packages', () => {
  let folder: string;
  let expected: number[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flambeau-runtimes-'));
    await install(folder, await packAll(folder), ['flambeau', '@flambeau/backend-wasm']);
    for (const file of ['mlp.js', 'print-losses.js']) await copyFile(join(consumer, file), join(folder, file));
    // Node and Bun have no WebGPU of their own; the registry, which people install it from, may be out of reach here.
    await symlink(
      fileURLToPath(new URL('../../node_modules/webgpu', import.meta.url)),
      join(folder, 'node_modules', 'webgpu'),
    );
    expected = JSON.parse(await run(folder, process.execPath, 'print-losses.js', 'cpu', '0', `${steps}`));
  }, 5 * minutes);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  describe.each(runtimes)('in $name', ({ program, args }) => {
    test.skipIf(!program).for([
      ['cpu', '0'],
      ['wasm', '1'],
      ['wasm', '2'],
      ['webgpu', '0'],
    ])('train on %s, threads: %s', { timeout: minutes }, async ([device = '', threads = ''], { skip }) => {
      skip(device === 'webgpu' && !gpu);
      // That the program ends by itself is part of it.
      const printed = await run(
        folder,
        resolve(program ?? ''),
        ...args,
        'print-losses.js',
        device,
        threads,
        `${steps}`,
      );
      const losses = JSON.parse(printed) as number[];
      expect(losses).toHaveLength(steps);
      for (const [step, loss] of losses.entries()) expect(loss).toBeCloseTo(expected[step] as number, 5);
    });
  });
});
