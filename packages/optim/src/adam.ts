import { type Tensor, zerosLike } from '@flambeau/autograd';
import { type Expr, op } from '@flambeau/backend';
import { checkBetas, checkNotNegative, withDefaults } from './check.ts';
import { Optimizer } from './optimizer.ts';
import type { ParamGroup, Params } from './param-groups.ts';
import { type UpdateFormula, UpdateKernel, type UpdateScope } from './update-kernel.ts';

/** Options of {@link Adam} and {@link AdamW}. */
export interface AdamOptions {
  /** Learning rate; default 1e-3. */
  lr: number;
  /** Decay rates of the averages of gradient and squared gradient; default `[0.9, 0.999]`. */
  betas: [number, number];
  /** Added to the denominator; default 1e-8. */
  eps: number;
  /** L2 penalty, or decay of the weights when it is decoupled; default 0 (AdamW: 1e-2). */
  weightDecay: number;
  /** Divide by the largest average of squares so far; default false. */
  amsgrad: boolean;
  /** Ascend instead of descend; default false. */
  maximize: boolean;
  /** Shrink the weights by `lr · weightDecay` instead of adding to the gradient; default false (AdamW: true). */
  decoupledWeightDecay: boolean;
}

/** State of {@link Adam}. */
export type AdamState = { step: number; expAvg: Tensor; expAvgSq: Tensor; maxExpAvgSq?: Tensor };

const defaults: AdamOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
  decoupledWeightDecay: false,
};

type Operand = 'param' | 'grad' | 'average' | 'squares';
type Scalar = 'sign' | 'decay' | 'fresh' | 'keepSquares' | 'freshSquares' | 'squareCorrection' | 'eps' | 'step';
type Decay = 'none' | 'coupled' | 'decoupled';
type Formula = UpdateFormula<Operand | 'largest', Scalar>;

const scalars: readonly Scalar[] = [
  'sign',
  'decay',
  'fresh',
  'keepSquares',
  'freshSquares',
  'squareCorrection',
  'eps',
  'step',
];

/**
 * `g = sign·grad (+ decay·param)`, `average += fresh·(g − average)`, `squares = keepSquares·squares + freshSquares·g²`,
 * `param = (decay·)param − step·average / (√squares / squareCorrection + eps)`
 */
function kernel(decay: Decay, amsgrad: boolean): UpdateKernel<Operand | 'largest', Scalar> {
  const gradient = ({ old, scalar }: UpdateScope<Operand, Scalar>): Expr => {
    const ascent = op('mul', old.grad(), scalar.sign);
    return decay === 'coupled' ? op('add', ascent, op('mul', old.param(), scalar.decay)) : ascent;
  };
  const average: Formula = {
    target: 'average',
    value: (scope) => {
      const change = op('sub', gradient(scope), scope.old.average());
      return op('add', scope.old.average(), op('mul', change, scope.scalar.fresh));
    },
  };
  const squares: Formula = {
    target: 'squares',
    value: (scope) => {
      const square = op('mul', gradient(scope), gradient(scope));
      const kept = op('mul', scope.old.squares(), scope.scalar.keepSquares);
      return op('add', kept, op('mul', square, scope.scalar.freshSquares));
    },
  };
  const largest: Formula = {
    target: 'largest',
    value: (scope, value) => op('max', scope.old.largest(), value(1)),
  };
  const param: Formula = {
    target: 'param',
    value: ({ old, scalar }, value) => {
      const root = op('div', op('sqrt', value(amsgrad ? 2 : 1)), scalar.squareCorrection);
      const change = op('div', op('mul', value(0), scalar.step), op('add', root, scalar.eps));
      return op('sub', decay === 'decoupled' ? op('mul', old.param(), scalar.decay) : old.param(), change);
    },
  };
  return new UpdateKernel<Operand | 'largest', Scalar>(
    `Adam, decay ${decay}${amsgrad ? ', amsgrad' : ''}`,
    amsgrad ? ['param', 'grad', 'average', 'squares', 'largest'] : ['param', 'grad', 'average', 'squares'],
    scalars,
    amsgrad ? [average, squares, largest, param] : [average, squares, param],
  );
}

function kernelsByDecay(amsgrad: boolean): Record<Decay, UpdateKernel<Operand | 'largest', Scalar>> {
  return {
    none: kernel('none', amsgrad),
    coupled: kernel('coupled', amsgrad),
    decoupled: kernel('decoupled', amsgrad),
  };
}

const kernels = kernelsByDecay(false);
const amsgradKernels = kernelsByDecay(true);

/**
 * Adam: steps of about the learning rate in every coordinate.
 *
 * @throws {ArgumentError} A hyper-parameter is negative, or a beta outside `[0, 1)`.
 * @source PyTorch `torch.optim.Adam`; Kingma and Ba 2014, arXiv:1412.6980; amsgrad: Reddi et al. 2018.
 * @example
 * const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
 */
export class Adam extends Optimizer<AdamOptions, AdamState> {
  constructor(params: Params<AdamOptions>, options: Partial<AdamOptions> = {}) {
    const name = new.target.name;
    const all = withDefaults(name, options, defaults);
    checkNotNegative(name, 'learning rate', all.lr);
    checkNotNegative(name, 'epsilon value', all.eps);
    checkBetas(name, all.betas);
    checkNotNegative(name, 'weight_decay value', all.weightDecay);
    super(params, { ...all, betas: [...all.betas] });
    this.letsGradientsGo = new.target === Adam;
  }

  protected override update(param: Tensor, grad: Tensor, group: ParamGroup<AdamOptions>): void {
    const { lr, betas, eps, weightDecay, amsgrad, maximize, decoupledWeightDecay } = group;
    const state = this.#stateOf(param, amsgrad);
    state.step += 1;
    const correction = 1 - betas[0] ** state.step;
    const squareCorrection = Math.sqrt(1 - betas[1] ** state.step);
    const decay: Decay = weightDecay === 0 ? 'none' : decoupledWeightDecay ? 'decoupled' : 'coupled';
    const scalars = [
      maximize ? -1 : 1,
      decay === 'decoupled' ? 1 - lr * weightDecay : weightDecay,
      1 - betas[0],
      betas[1],
      1 - betas[1],
      squareCorrection,
      eps,
      lr / correction,
    ];
    const tensors = [param, grad, state.expAvg, state.expAvgSq];
    if (state.maxExpAvgSq) amsgradKernels[decay].run([...tensors, state.maxExpAvgSq], scalars);
    else kernels[decay].run(tensors, scalars);
  }

  #stateOf(param: Tensor, amsgrad: boolean): AdamState {
    let state = this.state.get(param);
    if (!state?.expAvg) {
      state = { step: 0, expAvg: zerosLike(param), expAvgSq: zerosLike(param) };
      this.state.set(param, state);
    }
    if (amsgrad) state.maxExpAvgSq ??= zerosLike(param);
    return state;
  }
}
