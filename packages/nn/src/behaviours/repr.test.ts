import { inspect } from 'node:util';
import { ones } from '@flambeau/autograd';
import { expect, test } from 'vitest';
import { Module, ModuleDict, ModuleList, Parameter, ParameterDict, ParameterList, Sequential } from '../index.ts';
import { Pair, Same, Scale } from './testing.ts';

test('49. Childless modules print on one line, modules with children in blocks indented by two per level.', () => {
  expect(String(new Same())).toBe('Same()');
  expect(String(new Scale())).toBe('Scale(features=2)');
  const net = new Sequential(new Pair(), new Same());
  const text = `Sequential(
  (0): Pair(
    (first): Scale(features=2)
    (second): Scale(features=2)
  )
  (1): Same()
)`;
  expect(String(net)).toBe(text);
  expect(inspect(net)).toBe(text);
  expect(`${new Module()}`).toBe('Module()');
});

test('50. ModuleList folds consecutive equal children into "(0-2): 3 x ..."; other containers never fold.', () => {
  const scales = (): Scale[] => [new Scale(), new Scale(), new Scale()];
  expect(String(new ModuleList([...scales(), new Same(), new Scale()]))).toBe(`ModuleList(
  (0-2): 3 x Scale(features=2)
  (3): Same()
  (4): Scale(features=2)
)`);
  expect(String(new ModuleList([new Pair(), new Pair()]))).toBe(`ModuleList(
  (0-1): 2 x Pair(
    (first): Scale(features=2)
    (second): Scale(features=2)
  )
)`);
  expect(String(new ModuleList())).toBe('ModuleList()');
  expect(String(new Sequential(...scales()))).toBe(`Sequential(
  (0): Scale(features=2)
  (1): Scale(features=2)
  (2): Scale(features=2)
)`);
  expect(String(new ModuleDict({ a: new Same(), b: new Same() }))).toBe('ModuleDict(\n  (a): Same()\n  (b): Same()\n)');
});

test('51. extra_repr of several lines is printed as lines of the block.', () => {
  class Lines extends Same {
    inner = new Scale();
    override extraRepr(): string {
      return 'one=1\ntwo=2';
    }
  }
  expect(String(new Lines())).toBe('Lines(\n  one=1\n  two=2\n  (inner): Scale(features=2)\n)');
  class Bare extends Same {
    override extraRepr(): string {
      return 'one\ntwo';
    }
  }
  expect(String(new Bare())).toBe('Bare(\n  one\n  two\n)');
});

test("52. A module's repr is built from names, not class identity: shared children print at each place.", () => {
  class Twice extends Same {
    a = new Scale();
    b = this.a;
  }
  expect(String(new Twice())).toBe('Twice(\n  (a): Scale(features=2)\n  (b): Scale(features=2)\n)');
});

test('Children are printed under the names that a checkpoint has, and a missing one as None.', () => {
  class Block extends Same {
    selfAttn = new Same();
  }
  const block = new Block();
  block.addModule('dropout', null);
  expect(String(block)).toBe('Block(\n  (self_attn): Same()\n  (dropout): None\n)');
});

test('Parameter lists and dicts print kinds and sizes.', () => {
  const list = new ParameterList<unknown>([ones([2]), ones([3, 1])]);
  expect(String(list)).toBe(`ParameterList(
    (0): Parameter containing: [torch.float32 of size 2]
    (1): Parameter containing: [torch.float32 of size 3x1]
)`);
  list.append('text');
  expect(String(list)).toContain('(2): Object of type: string');
  expect(String(new ParameterDict({ left: ones([2]), right: ones([2, 2]) }))).toBe(`ParameterDict(
    (left): Parameter containing: [torch.FloatTensor of size 2]
    (right): Parameter containing: [torch.FloatTensor of size 2x2]
)`);
});

test('A Parameter prints as one.', () => {
  expect(String(new Parameter(ones([2], { device: 'cpu' })))).toBe(
    'Parameter containing:\ntensor([1., 1.], requires_grad=True)',
  );
});
