import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { requireGpu } from '../gpu/gpu.mjs';
import { snippetsOf } from './snippets.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..');
const generated = join(here, 'generated');
const run = promisify(execFile);

// A package whose sources hold a readme.test.ts looks after its own.
const packages = (await readdir(join(root, 'packages')))
  .map((name) => `packages/${name}`)
  .filter((folder) => !existsSync(join(root, folder, 'src', 'readme.test.ts')));
const readmes = ['README.md', 'CONTRIBUTING.md', ...packages.map((folder) => `${folder}/README.md`)];
const snippets = (
  await Promise.all(
    readmes.map(async (readme) =>
      snippetsOf(await readFile(join(root, readme), 'utf8')).map((snippet) => ({
        ...snippet,
        place: `${readme}:${snippet.line}`,
        file: join(generated, `${readme.replace('/README.md', '').replaceAll(/\W+/g, '-')}-${snippet.line}.ts`),
      })),
    ),
  )
).flat();

beforeAll(async () => {
  await rm(generated, { recursive: true, force: true });
  await mkdir(generated);
  await Promise.all(snippets.map(({ file, code }) => writeFile(file, `${code}export {};\n`)));
  const compilerOptions = { isolatedDeclarations: false, declaration: false, noUnusedLocals: false };
  const config = { extends: '../../../tsconfig.base.json', compilerOptions, include: ['.'] };
  await writeFile(join(generated, 'tsconfig.json'), JSON.stringify(config));
});

test('the types of every example are right', { timeout: 60_000 }, async () => {
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const { stdout } = await run(tsc, ['-p', generated], { shell: process.platform === 'win32' }).catch((error) => error);
  expect(stdout).toBe('');
});

const gpu = requireGpu('the examples with WebGPU');

describe('the examples run, and print what they say', () => {
  const runnable = snippets.filter(({ runs, code }) => runs && (gpu || !/webgpu/i.test(code)));
  test.for(runnable)('$place', { timeout: 60_000 }, async ({ file, expected }) => {
    const env = { ...process.env, ...gpu };
    const { stdout } = await run(process.execPath, [join(root, 'tooling', 'run.mjs'), file], { env });
    if (expected.length > 0) expect(stdout.trimEnd().split('\n')).toEqual(expected);
  });
});

test('every package has an example that says what it prints', () => {
  const shown = snippets.filter(({ expected }) => expected.length > 0).map(({ place }) => place.replace(/:\d+$/, ''));
  expect(readmes.filter((readme) => readme.startsWith('packages/') && !shown.includes(readme))).toEqual([]);
});
