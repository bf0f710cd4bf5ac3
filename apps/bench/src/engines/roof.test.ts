import { expect, it } from 'vitest';
import { operationsPerTurn, roofModule } from './roof-module.ts';

it.each([
  ['product and sum', false],
  ['relaxed multiply-add', true],
])('the loop of %s does what it is counted for', (_, relaxed) => {
  const bytes = roofModule(relaxed);
  if (!WebAssembly.validate(bytes)) {
    // Node 20 has no relaxed SIMD without a flag; the plain loop must do everywhere.
    expect(relaxed).toBe(true);
    return;
  }
  const run = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.run as (turns: number) => number;
  const chains = operationsPerTurn / 8;
  let expected = 0;
  for (let chain = 1; chain <= chains; chain++) {
    let value = chain / 10;
    for (let turn = 0; turn < 3; turn++) value = value * 0.999 + 0.001;
    expected += value;
  }
  expect(run(3)).toBeCloseTo(expected, 4);
});
