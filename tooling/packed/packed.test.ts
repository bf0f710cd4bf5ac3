import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consumer, install, minutes, packAll, run } from './packing.ts';

async function installedIn(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'node_modules'));
  const scoped = names.includes('@flambeau') ? await readdir(join(folder, 'node_modules', '@flambeau')) : [];
  return [...names.filter((name) => !/^[.@]/.test(name)), ...scoped.map((name) => `@flambeau/${name}`)].sort();
}

/** A strict project that checks the libraries' own declarations too, with no types of any platform added. */
const strictProject = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    types: [],
    outDir: 'built',
  },
};

/** The four answers of the trained network, [0, 1, 1, 0] if it has learnt. */
function expectXor(printed: string): void {
  const answers = JSON.parse(printed) as number[];
  expect(answers).toHaveLength(4);
  [0, 1, 1, 0].forEach((right, index) => {
    expect(answers[index]).toBeCloseTo(right, 0);
    expect(Math.abs((answers[index] ?? Number.NaN) - right)).toBeLessThan(0.25);
  });
}

let packs: string;
let tarballs: Map<string, string>;

beforeAll(async () => {
  packs = await mkdtemp(join(tmpdir(), 'flambeau-packs-'));
  tarballs = await packAll(packs);
}, 5 * minutes);

afterAll(() => rm(packs, { recursive: true, force: true }));

describe.each([
  {
    what: 'only @flambeau/nn, @flambeau/optim and @flambeau/backend-cpu',
    names: ['@flambeau/backend-cpu', '@flambeau/nn', '@flambeau/optim'],
    brought: ['@flambeau/autograd', '@flambeau/backend'],
    program: 'single',
  },
  {
    what: 'only flambeau',
    names: ['flambeau'],
    brought: ['autograd', 'backend', 'backend-cpu', 'backend-wasm', 'backend-webgpu', 'data', 'nn', 'optim'].map(
      (name) => `@flambeau/${name}`,
    ),
    program: 'whole',
  },
])('a person who installs $what', ({ names, brought, program }) => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flambeau-consumer-'));
    await install(folder, tarballs, names);
    await copyFile(join(consumer, `${program}.ts`), join(folder, 'xor.ts'));
    await copyFile(join(consumer, `${program}.js`), join(folder, 'plain.js'));
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ ...strictProject, files: ['xor.ts'] }));
  }, 2 * minutes);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('gets those packages and what they stand on, nothing else', async () => {
    expect(await installedIn(folder)).toEqual([...names, ...brought].sort());
  });

  test('gets no source, test or workspace reference', async () => {
    for (const name of [...names, ...brought]) {
      const home = join(folder, 'node_modules', name);
      const manifest = await readFile(join(home, 'package.json'), 'utf8');
      expect(manifest).not.toMatch(/workspace:|flambeau-source/);
      const files = await readdir(home, { recursive: true });
      expect(files.filter((file) => /\.test\.|^src/.test(file))).toEqual([]);
      expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']));
    }
  });

  test('trains XOR from strict TypeScript', { timeout: 2 * minutes }, async () => {
    await run(folder, 'tsc', '-p', '.');
    expectXor(await run(folder, process.execPath, 'built/xor.js'));
  });

  test('trains XOR from plain JavaScript', { timeout: 2 * minutes }, async () => {
    expectXor(await run(folder, process.execPath, 'plain.js'));
  });

  test('trains XOR from a minified bundle of what is used', { timeout: 2 * minutes }, async () => {
    await run(folder, 'esbuild', 'plain.js', '--bundle', '--minify', '--format=esm', '--outfile=bundle.mjs');
    expectXor(await run(folder, process.execPath, 'bundle.mjs'));
  });
});
