import { expect, test } from 'vitest';
import { Module, type Parameter } from '../index.ts';

/** Behaviours of PyTorch that JavaScript or TypeScript cannot have, with the reason. */
const notApplicable: readonly (readonly [behaviour: string, reason: string])[] = [
  [
    '1. Assigning a Parameter before calling the base constructor raises "cannot assign parameters before Module.__init__() call"; a plain attribute is fine.',
    '`this` does not exist before super(): the language itself throws a ReferenceError, for plain fields as well.',
  ],
  [
    '2. Assigning a child module before the base constructor raises "cannot assign module before Module.__init__() call".',
    '`this` does not exist before super(): the language itself throws a ReferenceError.',
  ],
  [
    "15. Reading an unknown attribute raises \"'Net' object has no attribute 'nope'\".",
    'Reading an unknown property gives undefined; only a Proxy could throw, on every access. The compiler refuses it instead.',
  ],
  [
    '18. dir() lists parameters, buffers and children but no names that start with a digit.',
    'There is no dir(); Object.keys lists members under all their names.',
  ],
];

test.each(notApplicable)('not applicable: %s', (behaviour, reason) => {
  expect(behaviour).toMatch(/\.$/);
  expect(reason).toMatch(/\.$/);
});

test('The language refuses assignments before super() as the table says.', () => {
  class Early extends Module {
    p: unknown;
    // biome-ignore lint/correctness/noUnreachableSuper: this is what the test is about.
    constructor() {
      // @ts-expect-error the compiler refuses it too
      this.p = null as unknown as Parameter;
      super();
    }
    forward(): null {
      return null;
    }
  }
  expect(() => new Early()).toThrow(ReferenceError);
});

test('Reading an unknown property gives undefined as the table says.', () => {
  class Net extends Module {
    forward(): null {
      return null;
    }
  }
  // @ts-expect-error the compiler refuses it
  expect(new Net().nope).toBeUndefined();
});
