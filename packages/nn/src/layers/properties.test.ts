import { rand, randint, randn, type Tensor } from '@flambeau/autograd';
import { FlambeauError } from '@flambeau/backend';
import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import * as nn from '../index.ts';

beforeAll(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
});

type Shape = readonly number[];
type Call = () => Tensor | readonly unknown[];

const size = (least: number, most: number): fc.Arbitrary<number> => fc.integer({ min: least, max: most });
const shape = (least: number, most: number, largest = 4): fc.Arbitrary<number[]> =>
  fc.array(size(0, largest), { minLength: least, maxLength: most });
const seed = fc.integer({ min: 0, max: 2 ** 31 });

/** Runs a call and checks that it gives the expected shape, or a typed error where `expected` is null. */
function settles(call: Call, expected: Shape | null): void {
  let got: Shape;
  try {
    const result = call();
    const output = Array.isArray(result) ? result[0] : result;
    got = (output as Tensor).shape;
  } catch (error) {
    if (!(error instanceof FlambeauError)) throw error;
    if (expected !== null) throw new Error(`expected shape [${expected}], got ${error.message}`, { cause: error });
    return;
  }
  expect(expected, `an error was expected, not shape [${got}]`).not.toBeNull();
  expect([...got]).toEqual([...(expected as Shape)]);
}

/** Checks that random arguments settle. */
function always<T>(arbitrary: fc.Arbitrary<T>, check: (arguments_: T) => void, numRuns = 100): void {
  fc.assert(fc.property(arbitrary, check), { numRuns });
}

const product = (sizes: Shape): number => sizes.reduce((a, b) => a * b, 1);

