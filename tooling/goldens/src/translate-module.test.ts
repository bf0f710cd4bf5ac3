import { expect, test } from 'vitest';
import { readIndex, readModules } from './cases.ts';
import { translateConstructor, translateForward } from './translate-module.ts';

test('constructor arguments move into options behind the bar', () => {
  expect(translateConstructor('Conv2d', [1, 2, 3, 4, 5], { bias: false })).toEqual({
    positional: [1, 2, 3],
    options: { stride: 4, padding: 5, bias: false },
  });
  expect(translateConstructor('CrossEntropyLoss', [null, null, 3], { label_smoothing: 0.5 })).toEqual({
    positional: [],
    options: { ignoreIndex: 3, labelSmoothing: 0.5 },
  });
  expect(translateConstructor('BatchNorm1d', [4], { momentum: null })).toEqual({
    positional: [4],
    options: { momentum: null },
  });
});

test('forward arguments too', () => {
  expect(translateForward('MultiheadAttention', [1, 2, 3], { key_padding_mask: null, need_weights: false })).toEqual({
    positional: [1, 2, 3],
    options: { needWeights: false },
  });
  expect(translateForward('Linear', [], { input: 1 })).toEqual({ positional: [1], options: {} });
});

const families = Object.keys(readIndex().modules.families);

test.each(families)('every case of %s translates', (family) => {
  for (const { className, cases } of readModules(family)) {
    for (const { args, kwargs, forward } of cases) {
      translateConstructor(className, args, kwargs);
      if (forward) translateForward(className, forward.args, forward.kwargs);
    }
  }
});
