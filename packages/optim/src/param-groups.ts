import { Tensor } from '@flambeau/autograd';
import { argumentError } from './check.ts';
import { typeName } from './python-text.ts';

/** The options that every parameter group has. */
export interface GroupOptions {
  /** Learning rate. */
  lr: number;
}

/** What an optimizer keeps about a group beside its options. */
export interface GroupMembers {
  params: Tensor[];
  /** Names in the order of `params`, when the parameters were given as `[name, tensor]` pairs. */
  paramNames?: string[];
  /** The learning rate from which a scheduler started. */
  initialLr?: number;
}

/** A group of parameters and the options under which they are updated. */
export type ParamGroup<Options extends GroupOptions = GroupOptions> = Options & GroupMembers;

/** Parameters of one group: tensors, or `[name, tensor]` pairs throughout. */
export type ParamList = Tensor | Iterable<Tensor> | Iterable<readonly [name: string, parameter: Tensor]>;

/** A group as given: its parameters, and the options that differ from the optimizer's. */
export type ParamGroupInit<Options extends GroupOptions = GroupOptions> = Partial<Options> & {
  readonly params: ParamList;
};

/** What an optimizer's first argument can be. */
export type Params<Options extends GroupOptions = GroupOptions> =
  | Iterable<Tensor>
  | Iterable<readonly [name: string, parameter: Tensor]>
  | Iterable<ParamGroupInit<Options>>;

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function isGroup(value: unknown): value is ParamGroupInit {
  return typeof value === 'object' && value !== null && !(value instanceof Tensor) && !Array.isArray(value);
}

function refuseSet(op: string, params: unknown): void {
  if (!(params instanceof Set)) return;
  throw argumentError(
    op,
    'optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will change ' +
      'between runs. Please use a list instead.',
  );
}

/**
 * The groups that an optimizer's first argument describes: one for a list of parameters, one per object for a list of groups.
 *
 * @throws {ArgumentError} It is no iterable, or empty.
 */
export function groupsOf<Options extends GroupOptions>(op: string, params: Params<Options>): ParamGroupInit<Options>[] {
  if (params instanceof Tensor || !isIterable(params)) {
    throw argumentError(
      op,
      `params argument given to the optimizer should be an iterable of Tensors or dicts, but got ${typeName(params)}`,
    );
  }
  refuseSet(op, params);
  const items = [...(params as Iterable<unknown>)];
  if (items.length === 0) throw argumentError(op, 'optimizer got an empty parameter list');
  if (isGroup(items[0])) return items as ParamGroupInit<Options>[];
  return [{ params: items as Tensor[] } as unknown as ParamGroupInit<Options>];
}

function isPair(item: unknown): item is readonly [string, unknown] {
  return Array.isArray(item) && item.length === 2 && typeof item[0] === 'string';
}

function checkTensor(op: string, item: unknown): Tensor {
  if (!(item instanceof Tensor)) {
    throw argumentError(op, `optimizer can only optimize Tensors, but one of the params is ${typeName(item)}`);
  }
  if (!item.isLeaf) throw argumentError(op, "can't optimize a non-leaf Tensor");
  return item;
}

/** The tensors and names of one group. */
function membersOf(op: string, params: unknown): GroupMembers {
  refuseSet(op, params);
  if (!(params instanceof Tensor) && !isIterable(params)) {
    throw argumentError(op, `optimizer can only optimize Tensors, but one of the params is ${typeName(params)}`);
  }
  const items: unknown[] = params instanceof Tensor ? [params] : [...params];
  const names = items.filter(isPair).map(([name]) => name);
  if (names.length && names.length !== items.length) {
    throw argumentError(op, 'all optimizer params should be with/without names. Some param names are missing');
  }
  const tensors = items.map((item) => checkTensor(op, isPair(item) ? item[1] : item));
  return names.length ? { params: tensors, paramNames: names } : { params: tensors };
}

/**
 * Completes a group from the optimizer's defaults and checks it against the groups that are there.
 *
 * @throws {ArgumentError} A member is no leaf tensor, belongs to another group already, or only some have names.
 */
export function completeGroup<Options extends GroupOptions>(
  op: string,
  init: ParamGroupInit<Options>,
  defaults: Options,
  groups: readonly ParamGroup<Options>[],
): ParamGroup<Options> {
  if (!isGroup(init)) throw argumentError(op, `param_group must be a dict, but got ${typeName(init)}`);
  const given = Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined));
  const members = membersOf(op, init.params);
  const group = { ...defaults, ...given, ...members } as ParamGroup<Options>;
  const unique = new Set(members.params);
  if (unique.size !== members.params.length) {
    console.warn(
      'optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; ' +
        'see github.com/pytorch/pytorch/issues/40967 for more information',
    );
  }
  for (const other of groups) {
    if ((group.paramNames === undefined) !== (other.paramNames === undefined)) {
      throw argumentError(
        op,
        'all optimizer param groups should be with/without names. cannot add param group ' +
          `${group.paramNames ? 'with names' : 'without names'} to the optimizer`,
      );
    }
    if (other.params.some((param) => unique.has(param))) {
      throw argumentError(op, 'some parameters appear in more than one parameter group');
    }
  }
  return group;
}
