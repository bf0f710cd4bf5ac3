import type { Tensor } from '@flambeau/autograd';
import { type AnyModule, Module, ModuleDict, ModuleList, Sequential } from './index.ts';

/** Checked by the compiler only: nothing here is run. */
export function types(x: Tensor): void {
  class Net extends Module {
    forward(input: Tensor): Tensor {
      return input;
    }
  }
  class Explicit extends Module {
    override forward(input: Tensor): Tensor {
      return input;
    }
  }
  class Two extends Module {
    forward(first: Tensor, times: number, options: { mask?: Tensor } = {}): [Tensor, number] {
      void options;
      return [first, times];
    }
  }
  class Pair extends Module<[Tensor, Tensor], [Tensor, Tensor]> {
    forward(first: Tensor, second: Tensor): [Tensor, Tensor] {
      return [second, first];
    }
  }
  class Loss extends Module<[input: Tensor, target: Tensor]> {
    forward(input: Tensor): Tensor {
      return input;
    }
  }
  class Inferred extends Module {
    net = new Net();
    two = new Two();
    forward(input: Tensor) {
      return this.two(this.net(input), 2)[0];
    }
  }
  // @ts-expect-error forward is missing
  class Forgotten extends Module {}
  class Wrong extends Module<[Tensor], Tensor> {
    // @ts-expect-error forward has other types than announced
    forward(input: Tensor): number {
      return input.ndim;
    }
  }
  abstract class Base extends Module {
    abstract override forward(input: Tensor): Tensor;
  }
  class Derived extends Base {
    forward(input: Tensor): Tensor {
      return input;
    }
  }

  const a: Tensor = new Net()(x);
  const b: [Tensor, number] = new Two()(x, 2, { mask: x });
  const c: [Tensor, Tensor] = new Pair()(x, x);
  const d: Tensor = new Inferred()(x);
  const e: Tensor = new Derived()(x);
  const f: Tensor = new Loss()(x, x);
  const g: Tensor = new Explicit()(x);
  // @ts-expect-error a string is no tensor
  new Net()('x');
  // @ts-expect-error the second argument is missing
  new Two()(x);

  const any: AnyModule[] = [new Net(), new Two(), new Pair(), new Forgotten(), new ModuleList(), new Sequential()];
  const plain: Module[] = [new Net(), new Sequential(), new Derived()];
  // @ts-expect-error it takes two
  const two: Module = new Two();
  const run = <M extends Module>(module: M): Tensor => module(x);
  const value: unknown = any[0];
  if (value instanceof Module) value(x);

  new Net().registerForwardHook((module, [input], output) => {
    module.train();
    input.numel();
    return output;
  });
  new Two().registerForwardPreHook((module, [first, times]) => [first.neg(), times + module.stateVersion] as const);
  new Two().registerForwardPreHook((_module, input, kwargs) => [input, { ...kwargs }], { withKwargs: true });
  const shared = (module: Module, input: Tensor[], output: Tensor): void => {
    void [module, input, output];
  };
  new Net().registerForwardHook(shared);
  for (const child of new Net().children()) child.registerForwardHook(shared);

  const list = new ModuleList([new Net(), new Net()]);
  const h: Tensor | undefined = list[0]?.(x);
  for (const net of list) void net(x).neg();
  const mixed = new ModuleList<AnyModule>([new Net(), new Two()]);
  const dict = new ModuleDict({ one: new Net(), two: new Two() });
  const i: Tensor = dict.one(x);
  const j: [Tensor, number] = dict.two(x, 1);
  const k: [Tensor, number] = dict.get('two')(x, 1);
  // @ts-expect-error no such key
  dict.three(x);
  const open = new ModuleDict<Record<string, Net>>();
  const l: Tensor | undefined = open.set('a', new Net()).get('a')(x);
  const seq = new Sequential(new Net(), new Explicit());
  const m: Tensor = seq(x);
  const named = new Sequential({ first: new Net(), act: new Net() });
  const n: Tensor = named(x);
  const o: Tensor = named.first(x);
  class Block extends Sequential {
    constructor() {
      super(new Net(), new Explicit());
    }
  }
  class Named extends Sequential {
    constructor() {
      super({ first: new Net() });
    }
  }
  const p: Tensor = new Block()(x).add(new Named()(x));

  void [a, b, c, d, e, f, g, plain, two, run, h, mixed, i, j, k, l, m, n, o, p, Wrong];
}
