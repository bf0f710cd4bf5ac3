import { castFunctions } from './functions/casts.ts';
import { divisionFunctions } from './functions/division.ts';
import { errorFunctions } from './functions/error-function.ts';
import { exponentialFunctions } from './functions/exponential.ts';
import { gammaFunctions } from './functions/gamma.ts';
import { integerFunctions } from './functions/integer.ts';
import { inverseFunctions } from './functions/inverse.ts';
import { logarithmFunctions } from './functions/logarithm.ts';
import { numberFunctions } from './functions/numbers.ts';
import { powerFunctions } from './functions/power.ts';
import { trigonometricFunctions } from './functions/trigonometric.ts';

/** Names of the WGSL functions that shaders share; `nan`, `infinity`, `max`, `min` and `isNan` are of use to others, too. */
export type FunctionName =
  | keyof typeof castFunctions
  | keyof typeof divisionFunctions
  | keyof typeof errorFunctions
  | keyof typeof exponentialFunctions
  | keyof typeof gammaFunctions
  | keyof typeof integerFunctions
  | keyof typeof inverseFunctions
  | keyof typeof logarithmFunctions
  | keyof typeof numberFunctions
  | keyof typeof powerFunctions
  | keyof typeof trigonometricFunctions;

const functions: Readonly<Record<FunctionName, string>> = {
  ...castFunctions,
  ...divisionFunctions,
  ...errorFunctions,
  ...exponentialFunctions,
  ...gammaFunctions,
  ...integerFunctions,
  ...inverseFunctions,
  ...logarithmFunctions,
  ...numberFunctions,
  ...powerFunctions,
  ...trigonometricFunctions,
};

/** All of them. */
export const functionNames: readonly FunctionName[] = Object.keys(functions) as FunctionName[];

/** The functions of one shader, each declared once, after those it calls. */
export class Library {
  readonly #used = new Set<FunctionName>();
  #declarations = '';

  /** The function's name in the shader, whose declaration is seen to. */
  use(name: FunctionName): string {
    if (!this.#used.has(name)) {
      this.#used.add(name);
      const code: string = functions[name];
      for (const [, called] of code.matchAll(/\bf_(\w+)\(/g)) {
        if (called !== name) this.use(called as FunctionName);
      }
      this.#declarations += `${code}\n`;
    }
    return `f_${name}`;
  }

  /** Declarations of all that is used. */
  get declarations(): string {
    return this.#declarations;
  }
}
