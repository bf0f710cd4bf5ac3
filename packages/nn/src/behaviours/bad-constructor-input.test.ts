import { zeros } from '@flambeau/autograd';
import { ArgumentError, ShapeError } from '@flambeau/backend';
import { describe, expect, test } from 'vitest';
import * as nn from '../index.ts';

type Case = readonly [what: string, call: () => unknown, error: new (...args: never[]) => Error, text: string];

const text = 'x' as never;

const constructors: readonly Case[] = [
  [
    'a size that is no number',
    () => new nn.Linear(text, 2),
    ArgumentError,
    "inFeatures must be an integer of at least 0; got 'x'",
  ],
  [
    'a negative size',
    () => new nn.Linear(2, -1),
    ArgumentError,
    'outFeatures must be an integer of at least 0; got -1',
  ],
  ['a broken size', () => new nn.Embedding(2.5, 2), ArgumentError, 'numEmbeddings must be an integer'],
  [
    'an empty first size of Bilinear',
    () => new nn.Bilinear(0, 2, 2),
    ArgumentError,
    'in1Features must be an integer of at least 1',
  ],
  [
    'input channels not divisible by groups',
    () => new nn.Conv2d(3, 4, 3, { groups: 2 }),
    ArgumentError,
    'in_channels must be divisible by groups',
  ],
  [
    'output channels not divisible by groups',
    () => new nn.Conv2d(4, 3, 3, { groups: 2 }),
    ArgumentError,
    'out_channels must be divisible by groups',
  ],
  [
    'a kernel of the wrong rank',
    () => new nn.Conv1d(1, 1, [3, 3]),
    ArgumentError,
    'kernelSize must be a number or 1 numbers; got [3, 3]',
  ],
  [
    'a stride of zero',
    () => new nn.Conv1d(1, 1, 3, { stride: 0 }),
    ArgumentError,
    'stride must be an integer of at least 1; got 0',
  ],
  [
    'an unknown padding word',
    () => new nn.Conv1d(1, 1, 3, { padding: 'full' as 'same' }),
    ArgumentError,
    "Invalid padding string 'full'",
  ],
  [
    "padding 'same' with a stride",
    () => new nn.Conv1d(1, 1, 3, { padding: 'same', stride: 2 }),
    ArgumentError,
    "padding='same' is not supported for strided convolutions",
  ],
  [
    'an unknown padding mode',
    () => new nn.Conv1d(1, 1, 3, { paddingMode: 'wrap' as 'zeros' }),
    ArgumentError,
    "padding_mode must be one of ['zeros', 'reflect', 'replicate', 'circular']",
  ],
  [
    'more padding than half the window',
    () => new nn.MaxPool2d(2, { padding: 2 }),
    ArgumentError,
    'pad should be at most half of effective kernel size',
  ],
  [
    'more padding than half the mean’s window',
    () => new nn.AvgPool1d(3, { padding: 2 }),
    ArgumentError,
    'pad should be at most half of effective kernel size',
  ],
  ['a divisor of zero', () => new nn.AvgPool2d(2, { divisorOverride: 0 }), ArgumentError, 'divisor must be not zero'],
  [
    'three adaptive sizes',
    () => new nn.AdaptiveAvgPool2d([1, 2, 3]),
    ArgumentError,
    'outputSize must be one size or two; got [1, 2, 3]',
  ],
  [
    'a momentum that is no number',
    () => new nn.BatchNorm1d(2, { momentum: text }),
    ArgumentError,
    "momentum must be a number; got 'x'",
  ],
  [
    'channels not divisible into groups',
    () => new nn.GroupNorm(2, 3),
    ArgumentError,
    'num_channels (3) must be divisible by num_groups (2)',
  ],
  [
    'no normalized shape',
    () => new nn.LayerNorm([]),
    ArgumentError,
    'normalizedShape must be a size or a list of sizes; got []',
  ],
  [
    'eps that is no number',
    () => new nn.RMSNorm(2, { eps: Number.NaN }),
    ArgumentError,
    'eps must be a number; got NaN',
  ],
  [
    'a probability above 1',
    () => new nn.Dropout(1.5),
    ArgumentError,
    'dropout probability has to be between 0 and 1, but got 1.5',
  ],
  [
    'a padding row outside the table',
    () => new nn.Embedding(3, 2, { paddingIdx: 3 }),
    ArgumentError,
    'Padding_idx must be within num_embeddings',
  ],
  [
    'a table of another shape',
    () => new nn.Embedding(3, 2, { weight: zeros([3, 3]) }),
    ShapeError,
    'Shape of weight does not match num_embeddings and embedding_dim',
  ],
  [
    'a pretrained table that is no matrix',
    () => nn.Embedding.fromPretrained(zeros([3])),
    ShapeError,
    'Embeddings parameter is expected to be 2-dimensional',
  ],
  [
    'an interval the wrong way round',
    () => new nn.Hardtanh(1, -1),
    ArgumentError,
    'min_val cannot be greater than max_val',
  ],
  [
    'slopes the wrong way round',
    () => new nn.RReLU(0.5, 0.1),
    ArgumentError,
    'Lower bound should be less than or equal to the upper bound',
  ],
  [
    'an unknown approximation',
    () => new nn.GELU({ approximate: 'fast' as 'tanh' }),
    ArgumentError,
    'approximate argument must be either none or tanh',
  ],
  [
    'heads that do not divide the width',
    () => new nn.MultiheadAttention(5, 2),
    ArgumentError,
    'embed_dim must be divisible by num_heads',
  ],
  [
    'no heads',
    () => new nn.MultiheadAttention(4, 0),
    ArgumentError,
    'embed_dim and num_heads must be greater than 0, got embed_dim=4 and num_heads=0 instead',
  ],
  [
    'an unknown activation',
    () => new nn.TransformerEncoderLayer(4, 2, { activation: 'tanh' as 'relu' }),
    ArgumentError,
    "activation should be relu/gelu, not 'tanh'",
  ],
  [
    'an unknown reduction',
    () => new nn.MSELoss({ reduction: 'average' as 'mean' }),
    ArgumentError,
    'average is not a valid value for reduction',
  ],
  [
    'an unknown reduction of KLDivLoss',
    () => new nn.KLDivLoss({ reduction: 'batch' as 'mean' }),
    ArgumentError,
    'batch is not a valid value for reduction',
  ],
  [
    'a negative beta',
    () => new nn.SmoothL1Loss({ beta: -1 }),
    ArgumentError,
    'does not support negative values for beta',
  ],
  [
    'a delta of zero',
    () => new nn.HuberLoss({ delta: 0 }),
    ArgumentError,
    'does not support non-positive values for delta',
  ],
  [
    'smoothing above 1',
    () => new nn.CrossEntropyLoss({ labelSmoothing: 2 }),
    ArgumentError,
    'label_smoothing must be between 0.0 and 1.0. Got: 2',
  ],
];

describe('constructors refuse', () => {
  test.each(constructors)('%s', (_what, call, error, message) => {
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  });
});
