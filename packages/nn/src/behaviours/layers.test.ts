import { manualSeed, noGrad, ones, rand, randn, Tensor, tensor, zeros } from '@flambeau/autograd';
import { ArgumentError, IndexError, ShapeError } from '@flambeau/backend';
import { describe, expect, test } from 'vitest';
import * as functional from '../functional/index.ts';
import * as init from '../init/index.ts';
import {
  BatchNorm1d,
  BatchNorm2d,
  Conv1d,
  Conv2d,
  Dropout,
  Embedding,
  Flatten,
  GroupNorm,
  LayerNorm,
  Linear,
  MultiheadAttention,
  RMSNorm,
  Unflatten,
} from '../layers/index.ts';
import { CrossEntropyLoss } from '../losses/index.ts';
import { Parameter } from '../parameter.ts';
import { clipGradNorm_, clipGradValue_, parametersToVector, vectorToParameters } from '../utils/index.ts';

const values = (x: Tensor): number[] => Array.from(x.toArraySync() as Float32Array, Number);
const integers = (data: number[] | number[][]): Tensor => tensor(data, { dtype: 'int32' });

function expectClose(got: Tensor, expected: Tensor | readonly number[], digits = 5): void {
  const wanted = expected instanceof Tensor ? values(expected) : expected;
  const found = values(got);
  expect(found.length).toBe(wanted.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i] as number, digits);
  });
}

/** Mean and standard deviation. */
function moments(x: Tensor): [mean: number, deviation: number] {
  const all = values(x);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  return [mean, Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length)];
}

