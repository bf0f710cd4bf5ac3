/** Bytes of a WebAssembly binary while they are written. */
export class Bytes {
  #data = new Uint8Array(256);
  #length = 0;
  /** Where the code of a function is written: gives a vector constant a local, which is set at the function's start. */
  constantLocal?: (bytes: Uint8Array) => number;

  get length(): number {
    return this.#length;
  }

  /** One byte. */
  byte(value: number): void {
    if (this.#length === this.#data.length) this.#grow(1);
    this.#data[this.#length++] = value;
  }

  /** Several bytes as they are. */
  raw(values: ArrayLike<number>): void {
    if (this.#length + values.length > this.#data.length) this.#grow(values.length);
    this.#data.set(values, this.#length);
    this.#length += values.length;
  }

  /** An unsigned integer below 2³², as LEB128. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** A signed 32-bit integer as LEB128. */
  signed(value: number): void {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  /** A signed 64-bit integer as LEB128. */
  signed64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && !(low & 0x40)) || (rest === -1n && low & 0x40)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  /** A name: its length in bytes, then UTF-8. */
  name(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.unsigned(encoded.length);
    this.raw(encoded);
  }

  /** Another writer's bytes, after their number. */
  sized(other: Bytes): void {
    this.unsigned(other.length);
    this.raw(other.view());
  }

  /** The bytes so far; valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#data.subarray(0, this.#length);
  }

  #grow(by: number): void {
    const next = new Uint8Array(Math.max(this.#data.length * 2, this.#length + by));
    next.set(this.#data.subarray(0, this.#length));
    this.#data = next;
  }
}
