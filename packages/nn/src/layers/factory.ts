import { type DType, empty } from '@flambeau/autograd';
import { Parameter } from '../parameter.ts';

/** Where a layer's parameters live and what they are made of. */
export interface FactoryOptions {
  /** Name of the device; the default device when absent. */
  readonly device?: string;
  /** A float dtype; the default dtype when absent. */
  readonly dtype?: DType;
}

/** The options of a layer that a creation function understands. */
export function placement({ device, dtype }: FactoryOptions): FactoryOptions {
  return { ...(device !== undefined && { device }), ...(dtype !== undefined && { dtype }) };
}

/** A parameter whose values are yet to be set. */
export function emptyParameter(shape: readonly number[], options: FactoryOptions): Parameter {
  return new Parameter(empty(shape, placement(options)));
}