describe('initialisation', () => {
  test('107. calculate_gain gives the documented constants and refuses unknown names and non-numeric slopes.', () => {
    for (const name of ['linear', 'conv1d', 'conv_transpose2d', 'sigmoid'] as const) {
      expect(init.calculateGain(name)).toBe(1);
    }
    expect(init.calculateGain('tanh')).toBe(5 / 3);
    expect(init.calculateGain('relu')).toBe(Math.SQRT2);
    expect(init.calculateGain('selu')).toBe(0.75);
    expect(init.calculateGain('leaky_relu')).toBe(Math.sqrt(2 / (1 + 0.01 ** 2)));
    expect(init.calculateGain('leaky_relu', 0.2)).toBe(Math.sqrt(2 / (1 + 0.2 ** 2)));
    expect(() => init.calculateGain('swish' as 'relu')).toThrow('Unsupported nonlinearity swish');
    expect(() => init.calculateGain('leaky_relu', 'x' as never)).toThrow('negative_slope x not a valid number');
  });

  test('108. Xavier and kaiming bounds and deviations follow from fans; tensors below 2d raise.', () => {
    manualSeed(1);
    const shape = [40, 30, 3, 3];
    const [fanIn, fanOut] = [30 * 9, 40 * 9];
    const range = (x: Tensor): number => Math.max(...values(x).map(Math.abs));
    const xavier = Math.sqrt(6 / (fanIn + fanOut));
    expect(range(init.xavierUniform_(zeros(shape), 2))).toBeLessThanOrEqual(2 * xavier);
    expect(range(init.xavierUniform_(zeros(shape), 2))).toBeGreaterThan(2 * xavier * 0.98);
    expect(moments(init.xavierNormal_(zeros(shape)))[1]).toBeCloseTo(Math.sqrt(2 / (fanIn + fanOut)), 2);
    const kaiming = Math.sqrt(3) * (Math.SQRT2 / Math.sqrt(fanOut));
    const drawn = init.kaimingUniform_(zeros(shape), { mode: 'fan_out', nonlinearity: 'relu' });
    expect(range(drawn)).toBeLessThanOrEqual(kaiming);
    expect(range(drawn)).toBeGreaterThan(kaiming * 0.98);
    const normal = init.kaimingNormal_(zeros(shape), { a: 1 });
    expect(moments(normal)[1]).toBeCloseTo(1 / Math.sqrt(fanIn), 2);
    for (const fill of [init.xavierUniform_, init.xavierNormal_, init.kaimingUniform_, init.kaimingNormal_]) {
      expect(() => fill(zeros([4]))).toThrow(
        'Fan in and fan out can not be computed for tensor with fewer than 2 dimensions',
      );
    }
  });

  test('109. eye_, dirac_ (with groups), ones_, zeros_, constant_ give exact values; wrong ranks raise.', () => {
    expect(values(init.eye_(rand([2, 3])))).toEqual([1, 0, 0, 0, 1, 0]);
    expect(values(init.ones_(rand([2])))).toEqual([1, 1]);
    expect(values(init.zeros_(rand([2])))).toEqual([0, 0]);
    expect(values(init.constant_(rand([2]), 0.25))).toEqual([0.25, 0.25]);
    const passes = (channels: number, groups: number): void => {
      const weight = init.dirac_(rand([channels, channels / groups, 3]), groups);
      const x = randn([2, channels, 5]);
      expectClose(functional.conv1d(x, weight, null, { padding: 1, groups }), x);
    };
    passes(4, 1);
    passes(4, 2);
    expect(() => init.eye_(zeros([3]))).toThrow('Only tensors with 2 dimensions are supported');
    expect(() => init.dirac_(zeros([3, 3]))).toThrow('Only tensors with 3, 4, or 5 dimensions are supported');
    expect(() => init.dirac_(zeros([3, 3, 3]), 2)).toThrow('dim 0 must be divisible by groups');
  });

  test('110. orthogonal_ gives (semi-)orthogonal rows or columns times the gain.', () => {
    manualSeed(2);
    for (const shape of [
      [3, 5],
      [5, 3],
      [4, 4],
      [2, 3, 4],
    ]) {
      const filled = init.orthogonal_(zeros(shape), 2).flatten(1);
      const [rows, columns] = filled.shape as [number, number];
      const product = rows < columns ? filled.mm(filled.t()) : filled.t().mm(filled);
      const size = Math.min(rows, columns);
      expectClose(
        product,
        Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 4 : 0)),
      );
    }
    expect(() => init.orthogonal_(zeros([4]))).toThrow('Only tensors with 2 or more dimensions are supported');
  });

  test('111. trunc_normal_ stays within its cut points; sparse_ zeroes the right share of each column.', () => {
    manualSeed(3);
    const cut = values(init.truncNormal_(zeros([2000]), 0.5, 2, -1, 1.5));
    expect(Math.min(...cut)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...cut)).toBeLessThanOrEqual(1.5);
    expect(new Set(cut).size).toBeGreaterThan(1000);
    const sparse = init.sparse_(zeros([10, 6]), 0.35, 0.5);
    expect(values(sparse.eq(0).sum(0))).toEqual([4, 4, 4, 4, 4, 4]);
    expect(() => init.sparse_(zeros([3]), 0.5)).toThrow('Only tensors with 2 dimensions are supported');
  });

  test('112. Linear and convolutions start uniform within 1/√fan_in, biases too; norms start at 1 and 0; embeddings normal with a zero padding row.', () => {
    manualSeed(4);
    const bounded = (parameter: Parameter | null, bound: number): void => {
      const largest = Math.max(...values(parameter as Parameter).map(Math.abs));
      expect(largest).toBeLessThanOrEqual(bound);
      expect(largest).toBeGreaterThan(bound * 0.8);
    };
    const linear = new Linear(50, 40);
    const conv1 = new Conv1d(6, 20, 5);
    const conv2 = new Conv2d(6, 20, [3, 5], { groups: 2 });
    for (const [layer, fan] of [
      [linear, 50],
      [conv1, 30],
      [conv2, 45],
    ] as const) {
      bounded(layer.weight, 1 / Math.sqrt(fan));
      bounded(layer.bias, 1 / Math.sqrt(fan));
    }
    for (const norm of [new BatchNorm2d(3), new GroupNorm(1, 3), new LayerNorm(3)]) {
      expect(values(norm.weight as Parameter)).toEqual([1, 1, 1]);
      expect(values(norm.bias as Parameter)).toEqual([0, 0, 0]);
    }
    expect(values(new RMSNorm(2).weight as Parameter)).toEqual([1, 1]);
    const table = new Embedding(200, 20, { paddingIdx: 3 });
    const [mean, deviation] = moments(table.weight);
    expect(mean).toBeCloseTo(0, 1);
    expect(deviation).toBeCloseTo(1, 1);
    expect(values(table.weight.select(0, 3))).toEqual(new Array(20).fill(0));
  });
});

