import { type DType, Tensor } from '@flambeau/autograd';
import { ModuleError } from '../errors.ts';
import { internals } from '../internals.ts';
import { rememberOrder, slotAt } from '../members.ts';
import type { AnyModule } from '../module-base.ts';
import { typeName } from '../names.ts';
import { Parameter } from '../parameter.ts';

const typeNames: Readonly<Record<DType, string>> = {
  bool: 'Bool',
  uint8: 'Byte',
  int8: 'Char',
  int32: 'Int',
  int64: 'Long',
  float16: 'Half',
  bfloat16: 'BFloat16',
  float32: 'Float',
  float64: 'Double',
};

/** PyTorch's name of a dtype's tensor class. */
export function tensorTypeName(dtype: DType): string {
  return `torch.${typeNames[dtype]}Tensor`;
}

/** Makes a module hold tensors as parameters. */
export function wrapTensors(module: AnyModule): void {
  module[internals].wrapsTensors = true;
}

/** Puts a value of any kind under a name. @throws {ModuleError} The name is one of the module's methods. */
export function put(module: AnyModule, name: string, value: unknown): void {
  if (!Object.hasOwn(module, name) && name in module) throw new ModuleError(`attribute '${name}' already exists`);
  const target = module as unknown as Record<string, unknown>;
  rememberOrder(module, name);
  target[name] = value;
  slotAt(module, name);
}

/** One line of the text of a parameter list or dict. */
export function valueLine(name: string, value: unknown, describe: (tensor: Tensor) => string): string {
  if (!(value instanceof Tensor)) return `  (${name}): Object of type: ${typeName(value)}`;
  const kind = value instanceof Parameter ? 'Parameter' : 'Tensor';
  return `  (${name}): ${kind} containing: [${describe(value)} of size ${value.shape.join('x')}]`;
}
