import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { requireChromium } from './tooling/browser/chromium.ts';
import { goldensServer } from './tooling/browser/goldens-server.ts';
import { ClosingLine } from './tooling/closing-line.ts';
import { sourceCondition } from './tooling/presets/conditions.ts';
import { parseDevice } from './tooling/presets/devices.ts';

const everything = ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tooling/**/*.test.ts'];
/** What runs kernels through tensors, and so once more on each further device. */
const tensors = ['packages/{autograd,nn,optim}/src/**/*.test.ts'];
const goldens = ['packages/{autograd,nn,optim}/src/{goldens,trajectories}.test.ts'];
const inBrowsers = '**/*.browser.test.ts';
/** What packs and installs the packages: one file after another, because they share the built ones. */
const packed = 'tooling/packed/*.test.ts';
const elsewhere = ['**/node_modules/**', '**/dist/**'];

const { FLAMBEAU_TEST_DEVICE, FLAMBEAU_SEED, FLAMBEAU_RUNS } = process.env;
/** `FLAMBEAU_TEST_DEVICE='wasm wasm:threads=3,relaxed=0'` tests these devices instead. */
const devices = FLAMBEAU_TEST_DEVICE?.split(' ') ?? ['cpu', 'wasm'];
const chromium = requireChromium('the tests in a browser');

/** Relaxed SIMD is behind a flag in Node 20. */
const relaxedSimd = process.versions.node.startsWith('20.') ? ['--experimental-wasm-relaxed-simd'] : [];

function setupFiles(device: string): string[] {
  const { name } = parseDevice(device);
  const files = ['test-device.ts', ...(name === 'cpu' ? [] : [`test-device-${name}.ts`])];
  return files.map((file) => fileURLToPath(new URL(`tooling/presets/${file}`, import.meta.url)));
}

/** The tests in Node on one device. */
function inNode(device: string): TestProjectInlineConfiguration {
  const conditions = [sourceCondition, 'module', 'node', 'development|production'];
  return {
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name: device,
      environment: 'node',
      setupFiles: setupFiles(device),
      include: device === 'cpu' ? everything : tensors,
      exclude: [...elsewhere, inBrowsers, packed],
      provide: { device },
      execArgv: parseDevice(device).options.relaxed ? relaxedSimd : [],
    },
  };
}

const ofPackages: TestProjectInlineConfiguration = {
  test: { name: 'packed', include: [packed], maxWorkers: 1, sequence: { groupOrder: 1 } },
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
          include: device === 'cpu' ? [inBrowsers, 'packages/backend-cpu/src/conformance.test.ts'] : goldens,
          setupFiles: setupFiles(device),
          provide: { device },
        })),
      },
    },
  };
}

export default defineConfig({
  test: {
    projects: [...devices.map(inNode), ofPackages, ...(chromium ? [inChromium()] : [])],
    reporters: ['default', new ClosingLine()],
  },
});
