import { library } from './library.ts';

let allowed: boolean | undefined;

/** Whether this page may make functions from source; a content security policy can forbid it. Tried once. */
export function canGenerate(): boolean {
  if (allowed !== undefined) return allowed;
  try {
    allowed = new Function('return true')() === true;
  } catch {
    allowed = false;
  }
  return allowed;
}

/** Makes what the body of a factory returns; only names that the body mentions are passed to it. */
export function instantiate<T>(body: string): T {
  const mentioned = new Set(body.match(/\b[a-zA-Z]\w*/g));
  const used = [...mentioned].filter((name) => Object.hasOwn(library, name));
  const factory = new Function(...used, `"use strict";\n${body}`);
  return factory(...used.map((name) => library[name])) as T;
}
