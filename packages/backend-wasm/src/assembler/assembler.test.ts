import { describe, expect, it } from 'vitest';
import { detectFeatures } from '../runtime/features.ts';
import {
  atomic,
  Bytes,
  callValue,
  f32,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i32x4Const,
  i64,
  i64x2,
  ModuleBuilder,
  select,
  shuffle,
  type Value,
  type ValueType,
  v128,
} from './index.ts';

const memory = { initial: 1, maximum: 1, shared: true };
const zero: Readonly<Record<ValueType, () => Value>> = {
  i32: () => i32.const(0),
  i64: () => i64.const(0n),
  f32: () => f32.const(0),
  f64: () => f64.const(0),
  v128: () => i32x4Const(0),
};
const shapes = { i32, i64, f32, f64, v128, i8x16, i16x8, i32x4, i64x2, f32x4, f64x2, atomic };

/** A module with one function, run once. */
function run(build: (module: ModuleBuilder) => void): (name: string, ...values: (number | bigint)[]) => unknown {
  const module = new ModuleBuilder(memory);
  build(module);
  const env = { memory: new WebAssembly.Memory(memory) };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env });
  return (name, ...values) => (exports[name] as (...values: (number | bigint)[]) => unknown)(...values);
}

/** The operand types that an instruction may have: all that its shape's instructions take, in every order that fits. */
function candidates(arity: number): ValueType[][] {
  const types = Object.keys(zero) as ValueType[];
  return Array.from({ length: arity }, () => types).reduce<ValueType[][]>(
    (lists, each) => lists.flatMap((list) => each.map((type) => [...list, type])),
    [[]],
  );
}

/** Whether a module with nothing but this expression is valid. */
function isValid(make: () => Value): boolean {
  const module = new ModuleBuilder(memory);
  try {
    const value = make();
    module.function({ parameters: [], results: [value.type] }, 'run').return(value);
    return WebAssembly.validate(module.encode());
  } catch {
    // An operand is missing.
    return false;
  }
}

const notInstructions = new Set(['const']);
const withLane = new Set(['extract_lane', 'extract_lane_s', 'extract_lane_u', 'replace_lane', 'load_lane']);
const { relaxed } = detectFeatures();

describe.each(Object.entries(shapes))('instructions of %s', (_, table) => {
  const names = Object.keys(table).filter((name) => !notInstructions.has(name) && !withLane.has(name));
  it.each(names.filter((name) => relaxed || !name.includes('relaxed')))(
    '%s is valid for just one kind of operands',
    (name) => {
      const make = (table as unknown as Record<string, (...operands: Value[]) => Value>)[name] as (
        ...operands: Value[]
      ) => Value;
      // A function that ignores an operand would fit any: only the fewest operands that do count.
      const fits = [1, 2, 3]
        .map((arity) =>
          candidates(arity).filter((types) => {
            const isOffset = arity === 2 && (name.startsWith('load') || (table === atomic && name !== 'add'));
            return !isOffset && isValid(() => make(...types.map((type) => zero[type]())));
          }),
        )
        .find((found) => found.length > 0);
      expect(fits).toHaveLength(1);
    },
  );
});

describe('lanes', () => {
  it.each([
    ['i8x16', () => i32x4.extract_lane(i8x16.replace_lane(i32x4Const(0), 15, i32.const(1)), 3), 1 << 24],
    ['i16x8', () => i32x4.extract_lane(i16x8.replace_lane(i32x4Const(0), 7, i32.const(1)), 3), 1 << 16],
    ['i32x4', () => i32x4.extract_lane(i32x4.replace_lane(i32x4Const(1, 2, 3, 4), 2, i32.const(9)), 2), 9],
    [
      'shuffle',
      () =>
        i32x4.extract_lane(
          shuffle(i32x4Const(1), i32x4Const(2), [16, 17, 18, 19, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]),
          0,
        ),
      2,
    ],
  ] as const)('of %s', (_, build, expected) => {
    const call = run((module) => module.function({ parameters: [], results: ['i32'] }, 'run').return(build()));
    expect(call('run')).toBe(expected);
  });
});

describe('integers in the binary format', () => {
  it.each([0, 1, -1, 63, 64, -64, -65, 127, 128, 2 ** 31 - 1, -(2 ** 31)])('i32.const %d', (value) => {
    const call = run((module) => module.function({ parameters: [], results: ['i32'] }, 'run').return(i32.const(value)));
    expect(call('run')).toBe(value);
  });

  it.each([0n, -1n, 64n, -65n, 2n ** 63n - 1n, -(2n ** 63n)])('i64.const %d', (value) => {
    const call = run((module) => module.function({ parameters: [], results: ['i64'] }, 'run').return(i64.const(value)));
    expect(call('run')).toBe(value);
  });

  it('unsigned ones up to 2³² - 1', () => {
    const out = new Bytes();
    out.unsigned(2 ** 32 - 1);
    expect([...out.view()]).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
  });
});

describe('control', () => {
  it('loops, branches and calls', () => {
    const call = run((module) => {
      const square = module.function({ parameters: ['i32'], results: ['i32'] });
      square.return(i32.mul(square.parameter(0, 'i32'), square.parameter(0, 'i32')));
      const f = module.function({ parameters: ['i32'], results: ['i32'] }, 'squares');
      const [sum, i] = [f.local('i32'), f.local('i32', i32.const(1))];
      f.while(i32.le_s(i, f.parameter(0, 'i32')), () => {
        f.if(
          i32.and(i, i32.const(1)),
          () => f.set(sum, i32.add(sum, callValue('i32', square, i))),
          () => f.set(sum, i32.sub(sum, i)),
        );
        f.advance(i, 1);
      });
      f.return(select(i32.eqz(sum), i32.const(-1), sum));
    });
    expect(call('squares', 4)).toBe(1 - 2 + 9 - 4);
    expect(call('squares', 0)).toBe(-1);
  });

  it('jumps out of a block and back to a loop', () => {
    const call = run((module) => {
      const f = module.function({ parameters: ['i32'], results: ['i32'] }, 'halvings');
      const n = f.parameter(0, 'i32');
      const count = f.local('i32');
      f.block((end) => {
        f.loop((again) => {
          f.jumpIf(end, i32.le_s(n, i32.const(1)));
          f.set(n, i32.shr_u(n, i32.const(1)));
          f.advance(count, 1);
          f.jump(again);
        });
      });
      f.return(count);
    });
    expect(call('halvings', 1000)).toBe(9);
  });

  it('refuses a call with the wrong number of arguments', () => {
    const module = new ModuleBuilder(memory);
    const target = module.function({ parameters: ['i32'], results: [] });
    const f = module.function({ parameters: [], results: [] });
    f.call(target);
    expect(() => module.encode()).toThrow(/too many or too few/);
  });
});
