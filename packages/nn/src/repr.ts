import { isModule } from './internals.ts';
import { members } from './members.ts';
import type { AnyModule } from './module-base.ts';
import { snakeCase, typeName } from './names.ts';

/** Indents every line but the first by two. */
export function indentRest(text: string): string {
  return text.replaceAll('\n', '\n  ');
}

/** PyTorch's text of a module: its class, its extra text, and its children under their checkpoint names. */
export function printModule(module: AnyModule): string {
  const extra = module.extraRepr();
  const children: string[] = [];
  for (const [name, slot] of members(module)) {
    if (slot.kind !== 'module') continue;
    children.push(`(${snakeCase(name)}): ${isModule(slot.value) ? indentRest(String(slot.value)) : 'None'}`);
  }
  return printBlock(typeName(module), extra, children);
}

/** `Name(extra)` on one line, or a block when there are lines below. */
export function printBlock(name: string, extra: string, lines: readonly string[]): string {
  const extraLines = extra === '' ? [] : extra.split('\n');
  if (lines.length === 0 && extraLines.length <= 1) return `${name}(${extra})`;
  return `${name}(\n  ${[...extraLines, ...lines].join('\n  ')}\n)`;
}
