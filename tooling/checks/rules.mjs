/**
 * @typedef {object} Rule What one package may know.
 * @property {number} floor It imports only packages of lower floors.
 * @property {boolean} [preset] It may name concrete backends, because it chooses one for the user.
 * @property {readonly string[]} [globals] Guarded globals it may use anywhere.
 * @property {boolean} [nodeFiles] Its files named for Node (`node.ts`, `x-node.ts`, `node/…`) may use Node's modules and globals.
 */

/**
 * The house of packages, floor by floor; a package that is missing here fails the check.
 *
 * @type {Readonly<Record<string, Rule>>}
 */
export const rules = {
  '@flambeau/backend': { floor: 0 },
  '@flambeau/backend-cpu': { floor: 1 },
  '@flambeau/backend-wasm': { floor: 1, globals: ['WebAssembly', 'navigator'] },
  '@flambeau/backend-webgpu': { floor: 1, globals: ['GPU*', 'navigator'] },
  '@flambeau/autograd': { floor: 1 },
  '@flambeau/nn': { floor: 2 },
  '@flambeau/optim': { floor: 2 },
  '@flambeau/data': { floor: 2, nodeFiles: true },
  '@flambeau/io': { floor: 2, nodeFiles: true },
  '@flambeau/distributed': { floor: 3, nodeFiles: true },
  flambeau: { floor: 3, preset: true },
};

/** Globals that tie code to one kind of machine; a trailing `*` stands for any capitalised ending. */
export const guardedGlobals = [
  'navigator',
  'GPU*',
  'WebAssembly',
  'process',
  'Buffer',
  'window',
  'document',
  'Deno',
  'Bun',
];

/** The guarded globals that a file named for Node may use. */
export const nodeGlobals = ['process', 'Buffer'];

/** @param {string} file Path inside the package's `src`. */
export function isNodeFile(file) {
  return /(^|\/)(node\/|node\.ts$)|[-.]node\.ts$/.test(file);
}

/**
 * @param {string} name
 * @param {readonly string[]} patterns
 */
export function matches(name, patterns) {
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? new RegExp(`^${pattern.slice(0, -1)}[A-Z]`).test(name) : pattern === name,
  );
}

/** @param {string} name */
export function isConcreteBackend(name) {
  return name.startsWith('@flambeau/backend-');
}
