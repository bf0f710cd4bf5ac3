import { ones, randn, tensor, zeros } from '@flambeau/autograd';
import { ArgumentError, DTypeError, IndexError, ShapeError } from '@flambeau/backend';
import { describe, expect, test } from 'vitest';
import * as nn from '../index.ts';

type Case = readonly [what: string, call: () => unknown, error: new (...args: never[]) => Error, text: string];

const F = nn.functional;
const x = (): ReturnType<typeof randn> => randn([2, 4, 6]);
const text = 'x' as never;
const indices = tensor([0, 1], { dtype: 'int32' });

const calls: readonly Case[] = [
  ['something that is no tensor', () => new nn.Linear(2, 2)(text), ArgumentError, "input must be a Tensor; got 'x'"],
  [
    'a last size that does not fit',
    () => new nn.Linear(5, 2)(x()),
    ShapeError,
    'must agree in their last size; got [2, 4, 6] and [2, 5]',
  ],
  [
    'a bias that does not fit',
    () => F.linear(x(), randn([3, 6]), randn([2])),
    ShapeError,
    'bias must have shape [3]; got [2]',
  ],
  [
    'bilinear inputs that do not fit',
    () => new nn.Bilinear(6, 6, 2)(x(), randn([2, 6])),
    ShapeError,
    'must fit each other; got [2, 4, 6], [2, 6]',
  ],
  [
    'other channels',
    () => new nn.Conv1d(3, 2, 3)(x()),
    ShapeError,
    'expected input[2, 4, 6] to have 3 channels, but got 4 channels instead',
  ],
  [
    'another rank',
    () => new nn.Conv2d(3, 2, 3)(randn([2, 3])),
    ShapeError,
    'Expected 3D (unbatched) or 4D (batched) input, but got input of size: [2, 3]',
  ],
  [
    'reflection wider than the input',
    () => F.pad(x(), [6, 0], { mode: 'reflect' }),
    ShapeError,
    'Padding size should be less than the corresponding input dimension',
  ],
  [
    'wrapping around twice',
    () => F.pad(x(), [7, 0], { mode: 'circular' }),
    ShapeError,
    'Padding value causes wrapping around more than once',
  ],
  [
    'cropping more than there is',
    () => F.pad(x(), [-3, -3], { mode: 'replicate' }),
    ShapeError,
    'the padded size must be at least 1; got 0',
  ],
  [
    'replicating nothing',
    () => F.pad(zeros([0]), [1, 0], { mode: 'replicate' }),
    ShapeError,
    "mode 'replicate' needs at least one element",
  ],
  ['an odd number of paddings', () => F.pad(x(), [1]), ArgumentError, 'Padding length must be divisible by 2; got [1]'],
  [
    'more paddings than dimensions',
    () => F.pad(randn([2]), [1, 1, 1, 1]),
    ShapeError,
    'less than or equal to two times the input dimension',
  ],
  [
    'an unknown mode of padding',
    () => F.pad(x(), [1, 1], { mode: 'wrap' as 'reflect' }),
    ArgumentError,
    "Unrecognised padding mode 'wrap'",
  ],
  [
    'one value per channel',
    () => new nn.BatchNorm1d(3)(randn([1, 3])),
    ShapeError,
    'Expected more than 1 value per channel when training, got input size torch.Size([1, 3])',
  ],
  [
    'a rank that BatchNorm1d does not serve',
    () => new nn.BatchNorm1d(3)(randn([3])),
    ShapeError,
    'expected 2D or 3D input (got 1D input)',
  ],
  [
    'a rank that BatchNorm2d does not serve',
    () => new nn.BatchNorm2d(3)(randn([3, 3])),
    ShapeError,
    'expected 4D input (got 2D input)',
  ],
  [
    'other channels to normalise',
    () => new nn.BatchNorm1d(3)(x()),
    ShapeError,
    'weight should contain 4 elements, one per channel; got shape [3]',
  ],
  [
    'no running statistics in evaluation',
    () => F.batchNorm(x(), null, null),
    ArgumentError,
    'Expected running_mean and running_var to be defined when training=False',
  ],
  [
    'another last shape to normalise',
    () => new nn.LayerNorm(5)(x()),
    ShapeError,
    'Given normalized_shape=[5], expected input with shape [*, 5], but got input of size[2, 4, 6]',
  ],
  [
    'a weight of another shape',
    () => F.layerNorm(x(), [6], { weight: ones([5]) }),
    ShapeError,
    'Expected weight and bias to be of same shape as normalized_shape',
  ],
  [
    'too few dimensions for groups',
    () => F.groupNorm(randn([4]), 2),
    ShapeError,
    'Expected at least 2 dimensions for input tensor but received 1',
  ],
  [
    'channels that groups do not divide',
    () => F.groupNorm(x(), 3),
    ShapeError,
    'Expected number of channels in input to be divisible by num_groups',
  ],
  [
    'float indices',
    () => new nn.Embedding(3, 2)(randn([2])),
    DTypeError,
    "Expected tensor for argument 'indices' to have an integer dtype; got float32",
  ],
  ['an index outside the table', () => new nn.Embedding(1, 2)(indices), IndexError, 'out of'],
  ['a table that is no matrix', () => F.embedding(indices, randn([2])), ShapeError, "'weight' must be 2-D; got [2]"],
  [
    'an odd size to halve',
    () => new nn.GLU(0)(randn([3])),
    ShapeError,
    'Halving dimension must be even, but dimension 0 is size 3',
  ],
  ['a scalar to halve', () => new nn.GLU()(randn([])), ShapeError, 'does not support scalars'],
  [
    'a dimension that is not there',
    () => new nn.Softmax(3)(x()),
    IndexError,
    'Dimension out of range (expected to be in range of [-3, 2], but got 3)',
  ],
  [
    'a rank that Softmax2d does not serve',
    () => new nn.Softmax2d()(randn([2])),
    ShapeError,
    'expected input to be 3D or 4D, got a 1D input of shape [2] instead',
  ],
  ['an alpha of zero', () => new nn.CELU(0)(x()), ArgumentError, 'alpha cannot be 0 for CELU'],
  [
    'a negative lambda',
    () => new nn.Softshrink(-1)(x()),
    ArgumentError,
    'lambda must be greater or equal to 0, but found to be -1',
  ],
  [
    'slopes for other channels',
    () => new nn.PReLU(3)(x()),
    ShapeError,
    'Found parameter numbers = 3 and channel size = 4',
  ],
  ['a slope matrix', () => F.prelu(x(), randn([2, 2])), ShapeError, 'Expected `weight` to be a scalar or 1D tensor'],
  ['slopes for a scalar', () => new nn.PReLU(3)(randn([])), ShapeError, 'Not allow zero-dim input tensor'],
  [
    'channels without a batch',
    () => new nn.Dropout2d()(randn([2])),
    ShapeError,
    'Feature dropout requires at least 2 dimensions in the input',
  ],
  [
    'a rank that Dropout1d does not serve',
    () => new nn.Dropout1d()(randn([2])),
    ShapeError,
    'Expected 2D or 3D input, but received a 1D input',
  ],
];

