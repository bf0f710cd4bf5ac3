import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { untar } from '../unpack.mjs';
import { findsGpu, requireGpu, swiftshaderEnvironment } from './gpu.mjs';

const swiftshader = swiftshaderEnvironment();
/** Drivers that are not there. */
const none = { VK_DRIVER_FILES: '/nowhere', VK_ICD_FILENAMES: '/nowhere' };

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe.skipIf(!swiftshader)('where npm brings SwiftShader', () => {
  test('a program finds it, and no GPU when its driver is missing', () => {
    expect(findsGpu(swiftshader ?? {})).toBe(true);
    expect(findsGpu({ ...swiftshader, ...none })).toBe(false);
  });

  test('tests use it unless they are told to use the machine’s own GPU', () => {
    vi.stubEnv('FLAMBEAU_GPU', undefined);
    expect(requireGpu('this test')).toMatchObject({ VK_DRIVER_FILES: swiftshader?.VK_DRIVER_FILES });
  });

  test('no GPU is an error in continuous integration and a loud line elsewhere', () => {
    vi.stubEnv('FLAMBEAU_GPU', 'own');
    for (const [name, value] of Object.entries(none)) vi.stubEnv(name, value);
    vi.stubEnv('CI', 'true');
    expect(() => requireGpu('this test')).toThrow('this test cannot run: WebGPU found no adapter');
    vi.stubEnv('CI', undefined);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect(requireGpu('this test')).toBeUndefined();
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('SKIPPED: this test'));
  });
});

test('any other wish is refused', () => {
  vi.stubEnv('FLAMBEAU_GPU', 'fast');
  expect(() => requireGpu('this test')).toThrow("got 'fast'");
});

test('of an archive, the regular files that are wanted are unpacked', () => {
  const entry = (name: string, kind: string, content: string): Buffer => {
    const block = Buffer.alloc(content ? 1024 : 512);
    block.write(name);
    block.write(content.length.toString(8).padStart(11, '0'), 124);
    block.write(kind, 156);
    block.write(content, 512);
    return block;
  };
  const entries = [entry('a/', '5', ''), entry('a/one', '0', 'first'), entry('a/two', '0', 'second')];
  const archive = Buffer.concat([...entries, Buffer.alloc(1024)]);
  const folder = mkdtempSync(join(tmpdir(), 'flambeau-untar-'));
  try {
    untar(archive, join(folder, 'all'));
    expect(readdirSync(join(folder, 'all'))).toEqual(['one', 'two']);
    untar(archive, join(folder, 'some'), ['two']);
    expect(readdirSync(join(folder, 'some'))).toEqual(['two']);
    expect(readFileSync(join(folder, 'some', 'two'), 'utf8')).toBe('second');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
