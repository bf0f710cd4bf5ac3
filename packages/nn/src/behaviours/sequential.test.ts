import { ones } from '@flambeau/autograd';
import { expect, test } from 'vitest';
import { type AnyModule, Sequential } from '../index.ts';
import { loose, names, Pair, Same, Scale } from './testing.ts';

const scales = (count: number): Scale[] => Array.from({ length: count }, (_, i) => new Scale(i + 1));

test('37. Sequential indexes by position, negative too, slices to a new Sequential of the same class with the original keys, and raises "index 5 is out of range".', () => {
  class Block extends Sequential {}
  const all = scales(4);
  const net = new Block(...all);
  expect([net[0], net.at(0), net.at(3), net.at(-1), net.at(-4)]).toEqual([all[0], all[0], all[3], all[3], all[0]]);
  const part = net.slice(1, -1);
  expect(part).toBeInstanceOf(Block);
  expect(names(part.namedChildren())).toEqual(['1', '2']);
  expect([...part.stateDict().keys()]).toEqual(['1.w', '2.w']);
  expect([part[0], part.at(1), part[1], part.length]).toEqual([all[1], all[2], all[2], 2]);
  expect(part.getSubmodule('2')).toBe(all[2]);
  expect([...net.slice(2)]).toEqual(all.slice(2));
  expect(() => net.at(5)).toThrow('index 5 is out of range');
  expect(() => net.at(-5)).toThrow('index -5 is out of range');
  expect(() => net.at(0.5)).toThrow('index 0.5 is out of range');
});

test('38. Deleting from Sequential renumbers the keys from 0; slices can be deleted.', () => {
  const all = scales(5);
  const net = new Sequential(...all);
  net.delete(1);
  expect(names(net.namedChildren())).toEqual(['0', '1', '2', '3']);
  expect([...net]).toEqual([all[0], all[2], all[3], all[4]]);
  net.delete(-1);
  net.delete(1, 3);
  expect([...net]).toEqual([all[0]]);
  expect(names(net.namedChildren())).toEqual(['0']);
  expect([net.length, net[1]]).toEqual([1, undefined]);
  expect(() => net.delete(3)).toThrow('index 3 is out of range');
});

test('39. Setting an item keeps its key, also when keys are names.', () => {
  const [fresh, other] = [new Same(), new Same()];
  const net = new Sequential({ a: new Scale(), b: new Scale() });
  net.set(1, fresh);
  expect(names(net.namedChildren())).toEqual(['a', 'b']);
  expect([loose(net).b, net[1], net.at(-1)]).toEqual([fresh, fresh, fresh]);
  net[0] = other;
  expect(loose(net).a).toBe(other);
  loose(net).a = fresh;
  expect(net[0]).toBe(fresh);
  const part = new Sequential(...scales(3)).slice(1);
  part.set(0, fresh);
  expect(names(part.namedChildren())).toEqual(['1', '2']);
  expect(() => {
    net[0] = 3 as unknown as AnyModule;
  }).toThrow("cannot assign 'number' as child module");
});

test('40. append, insert, extend and pop work and keep numbering dense; insert out of range raises.', () => {
  const [a, b, c, d] = scales(4) as [Scale, Scale, Scale, Scale];
  const net = new Sequential(a);
  expect(net.append(c)).toBe(net);
  expect(net.insert(1, b)).toBe(net);
  expect(net.extend([d])).toBe(net);
  expect([...net]).toEqual([a, b, c, d]);
  expect(names(net.namedChildren())).toEqual(['0', '1', '2', '3']);
  expect(net.pop()).toBe(d);
  expect(net.pop(0)).toBe(a);
  expect(names(net.namedChildren())).toEqual(['0', '1']);
  net.insert(-2, d);
  net.insert(3, a);
  expect([...net]).toEqual([d, b, c, a]);
  expect(() => net.insert(6, a)).toThrow('Index out of range: 6');
  expect(() => net.insert(-5, a)).toThrow('Index out of range: -5');
  expect(() => net.insert(0, 3 as unknown as AnyModule)).toThrow('module should be of type');
});

test('Appending to a Sequential with names, or to a slice, takes a free number.', () => {
  const named = new Sequential({ a: new Scale(), b: new Scale() }).append(new Same());
  expect(names(named.namedChildren())).toEqual(['a', 'b', '2']);
  const part = new Sequential(...scales(3)).slice(1).append(new Same());
  expect(names(part.namedChildren())).toEqual(['1', '2', '3']);
});

test('41. Adding two Sequentials concatenates; multiplying by n repeats the *same* modules; n ≤ 0 raises.', () => {
  const [a, b] = scales(2) as [Scale, Scale];
  const net = new Sequential(a).plus(new Sequential(b));
  expect([...net]).toEqual([a, b]);
  const repeated = net.times(2);
  expect([...repeated]).toEqual([a, b, a, b]);
  expect([...repeated.parameters()]).toHaveLength(2);
  expect(() => net.times(0)).toThrow('Non-positive multiplication factor 0 for Sequential');
  expect(() => net.times(1.5)).toThrow('unsupported operand type(s) for *: Sequential and 1.5');
  expect(() => net.plus(a as unknown as Sequential)).toThrow(
    'add operator supports only objects of Sequential class, but Scale is given.',
  );
});

test('42. Sequential from an ordered mapping uses its keys as names. Empty Sequential is the identity.', () => {
  const net = new Sequential(
    new Map<string, AnyModule>([
      ['second', new Scale()],
      ['first', new Scale()],
    ]),
  );
  expect(names(net.namedParameters())).toEqual(['second.w', 'first.w']);
  expect([...new Sequential({ act: new Same(), fc: new Scale() }).stateDict().keys()]).toEqual(['fc.w']);
  const x = ones([2]);
  expect(new Sequential()(x)).toBe(x);
  expect(net(x).tolistSync()).toEqual([1, 1]);
  expect(() => new Sequential({ forward: new Same() })).toThrow("attribute 'forward' already exists");
});

test('A subclass of Sequential may have fields that are modules; they run last.', () => {
  class Block extends Sequential {
    tail = new Scale();
    constructor() {
      super(new Scale(), new Scale());
    }
  }
  const net = new Block();
  expect(net.length).toBe(3);
  expect(names(net.namedChildren())).toEqual(['0', '1', 'tail']);
  net.append(new Pair());
  expect(names(net.namedChildren())).toEqual(['0', '1', 'tail', '3']);
  expect(net.at(2)).toBe(net.tail);
});

test('Children are added to a Sequential by name too, and replaced under their name.', () => {
  const [first, second] = [new Same(), new Scale()];
  const net = new Sequential(new Scale());
  net.addModule('last', first);
  expect(names(net.namedChildren())).toEqual(['0', 'last']);
  net.registerModule('last', second);
  expect([loose(net).last, net[1]]).toEqual([second, second]);
  expect(() => net.addModule('x', 3 as unknown as AnyModule)).toThrow('number is not a Module subclass');
});

test('A Sequential of an array, or of what are no modules, is refused.', () => {
  expect(() => new Sequential(scales(2) as never)).toThrow('Array is not a Module subclass, nor names with modules');
  expect(() => new Sequential([new Sequential()] as never)).toThrow('Array is not a Module subclass');
  expect(() => new Sequential(3 as never)).toThrow('number is not a Module subclass');
  expect(() => new Sequential({ a: 3 } as never)).toThrow('number is not a Module subclass');
});
