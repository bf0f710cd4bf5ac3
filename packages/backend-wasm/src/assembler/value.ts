import type { Bytes } from './encoding.ts';

/** Types of WebAssembly values. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** Codes of value types in the binary format. */
export const TYPE_CODES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/**
 * An expression: instructions that leave one value of type `T`. It is evaluated wherever it is placed; what is used twice
 * belongs in a {@link Local}.
 */
export class Value<T extends ValueType = ValueType> {
  readonly type: T;
  readonly write: (out: Bytes) => void;

  constructor(type: T, write: (out: Bytes) => void) {
    this.type = type;
    this.write = write;
  }
}

/** A local variable or parameter of a function; as an expression, its current value. */
export class Local<T extends ValueType = ValueType> extends Value<T> {
  readonly index: number;

  constructor(type: T, index: number) {
    super(type, (out) => {
      out.byte(0x20);
      out.unsigned(index);
    });
    this.index = index;
  }
}

export type I32 = Value<'i32'>;
export type I64 = Value<'i64'>;
export type F32 = Value<'f32'>;
export type F64 = Value<'f64'>;
export type V128 = Value<'v128'>;

/** An instruction on operands that are written first. */
export function instruction<T extends ValueType>(
  type: T,
  operands: readonly Value[],
  write: (out: Bytes) => void,
): Value<T> {
  return new Value(type, (out) => {
    for (const operand of operands) operand.write(out);
    write(out);
  });
}
