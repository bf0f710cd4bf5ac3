import { DeviceError } from '@flambeau/backend';
import { f32x4, f32x4Const, ModuleBuilder } from '../assembler/index.ts';
import type { Features } from './runtime.ts';

let relaxed: boolean | undefined;

/**
 * What this engine offers, tried once.
 *
 * @throws {DeviceError} There is no WebAssembly with SIMD here, or the page forbids it.
 */
export function detectFeatures(): Features {
  relaxed ??= probe();
  return { relaxed };
}

/** Why threads cannot share memory here, and what would change that; undefined when they can. */
export function threadsObstacle(): string | undefined {
  if (
    typeof SharedArrayBuffer === 'undefined' ||
    (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === false
  ) {
    return (
      'the page is not cross-origin isolated; serve it with the headers Cross-Origin-Opener-Policy: same-origin and ' +
      'Cross-Origin-Embedder-Policy: require-corp'
    );
  }
  return undefined;
}

function probe(): boolean {
  if (typeof WebAssembly === 'undefined') throw unavailable('this engine has no WebAssembly; use the cpu device.');
  if (!WebAssembly.validate(sample(false))) {
    throw unavailable('this engine has no WebAssembly SIMD; use a newer engine, or the cpu device.');
  }
  try {
    new WebAssembly.Module(sample(false));
  } catch (error) {
    throw unavailable(
      `the page's content security policy forbids WebAssembly (${(error as Error).message}). Add 'wasm-unsafe-eval' to its script-src, ` +
        "and for threads 'worker-src blob:'.",
    );
  }
  return WebAssembly.validate(sample(true));
}

/** The smallest module with a vector instruction. */
function sample(relaxed: boolean): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ initial: 0, maximum: 1, shared: false });
  const f = module.function({ parameters: [], results: [] }, 'run');
  const one = f32x4Const(1);
  f.drop(relaxed ? f32x4.relaxed_madd(one, one, one) : f32x4.mul(one, one));
  return module.encode();
}

function unavailable(what: string): DeviceError {
  return new DeviceError('wasm', what, { device: 'wasm' });
}
