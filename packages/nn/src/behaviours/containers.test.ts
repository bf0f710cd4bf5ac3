import { ones, zeros } from '@flambeau/autograd';
import { expect, test } from 'vitest';
import { type AnyModule, Module, ModuleDict, ModuleList, Parameter, ParameterDict, ParameterList } from '../index.ts';
import { loose, names, Same, Scale } from './testing.ts';

const scales = (count: number): Scale[] => Array.from({ length: count }, (_, i) => new Scale(i + 1));

test('43. ModuleList behaves like a list (append, extend, insert, slicing, negative index, +, +=, pop, del) and has no forward.', () => {
  const [a, b, c, d] = scales(4) as [Scale, Scale, Scale, Scale];
  const list = new ModuleList([a]);
  expect(list.append(c)).toBe(list);
  expect(list.insert(1, b)).toBe(list);
  expect(list.extend([d])).toBe(list);
  expect([...list]).toEqual([a, b, c, d]);
  expect([list.length, list[1], list.at(-1), list[4]]).toEqual([4, b, d, undefined]);
  expect([...list.slice(1, 3)]).toEqual([b, c]);
  expect(names(list.slice(1, 3).namedChildren())).toEqual(['0', '1']);
  expect([...list.concat([a])]).toEqual([a, b, c, d, a]);
  expect(list.pop()).toBe(d);
  expect(list.pop(0)).toBe(a);
  list.delete(0);
  expect([...list]).toEqual([c]);
  list[0] = d;
  list.set(-1, a);
  expect([...list]).toEqual([a]);
  expect(names(list.namedParameters())).toEqual(['0.w']);
  expect(() => list.at(1)).toThrow('index 1 is out of range');
  expect(() => list(ones([1]))).toThrow('Module [ModuleList] is missing the required "forward" function');
});

test('44. ModuleList.extend refuses a non-iterable, and elements that are not modules are refused by name of their type.', () => {
  const list = new ModuleList();
  expect(() => list.extend(3 as never)).toThrow('ModuleList.extend should be called with an iterable, but got number');
  expect(() => list.extend(new Same() as never)).toThrow('should be called with an iterable, but got Same');
  expect(() => list.append(3 as never)).toThrow('number is not a Module subclass');
  expect(() => new ModuleList(['text'] as never)).toThrow('string is not a Module subclass');
  expect(list.length).toBe(0);
});

test('A list that is full of modules takes part in training; a plain array does not.', () => {
  class Net extends Same {
    list = new ModuleList(scales(2));
    plain = scales(3);
  }
  expect(names(new Net().namedParameters())).toEqual(['list.0.w', 'list.1.w']);
});

test('45. ModuleDict keeps insertion order, updates from mappings or pairs, has keys/values/items/pop/clear/in, and refuses keys that clash with its own methods.', () => {
  const [a, b, c, d] = scales(4) as [Scale, Scale, Scale, Scale];
  const dict = new ModuleDict<Record<string, AnyModule>>({ b });
  dict.update({ a });
  dict.update([['10', c]]);
  dict.update(new ModuleDict({ d }));
  dict.update(new Map([['2', a]]));
  expect(dict.keys()).toEqual(['b', 'a', '10', 'd', '2']);
  expect(dict.values()).toEqual([b, a, c, d, a]);
  expect(dict.entries()[0]).toEqual(['b', b]);
  expect([...dict]).toEqual(dict.entries());
  expect([dict.size, dict.has('a'), dict.has('z'), dict.get('a'), dict.a]).toEqual([5, true, false, a, a]);
  expect(dict.pop('a')).toBe(a);
  expect(() => dict.pop('a')).toThrow("'a'");
  expect([dict.delete('b'), dict.delete('b')]).toEqual([true, false]);
  dict.set('d', b);
  expect(dict.keys()).toEqual(['10', 'd', '2']);
  for (const key of ['keys', 'type', 'get', 'constructor', 'training']) {
    expect(() => dict.set(key, a)).toThrow(`attribute '${key}' already exists`);
  }
  dict.clear();
  expect([dict.size, ...dict.keys()]).toEqual([0]);
});

