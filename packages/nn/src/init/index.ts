export {
  constant_,
  dirac_,
  eye_,
  normal_,
  ones_,
  type RandomOptions,
  truncNormal_,
  uniform_,
  zeros_,
} from './fill.ts';
export { calculateGain, type FanMode, type Nonlinearity } from './gain.ts';
export { orthogonal_, sparse_ } from './matrix.ts';
export {
  type KaimingOptions,
  kaimingNormal_,
  kaimingUniform_,
  xavierNormal_,
  xavierUniform_,
} from './variance.ts';
