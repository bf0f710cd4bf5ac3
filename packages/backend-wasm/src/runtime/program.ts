import type { Program } from './runtime.ts';

/** The function that every program exports. */
export type Export = (parameters: number, scratch: number, begin: number, end: number) => void;

/** A module that is compiled on the main thread. */
export class LoadedProgram implements Program {
  readonly hosted: boolean;
  readonly run: Export;
  /** Where other threads find the bytes of the module; 0 when they never run it. */
  readonly address: number;
  readonly length: number;
  /** Its number among the programs that threads share. */
  readonly id: number;

  constructor(run: Export, hosted: boolean, id = 0, address = 0, length = 0) {
    this.run = run;
    this.hosted = hosted;
    this.id = id;
    this.address = address;
    this.length = length;
  }
}
