/**
 * Offsets of every index of a group of axes, in row-major order: offsets of several groups add up, so an operand of any
 * rank, a sliding window too, is read as `offset + rows[i] + depth[k]`.
 */
export class OffsetTable {
  #values = new Int32Array(64);
  /** Smallest and largest entry of the current content. */
  low = 0;
  high = 0;

  /** The entries; as many as the group has indices are valid. */
  get values(): Int32Array {
    return this.#values;
  }

  /** Fills the table with `Σ strides[axis]·index[axis]` for `count` axes from `first` on; returns its length. */
  fill(extents: readonly number[], first: number, count: number, strides: readonly number[], from: number): number {
    let size = 1;
    for (let axis = 0; axis < count; axis++) size *= extents[first + axis] as number;
    if (this.#values.length < size) this.#values = new Int32Array(Math.max(size, 2 * this.#values.length));
    const values = this.#values;
    values[0] = 0;
    this.low = 0;
    this.high = 0;
    let filled = 1;
    for (let axis = count - 1; axis >= 0; axis--) {
      const extent = extents[first + axis] as number;
      const stride = strides[from + axis] as number;
      for (let index = 1; index < extent; index++) {
        const base = index * filled;
        const step = index * stride;
        for (let i = 0; i < filled; i++) values[base + i] = (values[i] as number) + step;
      }
      filled *= extent;
      if (stride > 0) this.high += stride * (extent - 1);
      else this.low += stride * (extent - 1);
    }
    return size;
  }
}