describe('random shapes and arguments give the right shape or a typed error', () => {
  test('Linear', () => {
    const given = fc.record({
      input: shape(0, 4),
      inFeatures: size(-1, 4),
      outFeatures: size(0, 4),
      bias: fc.boolean(),
    });
    always(given, ({ input, inFeatures, outFeatures, bias }) => {
      const fits = inFeatures >= 0 && input.length > 0 && input.at(-1) === inFeatures;
      settles(
        () => new nn.Linear(inFeatures, outFeatures, { bias })(randn(input)),
        fits ? [...input.slice(0, -1), outFeatures] : null,
      );
    });
  });

  test('Bilinear', () => {
    const given = fc.record({ first: shape(0, 3, 3), second: shape(0, 3, 3), same: fc.boolean(), out: size(0, 3) });
    always(given, ({ first, second, same, out }) => {
      const other = same ? [...first.slice(0, -1), second.at(-1) ?? 2] : second;
      const lead = first.slice(0, -1);
      const fits =
        first.length > 0 &&
        first.length === other.length &&
        lead.every((value, i) => value === other[i]) &&
        first.at(-1) === 2 &&
        other.at(-1) === 3;
      settles(() => new nn.Bilinear(2, 3, out)(randn(first), randn(other)), fits ? [...lead, out] : null);
    });
  });

  const convolution = (
    rank: 1 | 2,
  ): fc.Arbitrary<{
    input: number[];
    inChannels: number;
    outChannels: number;
    kernel: number[];
    stride: number[];
    padding: number[] | 'same' | 'valid';
    dilation: number[];
    groups: number;
    bias: boolean;
    paddingMode: nn.PaddingMode;
  }> => {
    const per = (least: number, most: number): fc.Arbitrary<number[]> =>
      fc.array(size(least, most), { minLength: rank, maxLength: rank });
    return fc.record({
      input: fc.oneof(
        { weight: 4, arbitrary: fc.tuple(size(0, 2), size(1, 4), per(1, 6)).map(([n, c, rest]) => [n, c, ...rest]) },
        { weight: 2, arbitrary: fc.tuple(size(1, 4), per(1, 6)).map(([c, rest]) => [c, ...rest]) },
        { weight: 1, arbitrary: shape(0, 5) },
      ),
      inChannels: size(1, 4),
      outChannels: size(1, 4),
      kernel: per(1, 3),
      stride: fc.oneof(fc.constant(Array.from({ length: rank }, () => 1)), per(1, 3)),
      padding: fc.oneof(per(0, 3), fc.constant('same' as const), fc.constant('valid' as const)),
      dilation: per(1, 2),
      groups: fc.oneof({ weight: 2, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: size(1, 3) }),
      bias: fc.boolean(),
      paddingMode: fc.constantFrom('zeros', 'reflect', 'replicate', 'circular'),
    });
  };

  for (const rank of [1, 2] as const) {
    test(`Conv${rank}d`, () => {
      always(
        convolution(rank),
        ({ input, inChannels, outChannels, kernel, stride, padding, dilation, groups, bias, paddingMode }) => {
          const expected = (): Shape | null => {
            if (inChannels % groups !== 0 || outChannels % groups !== 0) return null;
            if (input.length !== rank + 1 && input.length !== rank + 2) return null;
            if (input[input.length - rank - 1] !== inChannels) return null;
            if (padding === 'same' && stride.some((step) => step !== 1)) return null;
            const space = input.slice(-rank);
            const sizes = space.map((length, axis) => {
              const reach = (dilation[axis] as number) * ((kernel[axis] as number) - 1);
              const total = padding === 'same' ? reach : padding === 'valid' ? 0 : 2 * (padding[axis] as number);
              const most = Math.ceil(total / 2);
              if (paddingMode === 'reflect' && total > 0 && most >= length) return -1;
              if (paddingMode === 'circular' && total > 0 && most > length) return -1;
              if (paddingMode === 'replicate' && total > 0 && length < 1) return -1;
              const left = length + total - reach - 1;
              return left < 0 ? -1 : Math.floor(left / (stride[axis] as number)) + 1;
            });
            if (sizes.some((length) => length < 1)) return null;
            return [...input.slice(0, input.length - rank - 1), outChannels, ...sizes];
          };
          const options = { stride, padding, dilation, groups, bias, paddingMode };
          const Conv = rank === 1 ? nn.Conv1d : nn.Conv2d;
          settles(() => new Conv(inChannels, outChannels, kernel, options)(randn(input)), expected());
        },
        200,
      );
    });
  }

  for (const rank of [1, 2] as const) {
    const per = (least: number, most: number): fc.Arbitrary<number[]> =>
      fc.array(size(least, most), { minLength: rank, maxLength: rank });
    const pooling = fc.record({
      input: fc.tuple(shape(0, 2, 3), per(1, 7)).map(([lead, rest]) => [...lead, ...rest]),
      kernel: per(1, 3),
      stride: fc.option(per(1, 3)),
      padding: per(0, 2),
      dilation: per(1, 2),
      ceilMode: fc.boolean(),
    });

    const pooled = (
      input: Shape,
      kernel: Shape,
      stride: Shape,
      padding: Shape,
      dilation: Shape,
      ceil: boolean,
    ): Shape | null => {
      if (input.length !== rank + 1 && input.length !== rank + 2) return null;
      const lead = input.slice(0, -rank);
      if (lead.at(-1) === 0) return null;
      const sizes = input.slice(-rank).map((length, axis) => {
        const [k, s, p, d] = [kernel, stride, padding, dilation].map((list) => list[axis]) as [
          number,
          number,
          number,
          number,
        ];
        if (p * 2 > (k - 1) * d + 1) return -1;
        const left = length + 2 * p - d * (k - 1) - 1;
        const count = (ceil ? Math.ceil(left / s) : Math.floor(left / s)) + 1;
        return ceil && (count - 1) * s >= length + p ? count - 1 : count;
      });
      return sizes.some((length) => length < 1) ? null : [...lead, ...sizes];
    };

    test(`MaxPool${rank}d`, () => {
      always(
        fc.tuple(pooling, fc.boolean()),
        ([{ input, kernel, stride, padding, dilation, ceilMode }, returnIndices]) => {
          const MaxPool = rank === 1 ? nn.MaxPool1d<nn.Pooled> : nn.MaxPool2d<nn.Pooled>;
          settles(
            () => new MaxPool(kernel, { stride, padding, dilation, ceilMode, returnIndices })(randn(input)) as Tensor,
            pooled(input, kernel, stride ?? kernel, padding, dilation, ceilMode),
          );
        },
      );
    });

    test(`AvgPool${rank}d`, () => {
      always(fc.tuple(pooling, fc.boolean()), ([{ input, kernel, stride, padding, ceilMode }, countIncludePad]) => {
        const AvgPool = rank === 1 ? nn.AvgPool1d : nn.AvgPool2d;
        const still = kernel.map(() => 1);
        settles(
          () => new AvgPool(kernel, { stride, padding, ceilMode, countIncludePad })(randn(input)),
          pooled(input, kernel, stride ?? kernel, padding, still, ceilMode),
        );
      });
    });
  }

  test('AdaptiveAvgPool1d and 2d', () => {
    const pair = fc.tuple(fc.option(size(0, 4)), fc.option(size(0, 4)));
    always(fc.record({ input: shape(1, 5, 5), one: size(0, 4), pair }), ({ input, one, pair: [height, width] }) => {
      const usable = (rank: number): boolean =>
        (input.length === rank + 1 || input.length === rank + 2) &&
        input.slice(-rank - 1).every((length) => length > 0);
      settles(() => new nn.AdaptiveAvgPool1d(one)(randn(input)), usable(1) ? [...input.slice(0, -1), one] : null);
      const expected = [...input.slice(0, -2), height ?? input.at(-2) ?? 0, width ?? input.at(-1) ?? 0];
      settles(() => new nn.AdaptiveAvgPool2d([height, width])(randn(input)), usable(2) ? expected : null);
    });
  });

  test('BatchNorm1d and BatchNorm2d', () => {
    const given = fc.record({
      input: shape(0, 5),
      features: size(0, 4),
      affine: fc.boolean(),
      trackRunningStats: fc.boolean(),
      momentum: fc.option(fc.constant(0.3)),
      training: fc.boolean(),
    });
    always(given, ({ input, features, training, ...options }) => {
      const channels = input[1] as number;
      const batch = training || !options.trackRunningStats;
      const single = channels > 0 && product(input) / channels === 1;
      const vectors = options.affine || options.trackRunningStats;
      const fits = (!vectors || channels === features) && !(batch && single);
      const one = (): Tensor => new nn.BatchNorm1d(features, options).train(training)(randn(input));
      settles(one, fits && (input.length === 2 || input.length === 3) ? input : null);
      const two = (): Tensor => new nn.BatchNorm2d(features, options).train(training)(randn(input));
      settles(two, fits && input.length === 4 ? input : null);
    });
  });

  test('LayerNorm, RMSNorm and GroupNorm', () => {
    const given = fc.record({ input: shape(0, 4), normalized: shape(0, 2), bias: fc.boolean(), affine: fc.boolean() });
    always(given, ({ input, normalized, bias, affine: elementwiseAffine }) => {
      const start = input.length - normalized.length;
      const fits = normalized.length > 0 && start >= 0 && normalized.every((length, i) => length === input[start + i]);
      settles(() => new nn.LayerNorm(normalized, { bias, elementwiseAffine })(randn(input)), fits ? input : null);
      settles(() => new nn.RMSNorm(normalized, { elementwiseAffine })(randn(input)), fits ? input : null);
    });
    const groups = fc.record({ input: shape(0, 4, 6), groups: size(0, 3), channels: size(1, 6), affine: fc.boolean() });
    always(groups, ({ input, groups: count, channels, affine }) => {
      const fits = count > 0 && channels % count === 0 && input.length >= 2;
      const matches = affine ? input[1] === channels : (input[1] as number) % count === 0;
      settles(() => new nn.GroupNorm(count, channels, { affine })(randn(input)), fits && matches ? input : null);
    });
  });

  test('Dropout, Dropout1d and Dropout2d', () => {
    const given = fc.record({ input: shape(0, 5), p: fc.constantFrom(-0.1, 0, 0.4, 1, 1.5), training: fc.boolean() });
    always(given, ({ input, p, training }) => {
      const valid = p >= 0 && p <= 1;
      const run = (Layer: typeof nn.Dropout): Tensor => new Layer(p).train(training)(randn(input));
      settles(() => run(nn.Dropout), valid ? input : null);
      settles(() => run(nn.Dropout1d), valid && (input.length === 2 || input.length === 3) ? input : null);
      settles(() => run(nn.Dropout2d), valid && input.length >= 2 ? input : null);
    });
  });

  test('Embedding', () => {
    const given = fc.record({
      input: shape(0, 3),
      rows: size(1, 5),
      width: size(0, 4),
      paddingIdx: fc.option(size(-6, 6)),
      maxNorm: fc.option(fc.constant(0.5)),
      scaleGradByFreq: fc.boolean(),
    });
    always(given, ({ input, rows, width, ...options }) => {
      const { paddingIdx } = options;
      const fits = paddingIdx === null || (paddingIdx < rows && paddingIdx >= -rows);
      const run = (): Tensor => new nn.Embedding(rows, width, options)(randint(rows, input, { dtype: 'int32' }));
      settles(run, fits ? [...input, width] : null);
    });
  });

  const pointwise: Readonly<Record<string, () => nn.Module>> = {
    CELU: () => new nn.CELU(1.5),
    ELU: () => new nn.ELU(),
    GELU: () => new nn.GELU({ approximate: 'tanh' }),
    Hardshrink: () => new nn.Hardshrink(),
    Hardsigmoid: () => new nn.Hardsigmoid(),
    Hardswish: () => new nn.Hardswish(),
    Hardtanh: () => new nn.Hardtanh(),
    Identity: () => new nn.Identity(),
    LeakyReLU: () => new nn.LeakyReLU(),
    LogSigmoid: () => new nn.LogSigmoid(),
    Mish: () => new nn.Mish(),
    PReLU: () => new nn.PReLU(),
    ReLU: () => new nn.ReLU(),
    ReLU6: () => new nn.ReLU6(),
    RReLU: () => new nn.RReLU(),
    SELU: () => new nn.SELU(),
    Sigmoid: () => new nn.Sigmoid(),
    SiLU: () => new nn.SiLU(),
    Softplus: () => new nn.Softplus(2, 1),
    Softshrink: () => new nn.Softshrink(),
    Softsign: () => new nn.Softsign(),
    Tanh: () => new nn.Tanh(),
    Tanhshrink: () => new nn.Tanhshrink(),
    Threshold: () => new nn.Threshold(0.1, 2),
  };
  test.each(Object.entries(pointwise))('%s', (_, make) => {
    always(shape(0, 4), (input) => settles(() => make()(randn(input)), input), 20);
  });

  test('Softmax, Softmin, LogSoftmax, Softmax2d, GLU and PReLU with channels', () => {
    always(fc.record({ input: shape(0, 4), dim: size(-5, 5), slopes: size(0, 4) }), ({ input, dim, slopes }) => {
      const rank = Math.max(input.length, 1);
      const exists = dim >= -rank && dim < rank;
      for (const Layer of [nn.Softmax, nn.Softmin, nn.LogSoftmax]) {
        settles(() => new Layer(dim)(randn(input)), exists ? input : null);
      }
      settles(() => new nn.Softmax2d()(randn(input)), input.length === 3 || input.length === 4 ? input : null);
      const axis = dim < 0 ? dim + input.length : dim;
      const halves = exists && input.length > 0 && (input[axis] as number) % 2 === 0;
      const halved = input.map((length, i) => (i === axis ? length / 2 : length));
      settles(() => new nn.GLU(dim)(randn(input)), halves ? halved : null);
      const channels = input.length > 1 ? input[1] : 1;
      const fits = slopes > 0 && (slopes === 1 || (input.length > 0 && slopes === channels));
      settles(() => new nn.PReLU(slopes)(randn(input)), fits ? input : null);
    });
  });

  test('Flatten and Unflatten', () => {
    const given = fc.record({ input: shape(0, 4), start: size(-5, 5), end: size(-5, 5), sizes: shape(0, 3, 3) });
    always(given, ({ input, start, end, sizes }) => {
      const rank = Math.max(input.length, 1);
      const [from, to] = [start, end].map((dim) => (dim < 0 ? dim + rank : dim)) as [number, number];
      const exists = [from, to].every((dim) => dim >= 0 && dim < rank) && from <= to;
      const middle = product(input.slice(from, to + 1));
      const flat = input.length === 0 ? [1] : [...input.slice(0, from), middle, ...input.slice(to + 1)];
      settles(() => new nn.Flatten(start, end)(randn(input)), exists ? flat : null);
      const splits = from >= 0 && from < input.length && sizes.length > 0 && product(sizes) === input[from];
      const split = [...input.slice(0, from), ...sizes, ...input.slice(from + 1)];
      settles(() => new nn.Unflatten(start, sizes)(randn(input)), splits ? split : null);
    });
  });

  test('MultiheadAttention and TransformerEncoderLayer', () => {
    const given = fc.record({
      heads: size(1, 3),
      width: fc.constantFrom(4, 6),
      length: size(1, 4),
      keys: size(1, 4),
      batch: fc.option(size(1, 3)),
      batchFirst: fc.boolean(),
      bias: fc.boolean(),
      addBiasKv: fc.boolean(),
      addZeroAttn: fc.boolean(),
      needWeights: fc.boolean(),
      averageAttnWeights: fc.boolean(),
      masked: fc.constantFrom('no', 'bool', 'float', 'wrong'),
      padded: fc.boolean(),
    });
    always(
      given,
      ({
        heads,
        width,
        length,
        keys,
        batch,
        batchFirst,
        masked,
        padded,
        needWeights,
        averageAttnWeights,
        ...options
      }) => {
        const sequence = (count: number, mine = batch): number[] =>
          mine === null ? [count, width] : batchFirst ? [mine, count, width] : [count, mine, width];
        const fits = width % heads === 0 && masked !== 'wrong';
        const mask = (columns: number): Tensor | null => {
          if (masked === 'no') return null;
          const wide = masked === 'wrong' ? columns + 1 : columns;
          return masked === 'bool' ? rand([length, wide]).gt(2) : randn([length, wide]);
        };
        const padding = (columns: number): Tensor | null =>
          padded ? rand(batch === null ? [columns] : [batch, columns]).gt(2) : null;
        const attend = (): readonly unknown[] => {
          const attention = new nn.MultiheadAttention(width, heads, { batchFirst, ...options });
          const [q, k] = [randn(sequence(length)), randn(sequence(keys))];
          const call = { attnMask: mask(keys), keyPaddingMask: padding(keys), needWeights, averageAttnWeights };
          const result = attention(q, k, k, call);
          const extra = Number(options.addBiasKv) + Number(options.addZeroAttn);
          const perHead = averageAttnWeights ? [] : [heads];
          const lead = batch === null ? perHead : [batch, ...perHead];
          expect(result[1]?.shape ?? null).toEqual(needWeights ? [...lead, length, keys + extra] : null);
          return result;
        };
        settles(attend, fits ? sequence(length) : null);
        const encode = (): Tensor => {
          const { bias } = options;
          const encoder = new nn.TransformerEncoderLayer(width, heads, { dimFeedforward: 5, batchFirst, bias });
          return encoder(randn(sequence(length)), { srcMask: mask(length), srcKeyPaddingMask: padding(length) });
        };
        settles(encode, fits ? sequence(length) : null);
      },
      60,
    );
  });

  test('losses of two tensors of one shape', () => {
    const given = fc.record({
      input: shape(0, 3),
      other: shape(0, 3),
      same: fc.boolean(),
      reduction: fc.constantFrom('none', 'mean', 'sum', 'average' as 'sum'),
      seed,
    });
    always(given, ({ input, other, same, reduction }) => {
      const target = same ? input : other;
      const known = reduction !== ('average' as 'sum');
      const result = reduction === 'none' ? input : [];
      const equal = input.length === target.length && input.every((length, i) => length === target[i]);
      for (const Loss of [nn.BCELoss, nn.BCEWithLogitsLoss]) {
        settles(() => new Loss({ reduction })(rand(input), rand(target)), known && equal ? result : null);
      }
      const joint = broadcast(input, target);
      for (const Loss of [nn.L1Loss, nn.MSELoss, nn.SmoothL1Loss, nn.HuberLoss, nn.KLDivLoss]) {
        const expected = joint && (reduction === 'none' ? joint : []);
        settles(() => new Loss({ reduction })(rand(input), rand(target)), known ? expected : null);
      }
    });
  });

  test('losses with class targets', () => {
    const given = fc.record({
      input: shape(0, 4),
      other: shape(0, 3),
      right: fc.boolean(),
      probabilities: fc.boolean(),
      reduction: fc.constantFrom('none', 'mean', 'sum'),
      weighted: fc.boolean(),
      labelSmoothing: fc.constantFrom(0, 0.2),
    });
    always(given, ({ input, other, right, probabilities, reduction, weighted, labelSmoothing }) => {
      const axis = input.length === 1 ? 0 : 1;
      const classes = input[axis] ?? 1;
      const rest = input.filter((_, i) => i !== axis);
      const target = right ? (probabilities ? input : rest) : other;
      const weight = weighted ? rand([Math.max(classes, 1)]) : null;
      const weightFits = !weighted || classes > 0;
      const matches =
        input.length > 0 && target.length === rest.length && rest.every((length, i) => length === target[i]);
      const equal =
        input.length > 0 && target.length === input.length && input.every((length, i) => length === target[i]);
      const result = reduction === 'none' ? rest : [];
      const indices = (): Tensor => randint(Math.max(classes, 1), target, { dtype: 'int32' });
      const possible = classes > 0 || product(rest) === 0;
      if (possible) {
        settles(
          () => new nn.NLLLoss({ reduction, weight })(randn(input), indices()),
          matches && weightFits ? result : null,
        );
      }
      const options = { reduction, weight, labelSmoothing };
      if (probabilities) {
        const run = (): Tensor => new nn.CrossEntropyLoss(options)(randn(input), rand(target));
        settles(run, equal && weightFits ? result : null);
      } else if (possible) {
        const run = (): Tensor => new nn.CrossEntropyLoss(options)(randn(input), indices());
        settles(run, matches && !equal && weightFits ? result : null);
      }
    });
  });
});

function broadcast(a: Shape, b: Shape): Shape | null {
  const rank = Math.max(a.length, b.length);
  const at = (sizes: Shape, axis: number): number => sizes[sizes.length - rank + axis] ?? 1;
  const joint = Array.from({ length: rank }, (_, axis) => {
    const [x, y] = [at(a, axis), at(b, axis)];
    return x === y || y === 1 ? x : x === 1 ? y : -1;
  });
  return joint.includes(-1) ? null : joint;
}
