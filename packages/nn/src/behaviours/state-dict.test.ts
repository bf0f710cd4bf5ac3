import { noGrad, ones, type Tensor, tensor, zeros } from '@flambeau/autograd';
import { expect, test } from 'vitest';
import { BatchNorm1d, IncompatibleKeys, Module, Parameter, Sequential, StateDict } from '../index.ts';
import { loose, names, Pair, Same, Scale } from './testing.ts';

class Extra extends Scale {
  note: unknown = 'first';
  override getExtraState(): unknown {
    return this.note;
  }
  override setExtraState(state: unknown): void {
    this.note = state;
  }
}

const values = (module: Pair): number[][] => [module.first.w, module.second.w].map((w) => w.tolistSync() as number[]);
const twos = (): Tensor => tensor([2, 2]);

test('81. Key order: own parameters, own persistent buffers, extra state, then children depth first.', () => {
  class Net extends Extra {
    child = new Sequential(new Scale(), new Scale());
    late = new Parameter(ones([1]));
  }
  const net = new Net();
  net.registerBuffer('buffer', ones([1]));
  expect([...net.stateDict().keys()]).toEqual(['w', 'late', 'buffer', '_extra_state', 'child.0.w', 'child.1.w']);
  expect([...net.stateDict({ prefix: 'net.' }).keys()][0]).toBe('net.w');
  expect(net.stateDict().metadata).toEqual({
    '': { version: 1 },
    child: { version: 1 },
    'child.0': { version: 1 },
    'child.1': { version: 1 },
  });
});

test('82. Values alias the parameters without being part of the graph; keep_vars gives the parameters.', () => {
  const net = new Scale();
  const value = net.stateDict().get('w') as Tensor;
  expect([value.requiresGrad, value === net.w]).toEqual([false, false]);
  value.fill_(5);
  expect(net.w.tolistSync()).toEqual([5, 5]);
  expect(net.stateDict({ keepVars: true }).get('w')).toBe(net.w);
});

test('83. Loading copies in place, keeps parameter identity and requires_grad, and casts dtype.', () => {
  const net = new Pair();
  const { w } = net.first;
  net.second.w.requiresGrad_(false);
  const given = tensor([2, 2], { dtype: 'float64' });
  net.loadStateDict({ 'first.w': given, 'second.w': twos() });
  given.fill_(9);
  expect(net.first.w).toBe(w);
  expect([w.dtype, w.requiresGrad, net.second.w.requiresGrad]).toEqual(['float32', true, false]);
  expect(values(net)).toEqual([
    [2, 2],
    [2, 2],
  ]);
});

test('84. Strict loading reports missing keys, then unexpected keys, then size mismatches in one error.', () => {
  const net = new Pair();
  const load = (): unknown => net.loadStateDict({ 'first.w': ones([3]), zz: ones([1]), 'third.w': ones([1]) });
  expect(load).toThrow(
    [
      'Error(s) in loading state_dict for Pair:',
      'Missing key(s) in state_dict: "second.w". ',
      'Unexpected key(s) in state_dict: "zz", "third.w". ',
      'size mismatch for first.w: copying a param with shape torch.Size([3]) from checkpoint, the shape in current model is torch.Size([2]).',
    ].join('\n\t'),
  );
});

test('85. Non-strict loading returns both key lists, and still raises for size mismatches.', () => {
  const net = new Pair();
  const keys = net.loadStateDict({ 'first.w': twos(), zz: ones([1]) }, { strict: false });
  expect(keys).toEqual(new IncompatibleKeys(['second.w'], ['zz']));
  expect(String(keys)).toBe("_IncompatibleKeys(missing_keys=['second.w'], unexpected_keys=['zz'])");
  expect(values(net)).toEqual([
    [2, 2],
    [1, 1],
  ]);
  expect(() => net.loadStateDict({ 'first.w': ones([3]) }, { strict: false })).toThrow('size mismatch for first.w');
});

test('86. A matching load returns a value that prints "<All keys matched successfully>".', () => {
  const net = new Pair();
  expect(String(net.loadStateDict(net.stateDict()))).toBe('<All keys matched successfully>');
});

test('87. Anything but a mapping is refused with its type.', () => {
  const net = new Pair();
  for (const [given, type] of [
    [3, 'number'],
    [[], 'Array'],
    [null, 'null'],
    [twos(), 'Tensor'],
    ['text', 'string'],
  ]) {
    expect(() => net.loadStateDict(given as never)).toThrow(`Expected state_dict to be dict-like, got ${type}.`);
  }
});

test('88. A non-tensor value is reported per key with its type.', () => {
  const net = new Pair();
  const load = (): unknown => net.loadStateDict({ 'first.w': 3, 'second.w': [1, 2] });
  expect(load).toThrow(
    'While copying the parameter named "first.w", expected torch.Tensor or Tensor-like object from checkpoint but received number',
  );
  expect(load).toThrow('While copying the parameter named "second.w", expected torch.Tensor');
});