const attention = (): nn.MultiheadAttention => new nn.MultiheadAttention(4, 2);
const q = (): ReturnType<typeof randn> => randn([3, 2, 4]);

const attentionCalls: readonly Case[] = [
  [
    'a query of four dimensions',
    () => attention()(randn([1, 3, 2, 4]), q(), q()),
    ShapeError,
    'query should be unbatched 2D or batched 3D tensor but received 4-D query tensor',
  ],
  [
    'keys without a batch',
    () => attention()(q(), randn([3, 4]), q()),
    ShapeError,
    'expected `key` and `value` to be 3-D but found 2-D and 3-D tensors respectively',
  ],
  [
    'another width',
    () => attention()(randn([3, 2, 6]), q(), q()),
    ShapeError,
    'was expecting embedding dimension of 4, but got 6',
  ],
  [
    'values for other keys',
    () => attention()(q(), q(), randn([5, 2, 4])),
    ShapeError,
    'key shape [3, 2, 4] does not match value shape [5, 2, 4]',
  ],
  [
    'keys of another batch',
    () => attention()(q(), randn([3, 1, 4]), randn([3, 1, 4])),
    ShapeError,
    'query and key must have the same batch size; got 2 and 1',
  ],
  [
    'a mask of another shape',
    () => attention()(q(), q(), q(), { attnMask: zeros([3, 4]) }),
    ShapeError,
    'The shape of the 2D attn_mask is [3, 4], but should be [3, 3]',
  ],
  [
    'a mask of another rank',
    () => attention()(q(), q(), q(), { attnMask: zeros([3]) }),
    ShapeError,
    'expected `attnMask` to be null, 2-D or 3-D but found 1-D tensor instead',
  ],
  [
    'a padding mask of another shape',
    () => attention()(q(), q(), q(), { keyPaddingMask: zeros([3, 2]) }),
    ShapeError,
    'The shape of key_padding_mask is [3, 2], but should be [2, 3]',
  ],
  [
    'a padding mask of another rank',
    () => attention()(q(), q(), q(), { keyPaddingMask: zeros([3]) }),
    ShapeError,
    'expected `keyPaddingMask` to be null or 2-D but found 1-D tensor instead',
  ],
  [
    'a mask of integers',
    () => attention()(q(), q(), q(), { attnMask: zeros([3, 3], { dtype: 'int32' }) }),
    DTypeError,
    'only bool and floating types of attn_mask are supported; got int32',
  ],
  [
    'a causal hint without a mask',
    () => attention()(q(), q(), q(), { isCausal: true }),
    ArgumentError,
    'Need attn_mask if specifying the is_causal hint',
  ],
  [
    'a mask beside isCausal',
    () => F.scaledDotProductAttention(q(), q(), q(), { attnMask: zeros([2, 2]), isCausal: true }),
    ArgumentError,
    'Explicit attn_mask should not be set when is_causal=True',
  ],
  [
    'queries and keys of other widths',
    () => F.scaledDotProductAttention(q(), randn([3, 2, 5]), q()),
    ShapeError,
    'must fit; got [3, 2, 4], [3, 2, 5], [3, 2, 4]',
  ],
];

