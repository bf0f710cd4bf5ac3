import { expect, it } from 'vitest';
import * as errors from './errors.ts';

it.each(Object.entries(errors))('%s names itself, its operation and its facts', (name, Class) => {
  const error = new Class('matmul', 'inner sizes must match; got [2, 3] and [4, 5].', { shape: [2, 3] });
  expect(error).toBeInstanceOf(errors.FlambeauError);
  expect(error).toBeInstanceOf(Error);
  expect([error.name, error.op, error.details]).toEqual([name, 'matmul', { shape: [2, 3] }]);
  expect(error.message).toBe('[matmul] inner sizes must match; got [2, 3] and [4, 5].');
  expect(String(error)).toContain(`${name}: [matmul]`);
  expect(new Class('x', 'y').details).toEqual({});
});
