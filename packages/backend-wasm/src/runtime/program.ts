import type { Program } from './runtime.ts';

/** The function that every program exports. */
export type Export = (parameters: number, scratch: number, begin: number, end: number) => void;

/** A module that is compiled on the main thread. */
export class LoadedProgram implements Program {
  readonly hosted: boolean;
  readonly run: Export;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where other threads find the bytes; 0 until they first run it. */
  address = 0;
  /** How long a unit took on the main thread when that was last measured (milliseconds). */
  pace = 0;
  /** Its number among the programs that other threads run. */
  id = 0;

  constructor(run: Export, hosted: boolean, bytes: Uint8Array<ArrayBuffer>) {
    this.run = run;
    this.hosted = hosted;
    this.bytes = bytes;
  }

  get length(): number {
    return this.bytes.length;
  }
}
