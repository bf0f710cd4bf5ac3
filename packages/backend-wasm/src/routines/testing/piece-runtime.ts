import { PARAMETERS, SCRATCH } from '../../runtime/layout.ts';
import type { LoadedProgram } from '../../runtime/program.ts';
import type { Program } from '../../runtime/runtime.ts';
import { WasmRuntime } from '../../runtime/wasm-runtime.ts';

/** As much of the scratch memory as routines are likely to read before they write it (bytes). */
const RUBBISH = 32768;

/**
 * A runtime that does units in pieces, the last piece first and each with other rubbish in its scratch memory: what comes out must
 * not depend on who does what when.
 */
export class PieceRuntime extends WasmRuntime {
  override readonly threads: number;

  constructor(pieces: number) {
    super({ threads: 1 });
    this.threads = pieces;
  }

  override dispatch(program: Program, units: number, _grain: number): void {
    const pieces = Math.min(this.threads, units);
    for (let piece = pieces - 1; piece >= 0; piece--) {
      this.bytes.fill(0xa5 ^ piece, SCRATCH, SCRATCH + RUBBISH);
      const [begin, end] = [piece, piece + 1].map((at) => Math.floor((units * at) / pieces)) as [number, number];
      (program as LoadedProgram).run(PARAMETERS, SCRATCH, begin, end);
    }
  }
}