test('46. ModuleDict.update with malformed input raises three different errors.', () => {
  const dict = new ModuleDict();
  expect(() => dict.update(3 as never)).toThrow(
    'ModuleDict.update should be called with an iterable of key/value pairs, but got number',
  );
  expect(() => dict.update([3] as never)).toThrow(
    'ModuleDict update sequence element #0 should be Iterable; is number',
  );
  expect(() => dict.update([['a', new Same()], ['b']] as never)).toThrow(
    'ModuleDict update sequence element #1 has length 1; 2 is required',
  );
});

test('47. ParameterList turns tensors into Parameters on append and assignment, leaves other values alone, and supports slices.', () => {
  const list = new ParameterList<unknown>([ones([1]), 'text']);
  const given = new Parameter(ones([2]));
  list
    .append(given)
    .append(3)
    .extend([zeros([4])]);
  expect(list.length).toBe(5);
  expect(list[0]).toBeInstanceOf(Parameter);
  expect([list[1], list[2], list[3]]).toEqual(['text', given, 3]);
  list[0] = ones([7]);
  list.set(1, ones([8]));
  expect([(list[0] as Parameter).shape, (list.at(1) as Parameter).shape]).toEqual([[7], [8]]);
  expect(list[0]).toBeInstanceOf(Parameter);
  expect(list[1]).toBeInstanceOf(Parameter);
  expect(names(list.namedParameters())).toEqual(['0', '1', '2', '4']);
  const part = list.slice(1, 4);
  expect(part).toBeInstanceOf(ParameterList);
  expect([...part]).toEqual([list[1], given, 3]);
  expect(list.concat(part).length).toBe(8);
  expect([list.pop() instanceof Parameter, list.length]).toEqual([true, 4]);
  expect(() => list.at(9)).toThrow('index 9 is out of range');
  expect(() => list.extend(3 as never)).toThrow(
    'ParameterList.extend should be called with an iterable, but got number',
  );
  expect(() => list()).toThrow('ParameterList should not be called.');
});

test('48. ParameterDict does the same by key, and has copy, setdefault, popitem, fromkeys, |, |=.', () => {
  const dict = new ParameterDict({ left: ones([1]), note: 'text' });
  expect(dict.left).toBeInstanceOf(Parameter);
  expect(loose(dict).note).toBe('text');
  loose(dict).left = ones([3]);
  expect([dict.left.shape, dict.left instanceof Parameter]).toEqual([[3], true]);
  expect(names(dict.namedParameters())).toEqual(['left']);
  const copy = dict.copy();
  expect([copy.keys(), copy.left === dict.left]).toEqual([['left', 'note'], true]);
  expect(dict.setDefault('right', ones([2]))).toBe(dict.get('right'));
  expect(dict.setDefault('left', ones([9]))).toBe(dict.left);
  expect(dict.popItem()[0]).toBe('right');
  expect(dict.fromKeys(['x', 'y'], 1).entries()).toEqual([
    ['x', 1],
    ['y', 1],
  ]);
  const joined = dict.union({ up: ones([1]), note: 'other' });
  expect([joined.keys(), joined.get('note'), dict.get('note')]).toEqual([['left', 'note', 'up'], 'other', 'text']);
  dict.update([['up', ones([5])]]);
  expect([dict.size, dict.has('up'), dict.get('zzz'), dict.get('zzz', 1)]).toEqual([3, true, undefined, 1]);
  expect(dict.pop('up').shape).toEqual([5]);
  expect(() => dict.pop('up')).toThrow("'up'");
  expect(() => dict.set('keys', ones([1]))).toThrow("attribute 'keys' already exists");
  expect(() => dict.update(3 as never)).toThrow('should be called with an iterable of key/value pairs, but got number');
  expect(() => dict.update([3] as never)).toThrow('element #0 should be Iterable; is number');
  expect(() => dict.update([['a']] as never)).toThrow('element #0 has length 1; 2 is required');
  dict.clear();
  expect(dict.size).toBe(0);
  expect(() => dict.popItem()).toThrow('dictionary is empty');
  expect(() => (dict as unknown as () => void)()).toThrow('ParameterDict should not be called.');
});

test('Containers are members of what owns them, with the keys as names.', () => {
  class Net extends Module {
    heads = new ModuleDict({ one: new Scale(1), two: new Scale(2) });
    scales = new ParameterList([ones([1])]);
    table = new ParameterDict({ left: ones([1]) });
    forward(): null {
      return null;
    }
  }
  expect([...new Net().stateDict().keys()]).toEqual(['heads.one.w', 'heads.two.w', 'scales.0', 'table.left']);
});
