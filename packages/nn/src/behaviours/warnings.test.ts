import { randn, zeros } from '@flambeau/autograd';
import { expect, test, vi } from 'vitest';
import * as nn from '../index.ts';

type Case = readonly [what: string, call: () => unknown, text: string];

/** What PyTorch warns of; each comes once, or each time where that is said. */
const cases: readonly Case[] = [
  [
    'a tensor without elements is initialised',
    () => nn.init.kaimingNormal_(zeros([0, 2])),
    'Initializing zero-element tensors is a no-op',
  ],
  [
    'the mean is far outside the cut points',
    () => nn.init.truncNormal_(zeros([2]), 9),
    'mean is more than 2 std from [a, b] in nn.init.truncNormal_',
  ],
  [
    'softmax has to choose its dimension',
    () => new nn.Softmax()(randn([2, 2])),
    'Implicit dimension choice for softmax has been deprecated',
  ],
  [
    'a target is broadcast',
    () => new nn.MSELoss()(randn([3, 1]), randn([3])),
    'Using a target size (torch.Size([3])) that is different to the input size (torch.Size([3, 1]))',
  ],
  [
    'a divergence is averaged over elements',
    () => new nn.KLDivLoss()(randn([2]), randn([2])),
    "'batchmean' divides only by the batch size",
  ],
  [
    'Dropout2d gets no images',
    () => new nn.Dropout2d()(randn([2, 2, 2])),
    'dropout2d: Received a 3-D input to dropout2d',
  ],
];

test.each(cases)('warns when %s', (_, call, text) => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  call();
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(text));
  warn.mockRestore();
});

test('a warning about the use of a layer comes once', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  for (let i = 0; i < 3; i++) new nn.Softmin()(randn([2, 2]));
  expect(warn).toHaveBeenCalledOnce();
  warn.mockRestore();
});