const losses: readonly Case[] = [
  [
    'a class that is not there',
    () => new nn.CrossEntropyLoss()(randn([2, 3]), tensor([0, 3], { dtype: 'int32' })),
    IndexError,
    'out of',
  ],
  [
    'a target of another shape',
    () => new nn.NLLLoss()(randn([2, 3]), tensor([1], { dtype: 'int32' })),
    ShapeError,
    'Expected target size [2], got [1]',
  ],
  [
    'no classes',
    () => new nn.NLLLoss()(randn([]), tensor(0, { dtype: 'int32' })),
    ShapeError,
    'Expected 1 or more dimensions (got 0)',
  ],
  [
    'float class indices',
    () => new nn.CrossEntropyLoss()(randn([2, 3]), randn([2])),
    DTypeError,
    'class indices must be integers; got float32',
  ],
  [
    'integer probabilities',
    () => new nn.CrossEntropyLoss()(randn([2, 2]), zeros([2, 2], { dtype: 'int32' })),
    DTypeError,
    'Expected floating point type for target with class probabilities, got int32',
  ],
  [
    'probabilities and a class to ignore',
    () => new nn.CrossEntropyLoss({ ignoreIndex: 1 })(randn([2, 2]), randn([2, 2])),
    ArgumentError,
    'ignore_index is not supported for floating point target',
  ],
  [
    'weights for other classes',
    () => new nn.CrossEntropyLoss({ weight: ones([2]) })(randn([2, 3]), indices),
    ShapeError,
    'weight tensor should be defined either for all 3 classes or no classes but got weight tensor of shape: [2]',
  ],
  [
    'probabilities of another shape',
    () => new nn.BCELoss()(randn([2]), randn([3])),
    ShapeError,
    'Using a target size (torch.Size([3])) that is different to the input size (torch.Size([2])) is deprecated',
  ],
  [
    'logits of another shape',
    () => new nn.BCEWithLogitsLoss()(randn([2]), randn([3])),
    ShapeError,
    'Target size (torch.Size([3])) must be the same as input size (torch.Size([2]))',
  ],
  [
    'element weights of another shape',
    () => F.mseLoss(randn([2]), randn([2]), { weight: randn([3]) }),
    ShapeError,
    'Weights and input must have the same size; got [3] and [2]',
  ],
  [
    'shapes that cannot be broadcast',
    () => new nn.L1Loss()(randn([2]), randn([3])),
    ShapeError,
    'shapes do not broadcast: [2], [3]',
  ],
];

const others: readonly Case[] = [
  [
    'cut points the wrong way round',
    () => nn.init.truncNormal_(zeros([2]), 0, 1, 2, -2),
    ArgumentError,
    'the cut points must be in order',
  ],
  [
    'a share above 1',
    () => nn.init.sparse_(zeros([2, 2]), 1.5),
    ArgumentError,
    'sparsity must be between 0 and 1; got 1.5',
  ],
  [
    'an unknown fan',
    () => nn.init.kaimingUniform_(zeros([2, 2]), { mode: 'fan' as 'fan_in' }),
    ArgumentError,
    "Mode fan not supported, please use one of ['fan_in', 'fan_out']",
  ],
  [
    'a norm bound that is no number',
    () => nn.utils.clipGradNorm_([], text),
    ArgumentError,
    "maxNorm must be a number; got 'x'",
  ],
  [
    'a value bound that is no number',
    () => nn.utils.clipGradValue_([], text),
    ArgumentError,
    "clipValue must be a number; got 'x'",
  ],
  [
    'parameters that are no tensors',
    () => nn.utils.clipGradNorm_([1 as never], 1),
    ArgumentError,
    'parameters must be a Tensor; got 1',
  ],
  [
    'no parameters to join',
    () => nn.utils.parametersToVector([]),
    ArgumentError,
    'expected a non-empty list of Tensors',
  ],
  [
    'a vector of another length',
    () => nn.utils.vectorToParameters(zeros([2]), [zeros([3])]),
    ArgumentError,
    'expected a vector of 3 elements; got shape [2]',
  ],
];

describe.each([
  ['calls refuse', calls],
  ['attention refuses', attentionCalls],
  ['losses refuse', losses],
  ['initialisers and utilities refuse', others],
] as const)('%s', (_, cases) => {
  test.each(cases)('%s', (_what, call, error, message) => {
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  });
});
