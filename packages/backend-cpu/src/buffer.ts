import type { DeviceBuffer, DType, HostArray } from '@flambeau/backend';
import type { Ledger } from './memory.ts';

/** A buffer in host memory. */
export class CpuBuffer implements DeviceBuffer {
  readonly dtype: DType;
  readonly length: number;
  /** The elements; 16-bit floats are raw bits. */
  data: HostArray;
  /** What counts this buffer, until it is freed. */
  ledger: Ledger | null;

  constructor(dtype: DType, length: number, data: HostArray, ledger: Ledger) {
    this.dtype = dtype;
    this.length = length;
    this.data = data;
    this.ledger = ledger;
  }
}
