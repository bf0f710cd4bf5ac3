// The GPU that programs in Node, Deno and Bun find: the machine's own, or SwiftShader, a GPU in software that npm brings.
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromiumFile, unpackOnce, untar } from '../unpack.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The environment in which a program finds SwiftShader, and nothing else, through Vulkan; `undefined` where the npm
 * package has none for this platform. It must hold when the program starts: its loader reads it then.
 *
 * @returns {Record<string, string> | undefined}
 */
export function swiftshaderEnvironment() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const files = ['libvulkan.so.1', 'libvk_swiftshader.so', 'vk_swiftshader_icd.json'];
  const folder = unpackOnce('swiftshader', (path) => untar(chromiumFile('swiftshader.tar'), path, files));
  const drivers = join(folder, 'vk_swiftshader_icd.json');
  return {
    VK_DRIVER_FILES: drivers,
    // The same for Vulkan loaders older than 1.3.207.
    VK_ICD_FILENAMES: drivers,
    // Many a machine without a GPU lacks the Vulkan loader as well.
    LD_LIBRARY_PATH: [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? tmpdir(),
  };
}

/**
 * Whether a program in Node that starts with the environment finds a GPU.
 *
 * @param {Record<string, string | undefined>} environment
 */
export function findsGpu(environment) {
  // The object must outlive the question, and the process is left without Dawn's own end.
  const question = `import { create } from 'webgpu';
    globalThis.gpu = create([]);
    const adapter = await globalThis.gpu.requestAdapter();
    process.exit(adapter ? 0 : 1);`;
  const options = { cwd: root, env: { ...process.env, ...environment }, stdio: /** @type {const} */ ('ignore') };
  return spawnSync(process.execPath, ['--input-type=module', '-e', question], options).status === 0;
}

/**
 * What tests on the device 'webgpu' add to their environment: SwiftShader where there is one, so that everybody has
 * the same, else nothing; `FLAMBEAU_GPU=own` takes the machine's own GPU. Without any, says loudly that `what` is
 * left out and gives `undefined`.
 *
 * @param {string} what
 * @returns {Record<string, string> | undefined}
 * @throws {Error} There is none, in continuous integration.
 */
export function requireGpu(what) {
  const chosen = process.env.FLAMBEAU_GPU ?? '';
  if (!['', 'own', 'swiftshader'].includes(chosen)) {
    throw new Error(`FLAMBEAU_GPU must be 'own' or 'swiftshader'; got '${chosen}'`);
  }
  const environment = (chosen === 'own' ? undefined : swiftshaderEnvironment()) ?? {};
  if (findsGpu(environment)) return environment;
  const remedy = 'WebGPU found no adapter. On Linux x86-64 the tests bring SwiftShader; elsewhere install a driver.';
  if (process.env.CI) throw new Error(`${what} cannot run: ${remedy}`);
  console.warn(`\n  SKIPPED: ${what}: ${remedy}\n`);
  return undefined;
}