test('89. Unexpected keys under an unknown child are all listed.', () => {
  const net = new Scale();
  const keys = net.loadStateDict({ w: twos(), 'a.w': twos(), 'a.b.c': twos(), 'w.x': twos() }, { strict: false });
  expect(keys.unexpectedKeys).toEqual(['a.w', 'a.b.c', 'w.x']);
});

test('90. assign=true replaces parameters, keeps their requires_grad, and detaches an optimizer built before.', () => {
  const net = new Pair();
  net.second.w.requiresGrad_(false);
  const known = [...net.parameters()];
  const [first, second] = [twos(), new Parameter(twos())];
  net.loadStateDict({ 'first.w': first, 'second.w': second }, { assign: true });
  expect(known).not.toContain(net.first.w);
  expect(net.second.w).toBe(second);
  expect([net.first.w instanceof Parameter, net.first.w.requiresGrad, second.requiresGrad]).toEqual([
    true,
    true,
    false,
  ]);
  first.fill_(4);
  expect(net.first.w.tolistSync()).toEqual([4, 4]);
});

test("91. Loading into a child uses the state dict's prefix of that child only.", () => {
  const net = new Pair();
  const seen: string[][] = [];
  net.first.registerLoadStateDictPreHook((_module, stateDict, prefix) => void seen.push([prefix, ...stateDict.keys()]));
  net.loadStateDict({ 'first.w': twos(), 'second.w': twos() });
  expect(seen).toEqual([['first.', 'first.w']]);
  net.first.loadStateDict({ w: zeros([2]) });
  expect(net.first.w.tolistSync()).toEqual([0, 0]);
});

test('92. Extra state of any type is saved and restored; overriding only the getter or only the setter shows up as an unexpected or missing key.', () => {
  const [saved, loaded] = [new Extra(), new Extra()];
  for (const state of ['text', 3, null, { nested: [1, 2] }, twos()]) {
    saved.note = state;
    loaded.loadStateDict(saved.stateDict());
    expect(loaded.note).toBe(state);
  }
  class Getter extends Scale {
    override getExtraState(): unknown {
      return 1;
    }
  }
  class Setter extends Scale {
    override setExtraState(): void {}
  }
  const getter = new Getter();
  expect(() => getter.loadStateDict(getter.stateDict())).toThrow('Unexpected key(s) in state_dict: "_extra_state". ');
  const setter = new Setter();
  expect(() => setter.loadStateDict(setter.stateDict())).toThrow('Missing key(s) in state_dict: "_extra_state". ');
});

test('93. A state-dict pre-hook sees (module, prefix, keepVars); a post-hook may edit the dict and must return null.', () => {
  const net = new Pair();
  const seen: unknown[] = [];
  net.first.registerStateDictPreHook((module, prefix, keepVars) => void seen.push(module, prefix, keepVars));
  const handle = net.registerStateDictPostHook((_module, stateDict, prefix, localMetadata) => {
    seen.push(prefix, localMetadata);
    stateDict.delete('second.w');
  });
  expect([...net.stateDict({ keepVars: true }).keys()]).toEqual(['first.w']);
  expect(seen).toEqual([net.first, 'first.', true, '', { version: 1 }]);
  handle.remove();
  net.registerStateDictPostHook((() => new StateDict()) as never);
  expect(() => net.stateDict()).toThrow('state_dict post-hook must return None');
});

test('94. A load pre-hook may rename keys before loading; a post-hook may clear the key lists and thereby prevent the strict error.', () => {
  const net = new Pair();
  const handle = net.registerLoadStateDictPreHook((_module, stateDict) => {
    const old = stateDict.get('old.w');
    if (old) stateDict.set('first.w', old);
    stateDict.delete('old.w');
  });
  const given = { 'old.w': twos(), 'second.w': twos() };
  expect(String(net.loadStateDict(given))).toBe('<All keys matched successfully>');
  expect(Object.keys(given)).toEqual(['old.w', 'second.w']);
  handle.remove();
  const order: Module[] = [];
  net.first.registerLoadStateDictPostHook((module) => void order.push(module));
  net.registerLoadStateDictPostHook((module, keys) => {
    order.push(module);
    expect(module.second.w.tolistSync()).toEqual([3, 3]);
    keys.missingKeys.length = 0;
    keys.unexpectedKeys.length = 0;
  });
  expect(String(net.loadStateDict({ 'second.w': tensor([3, 3]), zz: twos() }))).toBe('<All keys matched successfully>');
  expect(order).toEqual([net.first, net]);
});

test('95. A post-hook that returns a value raises.', () => {
  const net = new Pair();
  net.registerLoadStateDictPostHook((() => 3) as never);
  expect(() => net.loadStateDict({ 'first.w': twos(), 'second.w': twos() })).toThrow(
    'are not expected to return new values',
  );
  expect(values(net)).toEqual([
    [1, 1],
    [1, 1],
  ]);
});

