import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');

/** Programs that use the packages as people would. */
export const consumer: string = fileURLToPath(new URL('consumer', import.meta.url));

/** A minute in milliseconds. */
export const minutes = 60_000;

/** The environment of a person's own terminal: without what the script runner around this test has set. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|pnpm_|VITEST|NODE_ENV|NODE_OPTIONS)/.test(name));
  return { ...Object.fromEntries(kept), PATH: `${bin}${delimiter}${process.env.PATH}`, TURBO_TELEMETRY_DISABLED: '1' };
}

/** Runs a program and returns what it printed; its whole output is in the error when it fails. */
export async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  try {
    const options = { cwd, env: plainEnvironment(), maxBuffer: 1 << 26, timeout: 2 * minutes };
    const { stdout } = await promisify(execFile)(program, args, options);
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** Packs every package, as publishing does, into `folder`: the tarballs by package name. */
export async function packAll(folder: string): Promise<Map<string, string>> {
  await run(root, 'turbo', 'run', 'build:js', 'build:types', '--filter=./packages/*', '--output-logs=errors-only');
  const tarballs = new Map<string, string>();
  for (const name of await readdir(join(root, 'packages'))) {
    const printed = await run(join(root, 'packages', name), 'pnpm', 'pack', '--json', '--pack-destination', folder);
    const packed = JSON.parse(printed) as { name: string; filename: string };
    tarballs.set(packed.name, packed.filename);
  }
  return tarballs;
}

/** Installs the named packages with npm into the empty `folder`; what they depend on comes from the tarballs as well. */
export async function install(folder: string, tarballs: Map<string, string>, names: string[]): Promise<void> {
  const file = (name: string): [string, string] => [name, `file:${tarballs.get(name)}`];
  const others = [...tarballs.keys()].filter((name) => !names.includes(name));
  const manifest = {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(names.map(file)),
    overrides: Object.fromEntries(others.map(file)),
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--offline', '--cache', join(folder, '.npm-cache'));
}
