import { type Tensor, zerosLike } from '@flambeau/autograd';
import { type Expr, op } from '@flambeau/backend';
import { argumentError, checkNotNegative, withDefaults } from './check.ts';
import { Optimizer } from './optimizer.ts';
import type { ParamGroup, Params } from './param-groups.ts';
import { UpdateKernel, type UpdateScope } from './update-kernel.ts';

/** Options of {@link SGD}. */
export interface SGDOptions {
  /** Learning rate; default 1e-3. */
  lr: number;
  /** Share of the last direction that is kept; default 0. */
  momentum: number;
  /** Share of the gradient that does not enter the momentum; default 0. */
  dampening: number;
  /** L2 penalty; default 0. */
  weightDecay: number;
  /** Nesterov's momentum; default false. */
  nesterov: boolean;
  /** Ascend instead of descend; default false. */
  maximize: boolean;
}

/** State of {@link SGD}: empty without momentum. */
export type SGDState = { momentumBuffer?: Tensor };

const defaults: SGDOptions = {
  lr: 1e-3,
  momentum: 0,
  dampening: 0,
  weightDecay: 0,
  nesterov: false,
  maximize: false,
};

type PlainOperand = 'param' | 'grad';
type PlainScalar = 'sign' | 'weightDecay' | 'lr';
type Operand = PlainOperand | 'buffer';
type Scalar = PlainScalar | 'decay' | 'keep' | 'momentum';

/** `d = sign·grad + weightDecay·param` */
function direction({ old, scalar }: UpdateScope<PlainOperand, PlainScalar>, decays: boolean): Expr {
  const ascent = op('mul', old.grad(), scalar.sign);
  return decays ? op('add', ascent, op('mul', old.param(), scalar.weightDecay)) : ascent;
}

/** `param −= lr·(sign·grad + weightDecay·param)` */
const plain = new UpdateKernel<PlainOperand, PlainScalar>(
  'SGD',
  ['param', 'grad'],
  ['sign', 'weightDecay', 'lr'],
  [
    {
      target: 'param',
      value: (scope) => op('sub', scope.old.param(), op('mul', direction(scope, true), scope.scalar.lr)),
    },
  ],
);

/** `buffer = decay·buffer + keep·d`; `param −= lr·buffer`, with Nesterov `param −= lr·(d + momentum·buffer)`. */
function withMomentum(decays: boolean, nesterov: boolean): UpdateKernel<Operand, Scalar> {
  return new UpdateKernel<Operand, Scalar>(
    `SGD with momentum${decays ? ', decay' : ''}${nesterov ? ', Nesterov' : ''}`,
    ['param', 'grad', 'buffer'],
    ['sign', 'weightDecay', 'lr', 'decay', 'keep', 'momentum'],
    [
      {
        target: 'buffer',
        value: (scope) => {
          const kept = op('mul', scope.old.buffer(), scope.scalar.decay);
          return op('add', kept, op('mul', direction(scope, decays), scope.scalar.keep));
        },
      },
      {
        target: 'param',
        value: (scope, value) => {
          const step = nesterov
            ? op('add', direction(scope, decays), op('mul', value(0), scope.scalar.momentum))
            : value(0);
          return op('sub', scope.old.param(), op('mul', step, scope.scalar.lr));
        },
      },
    ],
  );
}

const momentumKernels = [
  [withMomentum(false, false), withMomentum(false, true)],
  [withMomentum(true, false), withMomentum(true, true)],
] as const;

/**
 * Stochastic gradient descent, with momentum if wanted.
 *
 * @throws {ArgumentError} A hyper-parameter is negative, or Nesterov's momentum lacks momentum or has dampening.
 * @source PyTorch `torch.optim.SGD`; Sutskever et al. 2013 for Nesterov's momentum.
 * @example
 * const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
 */
export class SGD extends Optimizer<SGDOptions, SGDState> {
  constructor(params: Params<SGDOptions>, options: Partial<SGDOptions> = {}) {
    const name = new.target.name;
    const all = withDefaults(name, options, defaults);
    checkNotNegative(name, 'learning rate', all.lr);
    checkNotNegative(name, 'momentum value', all.momentum);
    checkNotNegative(name, 'weight_decay value', all.weightDecay);
    if (all.nesterov && (all.momentum <= 0 || all.dampening !== 0)) {
      throw argumentError(name, 'Nesterov momentum requires a momentum and zero dampening');
    }
    super(params, all);
    this.letsGradientsGo = new.target === SGD;
  }

  protected override update(param: Tensor, grad: Tensor, group: ParamGroup<SGDOptions>): void {
    const { lr, momentum, dampening, weightDecay, nesterov, maximize } = group;
    const sign = maximize ? -1 : 1;
    if (momentum === 0) {
      if (weightDecay === 0) param.add_(grad, { alpha: -sign * lr });
      else plain.run([param, grad], [sign, weightDecay, lr]);
      return;
    }
    let buffer = this.state.get(param)?.momentumBuffer;
    // The first buffer is the direction itself: no dampening on it.
    let [decay, keep] = [momentum, 1 - dampening];
    if (!buffer) {
      buffer = zerosLike(param);
      this.state.set(param, { momentumBuffer: buffer });
      [decay, keep] = [0, 1];
    }
    const kernel = momentumKernels[weightDecay === 0 ? 0 : 1][nesterov ? 1 : 0];
    kernel.run([param, grad, buffer], [sign, weightDecay, lr, decay, keep, momentum]);
  }
}
