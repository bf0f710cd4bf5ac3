import { ones } from '@flambeau/autograd';
import { expect, test } from 'vitest';
import { type AnyModule, Module, Parameter, Sequential } from '../index.ts';
import { loose, names, Pair, Same, Scale } from './testing.ts';

class Nested extends Same {
  child = new Pair();
  own = new Parameter(ones([1]));
}

/** A parent that knows one child by two names. */
class Twice extends Same {
  a = new Scale();
  b = this.a;
}

class Tied extends Same {
  first = new Scale();
  second = new Scale();
  constructor() {
    super();
    this.second.w = this.first.w;
  }
}

test("20. named_parameters yields own parameters first, then children's in registration order, with dotted names; prefix is prepended with a dot.", () => {
  const net = new Nested();
  expect(names(net.namedParameters())).toEqual(['own', 'child.first.w', 'child.second.w']);
  expect(names(net.namedParameters({ prefix: 'net' }))).toEqual(['net.own', 'net.child.first.w', 'net.child.second.w']);
  expect([...net.parameters()]).toEqual([net.own, net.child.first.w, net.child.second.w]);
});

test('21. recurse=false restricts parameters and buffers to the module itself.', () => {
  const net = new Nested();
  net.registerBuffer('b', ones([1]));
  net.child.registerBuffer('inner', ones([1]));
  expect([...net.parameters({ recurse: false })]).toEqual([net.own]);
  expect(names(net.namedParameters({ recurse: false }))).toEqual(['own']);
  expect(names(net.namedBuffers({ recurse: false }))).toEqual(['b']);
  expect([...net.buffers({ recurse: false })]).toHaveLength(1);
  expect([...net.buffers()]).toHaveLength(2);
});

test('22. A parameter tied under two names is yielded once, under the first name; remove_duplicate=false yields both.', () => {
  const net = new Tied();
  expect(names(net.namedParameters())).toEqual(['first.w']);
  expect([...net.parameters()]).toEqual([net.first.w]);
  expect(names(net.namedParameters({ removeDuplicate: false }))).toEqual(['first.w', 'second.w']);
});

test('23. A module registered under two names is yielded once by modules() and children(), and by named_modules under the first name only.', () => {
  const net = new Twice();
  expect([...net.modules()]).toEqual([net, net.a]);
  expect([...net.children()]).toEqual([net.a]);
  expect(names(net.namedChildren())).toEqual(['a']);
  expect(names(net.namedModules())).toEqual(['', 'a']);
  expect(names(net.namedModules({ removeDuplicate: false }))).toEqual(['', 'a', 'b']);
  expect(names(net.namedParameters({ removeDuplicate: false }))).toEqual(['a.w', 'b.w']);
});

test('24. named_modules starts with the module itself under the empty name (or the given prefix), and is pre-order.', () => {
  const net = new Sequential(new Pair(), new Scale());
  expect([...net.namedModules()][0]).toEqual(['', net]);
  expect(names(net.namedModules())).toEqual(['', '0', '0.first', '0.second', '1']);
  expect(names(net.namedModules({ prefix: 'net' }))).toEqual(['net', 'net.0', 'net.0.first', 'net.0.second', 'net.1']);
});

test('25. apply visits children before parents, and a child shared by one parent once.', () => {
  const net = new Sequential(new Twice(), new Pair());
  const seen: AnyModule[] = [];
  expect(net.apply((module) => void seen.push(module))).toBe(net);
  const [twice, pair] = [net[0] as Twice, net[1] as Pair];
  expect(seen).toEqual([twice.a, twice, pair.first, pair.second, pair, net]);
});

test('26. state_dict lists tied tensors under every name.', () => {
  expect([...new Tied().stateDict().keys()]).toEqual(['first.w', 'second.w']);
  expect([...new Twice().stateDict().keys()]).toEqual(['a.w', 'b.w']);
});

test('27. get_submodule("") is the module itself; a missing part and a non-module part raise different messages.', () => {
  const net = new Sequential(new Pair());
  expect(net.getSubmodule('')).toBe(net);
  expect(net.getSubmodule('0.first')).toBe((net[0] as Pair).first);
  expect(() => net.getSubmodule('7')).toThrow('Sequential has no attribute `7`');
  expect(() => net.getSubmodule('0.first.w')).toThrow('`w` is not an nn.Module');
});

test('28. get_parameter and get_buffer follow dotted paths and refuse the other kind.', () => {
  const net = new Pair();
  net.first.registerBuffer('runningMean', ones([1]));
  expect(net.getParameter('first.w')).toBe(net.first.w);
  expect(net.getBuffer('first.runningMean')).toBe([...net.buffers()][0]);
  expect(net.getBuffer('first.running_mean')).toBe([...net.buffers()][0]);
  expect(() => net.getParameter('first.runningMean')).toThrow('`runningMean` is not an nn.Parameter');
  expect(() => net.getBuffer('first.w')).toThrow('`w` is not a buffer');
  expect(() => net.getParameter('first.nope')).toThrow('Scale has no attribute `nope`');
  expect(() => net.getBuffer('third.w')).toThrow('Pair has no attribute `third`');
});

test('29. set_submodule replaces a nested child, refuses the empty target, and refuses to create in strict mode.', () => {
  const net = new Sequential(new Pair());
  const fresh = new Scale(3);
  net.setSubmodule('0.first', fresh);
  expect((net[0] as Pair).first).toBe(fresh);
  expect(names(net.namedChildren())).toEqual(['0']);
  expect(() => net.setSubmodule('', fresh)).toThrow('Cannot set the submodule without a target name!');
  expect(() => net.setSubmodule('0.nope', fresh, { strict: true })).toThrow('Pair has no attribute `nope`');
  expect(() => net.setSubmodule('0.first.w', fresh)).toThrow('`w` is not an nn.Module');
  net.setSubmodule('0.extra', fresh);
  expect(loose(net[0] as Pair).extra).toBe(fresh);
  expect(() => net.setSubmodule('0', 3 as unknown as AnyModule)).toThrow('`module` is not an nn.Module, found number');
});

test('Members stand in the order in which they were registered, numbers too.', () => {
  class Holder extends Module {
    b = new Scale();
    forward(): null {
      return null;
    }
  }
  const net = new Holder();
  net.addModule('10', new Scale());
  net.addModule('2', new Scale());
  net.addModule('a', new Scale());
  expect(names(net.namedChildren())).toEqual(['b', '10', '2', 'a']);
  delete loose(net)['10'];
  net.addModule('10', new Scale());
  expect(names(net.namedChildren())).toEqual(['b', '2', 'a', '10']);
  net.b = new Scale();
  expect(names(net.namedChildren())).toEqual(['b', '2', 'a', '10']);
});

test('A tree of 10,000 levels does not overflow the stack when it is walked.', () => {
  let net: AnyModule = new Scale();
  for (let level = 0; level < 10_000; level++) {
    const parent = new Same();
    parent.addModule('c', net);
    net = parent;
  }
  let count = 0;
  for (const _ of net.modules()) count++;
  expect(count).toBe(10_001);
});

test('Paths that are no strings, and functions that are none, are refused.', () => {
  const net = new Pair();
  for (const find of ['getSubmodule', 'getParameter', 'getBuffer', 'setSubmodule'] as const) {
    expect(() => net[find](3 as never, net)).toThrow('a path must be a string; got number');
  }
  expect(() => net.apply(3 as never)).toThrow('apply needs a function; got number');
  expect(() => net.registerForwardHook('text' as never)).toThrow('a hook must be a function; got string');
});