test("96. BatchNorm's num_batches_tracked, an int64 scalar, is part of the state.", () => {
  const net = new BatchNorm1d(2);
  const state = net.stateDict();
  expect([...state.keys()]).toEqual(['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked']);
  // int32 here: the widest integer that every device has; a file holds int64.
  expect([state.get('num_batches_tracked')?.dtype, state.get('num_batches_tracked')?.shape]).toEqual(['int32', []]);
  expect(state.metadata['']).toEqual({ version: 2 });
  net.loadStateDict(new Map([...state, ['num_batches_tracked', tensor([7n])]]));
  expect(net.numBatchesTracked?.itemSync()).toBe(7);
});

test('A BatchNorm checkpoint of an older version may lack num_batches_tracked.', () => {
  const net = new BatchNorm1d(2);
  const old = net.stateDict();
  old.delete('num_batches_tracked');
  expect(() => net.loadStateDict(old)).toThrow('Missing key(s) in state_dict: "num_batches_tracked". ');
  old.metadata[''] = { version: 1 };
  expect(String(net.loadStateDict(old))).toBe('<All keys matched successfully>');
});

test('97. A 1-element vector loads into a scalar parameter.', () => {
  class Net extends Same {
    p = new Parameter(zeros([]));
  }
  const net = new Net();
  net.loadStateDict({ p: tensor([3]) });
  expect([net.p.itemSync(), net.p.shape]).toEqual([3, []]);
  expect(() => net.loadStateDict({ p: tensor([3, 4]) })).toThrow('size mismatch for p');
});

test('Keys are spelled as PyTorch spells them, and both spellings load.', () => {
  class Attention extends Module {
    inProjWeight = new Parameter(ones([1]));
    weightIhL0 = new Parameter(ones([1]));
    W1 = new Parameter(ones([1]));
    forward(): null {
      return null;
    }
  }
  class Layer extends Same {
    selfAttn = new Attention();
  }
  const net = new Layer();
  expect([...net.stateDict().keys()]).toEqual(['self_attn.in_proj_weight', 'self_attn.weight_ih_l0', 'self_attn.W1']);
  const one = tensor([5]);
  net.loadStateDict({ 'selfAttn.inProjWeight': one, 'self_attn.weight_ih_l0': one, 'selfAttn.W1': one });
  expect(net.selfAttn.inProjWeight.itemSync()).toBe(5);
  expect(() => net.loadStateDict({ 'selfAttn.W1': one, 'self_attn.W1': one })).toThrow(
    'keys "selfAttn.W1" and "self_attn.W1" of the state dict both mean "self_attn.W1"',
  );
  const keys = net.loadStateDict({ 'selfAttn.noSuch': one }, { strict: false });
  expect(keys.unexpectedKeys).toEqual(['selfAttn.noSuch']);
});

test('Two members that are spelled alike in a checkpoint are an error.', () => {
  const net = new Same();
  loose(net).fcOne = new Scale();
  loose(net).fc_one = new Scale();
  expect(() => net.stateDict()).toThrow("members 'fcOne' and 'fc_one' of Same are both called 'fc_one'");
  expect(() => net.loadStateDict({})).toThrow("members 'fcOne' and 'fc_one' of Same");
});

test('A failed load changes nothing.', () => {
  class Throwing extends Extra {
    override setExtraState(state: unknown): void {
      this.note = state;
      if (state === 'bad') throw new Error('bad extra state');
    }
  }
  class Net extends Same {
    first = new Throwing();
    second = new Throwing();
  }
  const net = new Net();
  const failing: (() => unknown)[] = [
    () => net.loadStateDict({ 'first.w': twos() }),
    () => net.loadStateDict({ ...Object.fromEntries(net.stateDict()), 'first.w': twos(), 'second.w': 3 }),
    () =>
      net.loadStateDict({
        'first.w': twos(),
        'second.w': twos(),
        'first._extra_state': 'second',
        'second._extra_state': 'bad',
      }),
    () => net.loadStateDict({ 'first.w': twos(), 'second.w': ones([3]) }, { strict: false }),
    () => {
      const gone = twos();
      gone.dispose();
      return net.loadStateDict({ 'first.w': twos(), 'second.w': gone }, { strict: false });
    },
    () => {
      using _handle = net.registerLoadStateDictPostHook(() => {});
      return net.loadStateDict({ 'first.w': twos() });
    },
  ];
  for (const load of failing) {
    expect(load).toThrow();
    expect([net.first.w.tolistSync(), net.second.w.tolistSync()]).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect([net.first.note, names(net.namedParameters())]).toEqual(['first', ['first.w', 'second.w']]);
  }
});

test('The state of one module loads into another, through a Map as well.', () => {
  const [from, to] = [new Pair(), new Pair()];
  noGrad(() => from.first.w.fill_(3));
  to.loadStateDict(new Map(from.stateDict()));
  expect(to.first.w.tolistSync()).toEqual([3, 3]);
});
