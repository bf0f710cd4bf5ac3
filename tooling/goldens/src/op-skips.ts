import type { OpSample } from './cases.ts';
import { namedDTypes } from './dtype-rules.ts';
import type { GoldenTensor } from './tensor.ts';
import { type GoldenValue, isKind, isList } from './values.ts';

/** A reason why a sample cannot be run, or `null`. */
type Rule = (op: string, sample: OpSample) => string | null;

function outputDTypes(value: GoldenValue): string[] {
  if (isList(value)) return value.flatMap(outputDTypes);
  return isKind(value, 'tensor') ? [(value as GoldenTensor).dtype] : [];
}

/** Why single samples are left out. A rule never names a whole op. */
const rules: readonly Rule[] = [
  (_, sample) =>
    [...namedDTypes(sample), ...outputDTypes(sample.output)].includes('int16')
      ? 'int16 does not exist in Flambeau'
      : null,
];

/** Why a sample is not run, or `null` when it is. */
export function opSkipReason(op: string, sample: OpSample): string | null {
  for (const rule of rules) {
    const reason = rule(op, sample);
    if (reason !== null) return reason;
  }
  return null;
}

/** Whether PyTorch's in-place form of the call gives the recorded output: it keeps the input's shape and dtype. */
export function hasInPlaceForm(sample: OpSample): boolean {
  const { input, output } = sample;
  return (
    !sample.broadcastsInput &&
    isKind(input, 'tensor') &&
    isKind(output, 'tensor') &&
    input.dtype === output.dtype &&
    input.shape.join() === output.shape.join()
  );
}
