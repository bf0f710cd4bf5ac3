import type { Engine } from './engine.ts';
import { operationsPerTurn, roofModule } from './roof-module.ts';

type Loop = (turns: number) => number;

/** Whether WebAssembly here has relaxed multiply-adds (in Node 20: with `--experimental-wasm-relaxed-simd`). */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(roofModule(true));
}

function loopOf(relaxed: boolean): Loop {
  return new WebAssembly.Instance(new WebAssembly.Module(roofModule(relaxed))).exports.run as Loop;
}

/** Time of so many floating-point operations, as independent multiply-adds (milliseconds). */
export function roofTimer(relaxed: boolean): (operations: number) => number {
  const loop = loopOf(relaxed);
  return (operations) => {
    const turns = Math.max(1, Math.round(operations / operationsPerTurn));
    const started = performance.now();
    loop(turns);
    return (performance.now() - started) * (operations / (turns * operationsPerTurn));
  };
}

/** As much arithmetic as a case has, with nothing to load or to store, on one thread: what WebAssembly can do at most. */
export function roofEngine(): Engine {
  const time = roofTimer(hasRelaxedSimd());
  return {
    name: 'roof',
    async prepare({ figure }) {
      if (figure.unit !== 'GFLOP/s') return null;
      return { result: async () => null, time: async (runs) => time(runs * figure.amount), close: () => {} };
    },
    close: () => {},
  };
}
