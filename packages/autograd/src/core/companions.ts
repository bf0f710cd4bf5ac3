import type { Tensor } from '../tensor.ts';

/** Keeps tensors that belong to others, as an optimizer keeps the momentum of a parameter. */
export interface CompanionHolder {
  /** The tensors kept for one, now. */
  companionsOf(tensor: Tensor): Iterable<Tensor>;
}

const holders = new WeakMap<Tensor, Set<WeakRef<CompanionHolder>>>();

/**
 * Makes known that a holder keeps tensors for another one: where a module moves its parameters to another device, these go along.
 *
 * The holder is not kept alive by this.
 */
export function registerCompanions(tensor: Tensor, holder: CompanionHolder): void {
  const known = holders.get(tensor) ?? new Set();
  for (const reference of known) {
    const other = reference.deref();
    if (other === holder) return;
    if (!other) known.delete(reference);
  }
  holders.set(tensor, known.add(new WeakRef(holder)));
}

/** What all holders keep for a tensor. */
export function companionsOf(tensor: Tensor): Tensor[] {
  return [...(holders.get(tensor) ?? [])].flatMap((reference) => [...(reference.deref()?.companionsOf(tensor) ?? [])]);
}
