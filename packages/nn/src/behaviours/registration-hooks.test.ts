import { ones, type Tensor, zeros } from '@flambeau/autograd';
import { expect, test } from 'vitest';
import {
  type AnyModule,
  Parameter,
  registerModuleBufferRegistrationHook,
  registerModuleModuleRegistrationHook,
  registerModuleParameterRegistrationHook,
} from '../index.ts';
import { loose, names, Pair, Same, Scale } from './testing.ts';

test('78. A parameter-registration hook sees (module, name, parameter) and may return a replacement; registering null does not call it.', () => {
  const seen: [AnyModule, string, Parameter][] = [];
  const replacement = new Parameter(zeros([5]));
  const [net, given] = [new Same(), new Parameter(ones([1]))];
  {
    using _handle = registerModuleParameterRegistrationHook((module, name, parameter) => {
      seen.push([module, name, parameter]);
      return name === 'replaced' ? replacement : undefined;
    });
    net.registerParameter('kept', given);
    net.registerParameter('replaced', given);
    net.registerParameter('none', null);
    loose(net).kept = null;
    expect(seen).toEqual([
      [net, 'kept', given],
      [net, 'replaced', given],
    ]);
    expect([...net.parameters()]).toEqual([replacement]);
  }
  net.registerParameter('later', given);
  expect(seen).toHaveLength(2);
});

test('A registration hook sees a class field when the module is first looked at or called.', () => {
  const seen: string[] = [];
  using _handle = registerModuleParameterRegistrationHook((_module, name) => void seen.push(name));
  const net = new Scale();
  expect(seen).toEqual([]);
  net(ones([2]));
  expect(seen).toEqual(['w']);
  expect([...net.parameters()]).toHaveLength(1);
  expect(seen).toEqual(['w']);
});

test("79. A buffer-registration hook runs for register_buffer and for assignment to the buffer's name.", () => {
  const seen: [string, Tensor | null][] = [];
  using _handle = registerModuleBufferRegistrationHook((_module, name, buffer) => {
    seen.push([name, buffer]);
    return name === 'doubled' ? buffer?.mul(2) : undefined;
  });
  const [net, first, second] = [new Same(), ones([1]), ones([2])];
  net.registerBuffer('b', first);
  loose(net).b = second;
  expect(seen).toEqual([
    ['b', first],
    ['b', second],
  ]);
  net.registerBuffer('doubled', first);
  expect(net.getBuffer('doubled').tolistSync()).toEqual([2]);
});

test('80. A module-registration hook runs for add_module, attribute assignment, and assigning null over a child.', () => {
  const net = new Pair();
  expect(names(net.namedChildren())).toEqual(['first', 'second']);
  const seen: [string, AnyModule | null][] = [];
  using _handle = registerModuleModuleRegistrationHook((module, name, child) => {
    if (module === net) seen.push([name, child]);
  });
  const [added, assigned] = [new Same(), new Scale()];
  net.addModule('added', added);
  net.first = assigned;
  loose(net).second = null;
  expect(seen).toEqual([
    ['added', added],
    ['first', assigned],
    ['second', null],
  ]);
});
