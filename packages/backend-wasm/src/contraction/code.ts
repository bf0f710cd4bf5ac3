import { type FunctionBuilder, type I32, i32, type Local, select } from '../assembler/index.ts';

/** Runs a body, which ends by advancing a cursor, until the cursor reaches an end. */
export function until(f: FunctionBuilder, cursor: I32, end: I32, body: () => void): void {
  f.while(i32.lt_u(cursor, end), body);
}

/** The smaller of two numbers, as unsigned ones. */
export function minimum(a: Local<'i32'>, b: I32): I32 {
  return select(i32.lt_u(a, b), a, b);
}
