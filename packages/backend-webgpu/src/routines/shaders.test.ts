import { expect, it } from 'vitest';
import { leastLimits } from '../testing/limits.ts';
import { cumulateShader } from './cumulate-shaders.ts';
import { nonzeroListShader, nonzeroMarkShader } from './nonzero-shaders.ts';
import { scatterLinesShader, scatterSortedShader } from './scatter-shaders.ts';
import { sortBlocksShader, sortMergeShader } from './sort-shaders.ts';

const limits = { ...leastLimits, f16: true };

it.each([
  [
    'cumulate',
    cumulateShader({ pass: 'whole', dtype: 'int8', op: 'prod', rank: 2, shared: [0, 1], isWide: false }, limits),
  ],
  [
    'cumulate totals',
    cumulateShader({ pass: 'totals', dtype: 'float16', op: 'sum', rank: 0, shared: [0], isWide: false }, limits),
  ],
  [
    'cumulate apply',
    cumulateShader({ pass: 'apply', dtype: 'float32', op: 'sum', rank: 1, shared: [0, 0], isWide: true }, limits),
  ],
  ['nonzero mark', nonzeroMarkShader('float32', 2, false, limits)],
  ['nonzero mark fours', nonzeroMarkShader('int32', 1, true, limits)],
  ['nonzero list', nonzeroListShader({ rank: 2, lists: true, shared: [0, 1] }, limits)],
  ['scatter lines', scatterLinesShader({ dtype: 'int32', reduce: 'max', rank: 1, shared: [0, 1, 1] }, false, limits)],
  ['scatter fours', scatterLinesShader({ dtype: 'float32', reduce: 'sum', rank: 1, shared: [0, 1, 2] }, true, limits)],
  ['scatter sorted', scatterSortedShader({ dtype: 'float32', reduce: 'sum', rank: 1, shared: [0, 1] }, limits)],
  ['sort blocks', sortBlocksShader({ dtype: 'float32', descending: true, rank: 1, operands: 1, shared: [0] }, limits)],
  [
    'sort merge',
    sortMergeShader({ dtype: 'int32', descending: false, rank: 0, operands: 3, shared: [0, 1, 1] }, limits),
  ],
])('the shader of %s', (_, shader) => {
  expect(`${shader.bindings.join(' ')}, ${shader.words} launch numbers\n${shader.code}`).toMatchSnapshot();
});
