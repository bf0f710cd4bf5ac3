import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { requireChromium } from './tooling/browser/chromium.ts';
import { goldensServer } from './tooling/browser/goldens-server.ts';
import { ClosingLine } from './tooling/closing-line.ts';
import { requireGpu } from './tooling/gpu/gpu.mjs';
import { sourceCondition } from './tooling/presets/conditions.ts';
import { parseDevice } from './tooling/presets/devices.ts';

const everything = ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tooling/**/*.test.ts'];
/** What runs kernels through tensors, and so once more on each further device. */
const tensors = ['packages/{autograd,nn,optim}/src/**/*.test.ts'];
const goldens = ['packages/{autograd,nn,optim}/src/{goldens,trajectories}.test.ts'];
/** What goes from device to device, and what reads where a device cannot be read at once. */
const devicesMeet = ['packages/{autograd,nn,optim}/src/{asynchronous,devices}.test.ts'];
/** What needs a GPU, whatever the device on which tensors are made. */
const onGpu = ['packages/backend-webgpu/src/**/*.test.ts'];
const inBrowsers = '**/*.browser.test.ts';
const onGpuInBrowsers = 'packages/backend-webgpu/src/**/*.browser.test.ts';
/** What packs and installs the packages: one file after another, because they share the built ones. */
const packed = 'tooling/packed/*.test.ts';
const elsewhere = ['**/node_modules/**', '**/dist/**'];

const { FLAMBEAU_TEST_DEVICE, FLAMBEAU_SEED, FLAMBEAU_RUNS } = process.env;
/** What tests with a GPU add to their environment; without one they are left out, loudly. */
const gpu = requireGpu('the tests with a GPU');
/** `FLAMBEAU_TEST_DEVICE='wasm wasm:threads=3,relaxed=0'` tests these devices instead. */
const devices = (FLAMBEAU_TEST_DEVICE?.split(' ') ?? ['cpu', 'wasm', 'webgpu']).filter(
  (device) => gpu || parseDevice(device).name !== 'webgpu',
);
const chromium = requireChromium('the tests in a browser');

/** Relaxed SIMD is behind a flag in Node 20. */
const relaxedSimd = process.versions.node.startsWith('20.') ? ['--experimental-wasm-relaxed-simd'] : [];

function setupFiles(device: string): string[] {
  const { name } = parseDevice(device);
  const files = ['test-device.ts', ...(name === 'cpu' ? [] : [`test-device-${name}.ts`])];
  return files.map((file) => fileURLToPath(new URL(`tooling/presets/${file}`, import.meta.url)));
}

/**
 * How long a test may take (ms). The first on a GPU compile its shaders, and a GPU in software shares the cores with
 * whatever runs beside.
 */
const timeLimit = { cpu: 5_000, wasm: 5_000, asynchronous: 5_000, webgpu: 120_000 };

/** What of the tests in Node runs on a device: the GPUs in software that most have are slow. */
const inNodeOn = {
  cpu: everything,
  wasm: tensors,
  webgpu: [...goldens, ...devicesMeet],
  asynchronous: [...goldens, ...devicesMeet],
};

/** The tests in Node on one device, or those given. */
function inNode(device: string, name: string = device, include?: string[]): TestProjectInlineConfiguration {
  const conditions = [sourceCondition, 'module', 'node', 'development|production'];
  return {
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      environment: 'node',
      setupFiles: setupFiles(device),
      include: include ?? inNodeOn[parseDevice(device).name],
      exclude: [...elsewhere, inBrowsers, packed, ...(include ? [] : onGpu)],
      provide: { device },
      // A process reads the libraries of its GPU when it starts, and so each file has its own.
      pool: 'forks',
      env: gpu ?? {},
      testTimeout: timeLimit[include ? 'webgpu' : parseDevice(device).name],
      execArgv: parseDevice(device).options.relaxed ? relaxedSimd : [],
    },
  };
}

const ofPackages: TestProjectInlineConfiguration = {
  test: { name: 'packed', include: [packed], env: gpu ?? {}, maxWorkers: 1, sequence: { groupOrder: 1 } },
};

const inChromiumOn = {
  cpu: [inBrowsers, 'packages/backend-cpu/src/conformance.test.ts'],
  wasm: goldens,
  webgpu: [...goldens, onGpuInBrowsers],
  asynchronous: goldens,
};

/** The tests in Chromium: what is written for browsers, conformance, and the goldens on each device. */
function inChromium(): TestProjectInlineConfiguration {
  return {
    resolve: { conditions: [sourceCondition, 'module', 'browser', 'development|production'] },
    // Cross-origin isolation, without which a page has no shared memory.
    server: {
      headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
    },
    plugins: [goldensServer],
    // What tests read of the environment.
    define: { 'process.env': { FLAMBEAU_SEED, FLAMBEAU_RUNS } },
    // Found while tests run, it would make the page load anew.
    optimizeDeps: { include: ['fast-check'] },
    test: {
      include: [inBrowsers],
      exclude: elsewhere,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: chromium }),
        instances: devices.map((device) => ({
          browser: 'chromium',
          name: `chromium ${device}`,
          include: inChromiumOn[parseDevice(device).name],
          exclude: device === 'cpu' ? [...elsewhere, onGpuInBrowsers] : elsewhere,
          setupFiles: setupFiles(device),
          provide: { device },
          testTimeout: timeLimit[parseDevice(device).name],
        })),
      },
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      ...devices.map((device) => inNode(device)),
      ...(gpu ? [inNode('cpu', 'gpu', onGpu)] : []),
      ofPackages,
      ...(chromium ? [inChromium()] : []),
    ],
    reporters: ['default', new ClosingLine()],
  },
});