describe('layers with state or edge cases', () => {
  test('113. BatchNorm in training uses biased variance to normalise and unbiased to track; momentum null averages cumulatively; one value per channel raises.', () => {
    const x = tensor([[1], [2], [3], [6]]);
    const norm = new BatchNorm1d(1, { eps: 0, momentum: 0.25 });
    // Mean 3, squares 4 + 1 + 0 + 9 = 14: biased variance 3.5, unbiased 14/3.
    expectClose(
      norm(x),
      [-2, -1, 0, 3].map((value) => value / Math.sqrt(3.5)),
    );
    expectClose(norm.runningMean as Tensor, [0.75]);
    expectClose(norm.runningVar as Tensor, [0.75 + 0.25 * (14 / 3)]);
    expect(values(norm.numBatchesTracked as Tensor)).toEqual([1]);
    const average = new BatchNorm1d(1, { momentum: null });
    average(x);
    average(x.mul(3));
    expectClose(average.runningMean as Tensor, [6]);
    expectClose(average.runningVar as Tensor, [(14 / 3) * 5]);
    expect(() => new BatchNorm1d(3)(randn([1, 3]))).toThrow(
      'Expected more than 1 value per channel when training, got input size torch.Size([1, 3])',
    );
    expect(new BatchNorm1d(3).eval()(randn([1, 3])).shape).toEqual([1, 3]);
  });

  test('114. BatchNorm without running statistics uses batch statistics in eval.', () => {
    const x = randn([6, 2]);
    const norm = new BatchNorm1d(2, { trackRunningStats: false });
    expect(norm.runningMean).toBeNull();
    expect(norm.numBatchesTracked).toBeNull();
    const trained = norm(x);
    expectClose(norm.eval()(x), trained);
    expectClose(trained.mean(0), [0, 0]);
  });

  test('115. Dropout with p=0 and in eval is the identity, with p=1 all zeros, and survivors are scaled by 1/(1−p).', () => {
    manualSeed(5);
    const x = rand([100]).add(1);
    expectClose(new Dropout(0)(x), x);
    expectClose(new Dropout(0.5).eval()(x), x);
    expect(values(new Dropout(1)(x))).toEqual(new Array(100).fill(0));
    const dropped = values(new Dropout(0.2)(ones([1000])));
    const survivors = dropped.filter((value) => value !== 0);
    expect(new Set(survivors)).toEqual(new Set([1.25]));
    expect(survivors.length).toBeGreaterThan(750);
    expect(survivors.length).toBeLessThan(850);
  });

  test("116. Embedding's padding row gets no gradient; max_norm changes the weight in place.", () => {
    const padded = new Embedding(4, 2, { paddingIdx: 1 });
    padded(integers([0, 1, 1, 3]))
      .sum()
      .backward();
    expect(values(padded.weight.grad as Tensor)).toEqual([1, 1, 0, 0, 0, 0, 1, 1]);
    const bounded = new Embedding(3, 2, {
      maxNorm: 1,
      weight: tensor([
        [3, 4],
        [6, 8],
        [0.3, 0.4],
      ]),
    });
    const rows = bounded(integers([0, 2]));
    expectClose(rows, [0.6, 0.8, 0.3, 0.4]);
    expectClose(bounded.weight, [0.6, 0.8, 6, 8, 0.3, 0.4]);
  });

  test('117. CrossEntropy with everything ignored gives NaN for mean; label smoothing and class weights combine; probabilities are accepted as targets.', () => {
    const logits = tensor([
      [1, 2, 3],
      [1, 0, 0.5],
    ]);
    const ignored = new CrossEntropyLoss({ ignoreIndex: 1 })(logits, integers([1, 1]));
    expect(values(ignored)).toEqual([Number.NaN]);
    expect(values(new CrossEntropyLoss({ ignoreIndex: 1, reduction: 'sum' })(logits, integers([1, 1])))).toEqual([0]);

    const weight = tensor([1, 2, 4]);
    const logp = values(logits.logSoftmax(1));
    const at = (row: number, column: number): number => -(logp[row * 3 + column] as number);
    const likelihood = (4 * at(0, 2) + 1 * at(1, 0)) / 5;
    const spread = [0, 1].map((row) => at(row, 0) + 2 * at(row, 1) + 4 * at(row, 2)) as [number, number];
    const smoothed = 0.7 * likelihood + ((0.3 / 3) * (spread[0] + spread[1])) / 5;
    expectClose(new CrossEntropyLoss({ weight, labelSmoothing: 0.3 })(logits, integers([2, 0])), [smoothed]);

    const target = tensor([
      [0.2, 0.3, 0.5],
      [1, 0, 0],
    ]);
    const mixed = (0.2 * at(0, 0) + 0.3 * at(0, 1) + 0.5 * at(0, 2) + at(1, 0)) / 2;
    expectClose(new CrossEntropyLoss()(logits, target), [mixed]);
  });

  test('120. MultiheadAttention: boolean masks mean "not allowed", float masks are added; weights come averaged over heads unless asked otherwise.', () => {
    manualSeed(6);
    const attention = new MultiheadAttention(8, 2);
    const x = randn([3, 2, 8]);
    const later = ones([3, 3], { dtype: 'bool' }).triu(1);
    const [hidden, weights] = attention(x, x, x, { attnMask: later });
    expect(weights?.shape).toEqual([2, 3, 3]);
    expect(values((weights as Tensor).triu(1)).every((value) => value === 0)).toBe(true);
    const added = zeros([3, 3]).maskedFill(later, Number.NEGATIVE_INFINITY);
    expectClose(attention(x, x, x, { attnMask: added })[0], hidden);
    const [, perHead] = attention(x, x, x, { attnMask: later, averageAttnWeights: false });
    expect(perHead?.shape).toEqual([2, 2, 3, 3]);
    expectClose((perHead as Tensor).mean(1), weights as Tensor);
    const [alone, none] = attention(x, x, x, { attnMask: later, needWeights: false });
    expect(none).toBeNull();
    expectClose(alone, hidden);
    const biased = attention(x, x, x, { attnMask: zeros([3, 3]).add(tensor([0, 0, 50])) })[1] as Tensor;
    expectClose(biased.select(2, 2), new Array(6).fill(1));
    const padding = tensor(
      [
        [false, true, false],
        [false, false, false],
      ],
      { dtype: 'bool' },
    );
    const padded = attention(x, x, x, { keyPaddingMask: padding })[1] as Tensor;
    expect(values(padded.select(0, 0).select(1, 1))).toEqual([0, 0, 0]);
    expect(values(padded.select(0, 1).select(1, 1)).every((value) => value > 0)).toBe(true);
  });

  test('121. Flatten, Unflatten, PixelShuffle and Fold invert as expected and check their arguments.', () => {
    const x = randn([2, 6, 4]);
    expect(new Flatten()(x).shape).toEqual([2, 24]);
    expect(new Flatten(0, 1)(x).shape).toEqual([12, 4]);
    const unflatten = new Unflatten(1, [2, 3]);
    expect(unflatten(x).shape).toEqual([2, 2, 3, 4]);
    expect(values(new Flatten(1, 2)(unflatten(x)))).toEqual(values(x));
    expect(new Unflatten(-1, [2, -1])(x).shape).toEqual([2, 6, 2, 2]);
    expect(() => new Unflatten(1, [2, 4])(x)).toThrow(ShapeError);
    expect(() => new Unflatten(1, 'x' as never)).toThrow('unflattened_size must be an array of ints');
    expect(() => new Unflatten(1, [2, 1.5])).toThrow('found element 1.5 at pos 1');
    expect(() => new Flatten(0, 5)(x)).toThrow(IndexError);
    expect(() => new Flatten(0.5)).toThrow(ArgumentError);
  });
});

