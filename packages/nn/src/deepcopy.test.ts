import { noGrad, ones, type Tensor } from '@flambeau/autograd';
import { expect, test } from 'vitest';
import { loose, names, Pair, Same, Scale } from './behaviours/testing.ts';
import {
  Buffer,
  deepcopy,
  type Module,
  ModuleDict,
  ModuleList,
  Parameter,
  ParameterList,
  Sequential,
} from './index.ts';

test('A copy shares nothing with the original.', () => {
  const net = new Pair();
  net.registerBuffer('b', ones([1]), { persistent: false });
  net.eval();
  const copy = deepcopy(net);
  expect(copy).toBeInstanceOf(Pair);
  expect([copy === net, copy.first === net.first, copy.first.w === net.first.w]).toEqual([false, false, false]);
  expect([copy.first.w instanceof Parameter, copy.first.w.requiresGrad, copy.training]).toEqual([true, true, false]);
  expect([names(copy.namedBuffers()), [...copy.stateDict().keys()]]).toEqual([['b'], ['first.w', 'second.w']]);
  noGrad(() => net.first.w.fill_(5));
  expect(copy(ones([2])).tolistSync()).toEqual([1, 1]);
  expect(String(copy)).toBe(String(net));
});

test('Tied parameters stay tied in the copy, and cycles end.', () => {
  const net = new Pair();
  net.second.w = net.first.w;
  loose(net).self = [net];
  const copy = deepcopy(net);
  expect(copy.second.w).toBe(copy.first.w);
  expect((loose(copy).self as unknown[])[0]).toBe(copy);
});

test('Fields of every kind are copied; functions and foreign objects are shared.', () => {
  const shared = { fn: (): number => 1, pattern: /x/ };
  class Net extends Same {
    plain = ones([2], { requiresGrad: true });
    buffer = new Buffer(ones([1]), { persistent: false });
    frozen = new Parameter(ones([1]), { requiresGrad: false });
    list = [1, { deep: [2] }];
    map = new Map([['a', new Set([1])]]);
    bytes = new Uint8Array([1, 2]);
    fn = shared.fn;
    pattern = shared.pattern;
    nothing = null;
  }
  const net = new Net();
  net.plain.grad = ones([2]);
  const copy = deepcopy(net);
  expect([copy.list, copy.map, copy.bytes, copy.nothing]).toEqual([net.list, net.map, net.bytes, null]);
  expect([copy.list === net.list, copy.map === net.map, copy.bytes === net.bytes]).toEqual([false, false, false]);
  expect([copy.fn, copy.pattern]).toEqual([shared.fn, shared.pattern]);
  expect([copy.plain === net.plain, copy.plain.requiresGrad, copy.frozen.requiresGrad]).toEqual([false, true, false]);
  expect(copy.plain.grad?.tolistSync()).toEqual([1, 1]);
  expect([copy.buffer.persistent, names(copy.namedBuffers())]).toEqual([false, ['buffer']]);
});

test('A tensor with a history cannot be copied.', () => {
  class Net extends Same {
    last: Tensor | null = null;
  }
  const net = new Net();
  net.last = ones([1], { requiresGrad: true }).mul(2);
  expect(() => deepcopy(net)).toThrow('Only Tensors created explicitly by the user');
});

test('Containers are copied with their names and stay usable.', () => {
  const named = deepcopy(new Sequential({ a: new Scale(), b: new Scale() }));
  expect([names(named.namedChildren()), loose(named).a]).toEqual([['a', 'b'], named[0]]);
  named.append(new Scale());
  expect(names(named.namedChildren())).toEqual(['a', 'b', '2']);
  const list = deepcopy(new ModuleList([new Scale()]));
  expect(list.append(new Scale()).length).toBe(2);
  const dict = new ModuleDict<Record<string, Module>>();
  dict.set('10', new Scale()).set('2', new Scale());
  expect(deepcopy(dict).keys()).toEqual(['10', '2']);
  const parameters = deepcopy(new ParameterList([ones([1])]));
  parameters.append(ones([2]));
  expect(names(parameters.namedParameters())).toEqual(['0', '1']);
});

test('Arrays and objects of modules are copied together.', () => {
  const scale = new Scale();
  const [first, { second }] = deepcopy([scale, { second: scale }] as const);
  expect([first === scale, first === second]).toEqual([false, true]);
  expect(deepcopy(3)).toBe(3);
});
