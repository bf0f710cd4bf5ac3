import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { swiftshaderEnvironment } from '../gpu/gpu.mjs';
import { minutes } from './packing.ts';

const bootstrap = fileURLToPath(new URL('../bootstrap.mjs', import.meta.url));
let folder: string;

/** Writes `count` images of noise, and their labels, in the format of MNIST. */
async function writeDigits(name: string, count: number): Promise<void> {
  const images = Buffer.from(Array.from({ length: 16 + count * 784 }, (_, at) => (at * 7919) % 251));
  [2051, count, 28, 28].forEach((number, at) => images.writeUInt32BE(number, 4 * at));
  const labels = Buffer.from(Array.from({ length: 8 + count }, (_, at) => at % 10));
  [2049, count].forEach((number, at) => labels.writeUInt32BE(number, 4 * at));
  await writeFile(join(folder, `${name}-images-idx3-ubyte`), images);
  await writeFile(join(folder, `${name}-labels-idx1-ubyte`), labels);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flambeau-demo-'));
  await writeDigits('train', 128);
  await writeDigits('t10k', 50);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test.skipIf(!swiftshaderEnvironment())(
  'the demo brings a GPU in software to a machine that has none, and says so',
  { timeout: 5 * minutes },
  async () => {
    const kept = Object.entries(process.env).filter(([name]) => !/^(VK_|LD_LIBRARY_PATH|VITEST|NODE_ENV)/.test(name));
    const args = ['demo', '--device', 'webgpu', '--epochs', '1', '--data', folder, '--out', folder];
    const { status, stdout, stderr } = spawnSync(process.execPath, [bootstrap, ...args], {
      env: { ...Object.fromEntries(kept), FLAMBEAU_GPU: 'swiftshader' },
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/^flambeau: device 'webgpu' runs on SwiftShader, a GPU in software/m);
    expect(stdout).toContain("device 'webgpu'");
    expect(stdout).toMatch(/epoch 1\/1 {2}test accuracy [\d.]+ %, test loss \d+\.\d+/);
    expect(status).toBe(0);
    expect(await readFile(join(folder, 'report.html'), 'utf8')).toContain('webgpu');
  },
);