describe('utilities', () => {
  const withGrad = (data: number[], grad: number[] | null): Parameter => {
    const parameter = new Parameter(tensor(data));
    parameter.grad = grad && tensor(grad);
    return parameter;
  };

  test('140. clip_grad_norm_ returns the norm before clipping and always multiplies by min(1, max/(norm+1e-6)); clip_grad_value_ clamps.', () => {
    const parameters = [withGrad([0, 0], [3, 0]), withGrad([0], [4]), withGrad([0], null)];
    expectClose(clipGradNorm_(parameters, 1), [5]);
    const factor = 1 / (5 + 1e-6);
    expectClose(parameters[0]?.grad as Tensor, [3 * factor, 0]);
    expectClose(parameters[1]?.grad as Tensor, [4 * factor]);
    expect(parameters[2]?.grad).toBeNull();
    expectClose(clipGradNorm_(parameters, 10), [1], 4);
    expectClose(parameters[1]?.grad as Tensor, [4 * factor]);
    expect(values(clipGradNorm_([withGrad([0], null)], 1))).toEqual([0]);
    const infinite = [withGrad([0], [Number.POSITIVE_INFINITY])];
    expect(() => clipGradNorm_(infinite, 1, { errorIfNonfinite: true })).toThrow(
      'is non-finite, so it cannot be clipped',
    );
    expect(values(clipGradNorm_(infinite, 1))).toEqual([Number.POSITIVE_INFINITY]);
    expect(values(infinite[0]?.grad as Tensor)).toEqual([Number.NaN]);
    const wide = withGrad([0, 0, 0], [-3, 0.5, 7]);
    clipGradValue_(wide, 1.5);
    expect(values(wide.grad as Tensor)).toEqual([-1.5, 0.5, 1.5]);
  });

  test('141. parameters_to_vector concatenates in order; vector_to_parameters writes back views and refuses a non-tensor.', () => {
    const parameters = [
      new Parameter(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
      new Parameter(tensor([5])),
    ];
    expect(values(parametersToVector(parameters))).toEqual([1, 2, 3, 4, 5]);
    const vector = tensor([9, 8, 7, 6, 5]);
    vectorToParameters(vector, parameters);
    expect(parameters[0]?.shape).toEqual([2, 2]);
    expect(values(parameters[0] as Tensor)).toEqual([9, 8, 7, 6]);
    noGrad(() => vector.fill_(1));
    expect(values(parameters[0] as Tensor)).toEqual([1, 1, 1, 1]);
    expect(values(parameters[1] as Tensor)).toEqual([1]);
    expect(() => vectorToParameters([1, 2] as never, parameters)).toThrow('vector must be a Tensor');
  });
});
