// `npm run demo`, `npm test` and `npm run bench` on a machine that has only Node and npm:
//   node tooling/bootstrap.mjs demo|test|bench [arguments]
// Brings the pinned pnpm, installs from the lockfile, builds what the command needs, runs it, and passes its exit
// code on. What is already there is not done again. Plain JavaScript that an old Node can still parse, so that it can
// say it is too old. All of its own words go to stderr.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldestNode = [20, 19];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const stamps = join(modules, '.cache', 'flambeau');
const windows = process.platform === 'win32';

const commands = {
  demo: { app: 'demo' },
  bench: { app: 'bench' },
  test: { script: join('node_modules', 'vitest', 'vitest.mjs'), before: ['run'] },
};

function say(line) {
  process.stderr.write(`flambeau: ${line}\n`);
}

function fail(line) {
  say(line);
  process.exit(1);
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    fail(`Node ${oldestNode.join('.')} or newer is needed; this is Node ${process.versions.node}.`);
  }
}

function foldersIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== 'dist')
    .map((entry) => join(folder, entry.name));
}

/** Every package folder of the workspace. */
function packageFolders() {
  return ['packages', 'apps', 'tooling']
    .flatMap((part) => [join(root, part)].concat(foldersIn(join(root, part))))
    .filter((folder) => existsSync(join(folder, 'package.json')));
}

function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const inner = join(path, entry.name);
    return entry.isDirectory() ? filesUnder(inner) : [inner];
  });
}

function stampIs(name, value) {
  const path = join(stamps, name);
  return existsSync(path) && readFileSync(path, 'utf8') === value;
}

function writeStamp(name, value) {
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, name), value);
}

/** Runs a step out of sight; its output is shown only when it fails. */
function step(what, command, args, environment) {
  say(`${what} …`);
  const started = Date.now();
  const done = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: environment,
    maxBuffer: 1 << 28,
    shell: windows && command !== process.execPath,
  });
  if (done.status !== 0) {
    process.stderr.write(`${done.stdout || ''}${done.stderr || ''}`);
    fail(`that failed${done.error ? `: ${done.error.message}` : ` (exit code ${done.status})`}.`);
  }
  say(`done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function pinnedPnpm() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split('@')[1];
}

/** What the installed node_modules depends on: lockfile, manifests, platform. */
function installStamp() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  const manifests = packageFolders().map((folder) => join(folder, 'package.json'));
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((name) => join(root, name));
  for (const file of files.concat(manifests)) hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest('hex');
}

function install() {
  const stamp = installStamp();
  if (stampIs('install', stamp)) return;
  const version = pinnedPnpm();
  // A NODE_ENV of `production` would leave the tools out; a node_modules made by npm is replaced without a question.
  const environment = Object.assign({}, process.env);
  delete environment.NODE_ENV;
  step(
    `installing dependencies with pnpm ${version}`,
    'npx',
    ['--yes', `pnpm@${version}`, 'install', '--frozen-lockfile', '--config.confirm-modules-purge=false'],
    environment,
  );
  writeStamp('install', stamp);
}

/** What an app's build depends on: the size and time of every source, preset and manifest. */
function buildStamp(app) {
  const libraries = foldersIn(join(root, 'packages'));
  const folders = libraries.concat(join(root, 'apps', app));
  const files = ['tooling/presets', 'tooling/build', 'tsconfig.base.json', 'pnpm-lock.yaml']
    .map((path) => join(root, path))
    .concat(folders.flatMap((folder) => ['src', 'package.json', 'tsup.config.ts'].map((name) => join(folder, name))))
    .flatMap(filesUnder)
    .filter((file) => !file.endsWith('.test.ts'));
  const outputs = libraries.map((folder) => join(folder, 'dist', 'index.js'));
  const complete = outputs.concat(join(root, 'apps', app, 'dist', 'cli.js')).every(existsSync);
  const hash = createHash('sha256').update(String(complete));
  for (const file of files) {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${file.slice(root.length)} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

function build(app) {
  const name = `build-${app}`;
  if (stampIs(name, buildStamp(app))) return;
  const bin = join(modules, '.bin');
  const environment = Object.assign({}, process.env, { TURBO_TELEMETRY_DISABLED: '1' });
  const key = Object.keys(environment).find((candidate) => candidate.toUpperCase() === 'PATH') || 'PATH';
  environment[key] = `${bin}${delimiter}${environment[key] || ''}`;
  const args = [
    'run',
    'build:js',
    `--filter=@flambeau/${app}...`,
    '--filter=./packages/*',
    '--output-logs=errors-only',
  ];
  step(`building the packages and apps/${app}`, join(bin, 'turbo'), args, environment);
  writeStamp(name, buildStamp(app));
}

/**
 * What a command that asks for the device 'webgpu' adds to its environment: nothing where the machine has a GPU, else
 * SwiftShader, a GPU in software. `FLAMBEAU_GPU=swiftshader` takes that in any case, `FLAMBEAU_GPU=own` never.
 */
function gpuEnvironment(gpu) {
  const chosen = process.env.FLAMBEAU_GPU;
  if (chosen === 'own' || (chosen !== 'swiftshader' && gpu.findsGpu({}))) return {};
  const environment = gpu.swiftshaderEnvironment();
  if (environment)
    say("device 'webgpu' runs on SwiftShader, a GPU in software; FLAMBEAU_GPU=own takes only the machine's own.");
  return environment || {};
}

function run(script, args, environment) {
  // Node's own flags, such as those that switch relaxed SIMD on, hold for the command too.
  const all = process.execArgv.concat(join(root, script), args);
  const child = spawn(process.execPath, all, {
    cwd: root,
    stdio: 'inherit',
    env: Object.assign({}, process.env, environment),
  });
  // The terminal sends Ctrl-C to both; the child decides what it means.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => signal === 'SIGTERM' && child.kill(signal));
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => {
    const numbers = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
    process.exitCode = code === null ? 128 + (numbers[signal] || 0) : code;
  });
}

requireNode();
const command = commands[process.argv[2]];
if (!command) fail(`usage: node tooling/bootstrap.mjs ${Object.keys(commands).join('|')} [arguments]`);
install();
if (command.app) build(command.app);
const script = command.script || join('apps', command.app, 'dist', 'cli.js');
const args = (command.before || []).concat(process.argv.slice(3));
if (command.app && args.some((arg) => /^(--device=)?webgpu$/.test(arg))) {
  import('./gpu/gpu.mjs').then((gpu) => run(script, args, gpuEnvironment(gpu)));
} else run(script, args, {});
