import type { OpSample } from './cases.ts';
import { isFloating } from './compare.ts';
import { namedDTypes } from './dtype-rules.ts';
import { type GoldenValue, isKind, isList } from './values.ts';

/** A reason why a sample cannot be run, or `null`. */
type Rule = (op: string, sample: OpSample) => string | null;

function outputDTypes(value: GoldenValue): string[] {
  if (isList(value)) return value.flatMap(outputDTypes);
  return isKind(value, 'tensor') ? [value.dtype] : [];
}

const factors = ['alpha', 'beta', 'value'];

const isFractional = (value: GoldenValue | undefined): boolean => typeof value === 'number' && !Number.isInteger(value);

/** Why single samples are left out. A rule never names a whole op. */
const rules: readonly Rule[] = [
  (_, sample) =>
    [...namedDTypes(sample), ...outputDTypes(sample.output)].includes('int16')
      ? 'int16 does not exist in Flambeau'
      : null,
  (_, { dtype, kwargs }) =>
    !isFloating(dtype) && factors.some((name) => isFractional(kwargs[name]))
      ? 'a fractional factor beside integers: PyTorch cuts it to an integer, Flambeau promotes to float32'
      : null,
  (op, { sample }) =>
    sample === 'special' && (op === 'int' || op === 'long')
      ? 'C leaves open which integer NaN and infinities become; Flambeau says 0'
      : null,
  (op, { input, kwargs }) =>
    op === 'aminmax' && isKind(input, 'tensor') && input.shape.length === 0 && kwargs.keepdim === true
      ? '1.13 adds a dimension to a tensor without any, later versions do not'
      : null,
  (op, { input }) =>
    op === 'mT' && isKind(input, 'tensor') && input.shape.length < 2
      ? 'deprecated in PyTorch: a tensor without two dimensions is no matrix'
      : null,
  (op, { dtype, input }) =>
    op === 'linspace' && dtype === 'int64' && isFractional(input)
      ? "1.13's vector kernel cuts steps to integers inside a vector: the result goes up and down"
      : null,
  (op, { kwargs: { min_val: min, max_val: max } }) =>
    op === 'nn.functional.hardtanh' && typeof min === 'number' && typeof max === 'number' && min > max
      ? 'PyTorch 2 refuses an upper bound below the lower one'
      : null,
  (op, { input }) =>
    op.startsWith('nn.functional.batch_norm') && isKind(input, 'tensor') && input.shape.length < 2
      ? 'no channel dimension: PyTorch looks at the shape only when there are elements'
      : null,
  (op, { input, kwargs }) =>
    op === 'nn.functional.rrelu' && kwargs.training === true && isKind(input, 'tensor') && input.shape.length > 0
      ? 'PyTorch draws a slope per negative element, which would have to wait for the device; Flambeau draws one per element'
      : null,
  (op) => (op === 'norm/nuc' ? 'the nuclear norm needs singular values, which come with linalg' : null),
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
