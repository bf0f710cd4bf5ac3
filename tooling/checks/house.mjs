import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { findCycles } from './cycles.mjs';
import { guardedGlobals, isConcreteBackend, isNodeFile, matches, nodeGlobals, rules } from './rules.mjs';
import { readSource } from './source.mjs';

/**
 * @typedef {Record<string, string>} Versions
 * @typedef {object} Manifest
 * @property {string} name
 * @property {Record<string, string | Record<string, string>>} [exports]
 * @property {Versions} [dependencies]
 * @property {Versions} [devDependencies]
 * @property {Versions} [peerDependencies]
 *
 * @typedef {object} Room One package or app.
 * @property {string} folder Where it is, from the root of the workspace.
 * @property {Manifest} manifest
 * @property {ReadonlyMap<string, string>} files Text by path from `folder`, `src/…`.
 *
 * @typedef {import('./source.mjs').Source} Source
 */

/** @param {string} specifier */
function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** @param {string} file @param {string} specifier */
function resolved(file, specifier) {
  return posix.join(posix.dirname(file), specifier);
}

/**
 * The files that users get: those that the package's exports reach.
 *
 * @param {Room} room
 * @param {ReadonlyMap<string, Source>} sources
 */
function publishedFiles(room, sources) {
  const queue = Object.values(room.manifest.exports ?? {}).flatMap((target) =>
    typeof target === 'object' && target['flambeau-source'] ? [posix.normalize(target['flambeau-source'])] : [],
  );
  const seen = new Set(queue);
  for (const file of queue) {
    for (const { specifier } of sources.get(file)?.imports ?? []) {
      const next = resolved(file, specifier);
      if (!specifier.startsWith('.') || seen.has(next)) continue;
      seen.add(next);
      queue.push(next);
    }
  }
  return seen;
}

/**
 * Why `room` may not import the package `target`, or nothing.
 *
 * @param {Room} room
 * @param {string} target
 */
function floorProblem(room, target) {
  const { name } = room.manifest;
  const own = rules[name];
  const other = rules[target];
  if (!own || !other || target === name) return undefined;
  if (isConcreteBackend(target) && !own.preset) return `${name} may not name a concrete backend`;
  if (other.floor === own.floor) return `${name} and ${target} are siblings on floor ${own.floor}`;
  if (other.floor > own.floor) return `${name} is on floor ${own.floor}, below ${target} on floor ${other.floor}`;
  return undefined;
}

/**
 * @param {Room} room
 * @param {string} file
 * @param {Source} source
 * @param {boolean} published
 * @param {Set<string>} shared Packages that tests of every room may import: the root's tools.
 * @returns {string[]}
 */
function importProblems(room, file, source, published, shared) {
  const { name, dependencies = {}, devDependencies = {}, peerDependencies = {} } = room.manifest;
  const declared = new Set([name, ...Object.keys(dependencies), ...Object.keys(peerDependencies)]);
  const rule = rules[name];
  const forNode = !rule || (rule.nodeFiles && isNodeFile(file));
  return source.imports.flatMap(({ specifier, line }) => {
    const at = `${room.folder}/${file}:${line}`;
    const target = packageOf(specifier);
    if (specifier.startsWith('.')) {
      if (!resolved(file, specifier).startsWith('src/'))
        return [`${at}  imports ${specifier}, outside its package's src`];
      return [];
    }
    if (isBuiltin(specifier)) {
      if (published && !forNode) return [`${at}  imports ${specifier}: Node's modules are not for this file`];
      return [];
    }
    const floor = published && floorProblem(room, target);
    if (floor) return [`${at}  imports ${specifier}: ${floor}`];
    if (declared.has(target) || (!published && (target in devDependencies || shared.has(target)))) return [];
    const list = published ? 'dependencies' : 'dependencies or devDependencies';
    return [`${at}  imports ${specifier}, which is not in the ${list} of ${room.folder}/package.json`];
  });
}

/**
 * @param {Room} room
 * @param {string} file
 * @param {Source} source
 * @returns {string[]}
 */
function globalProblems(room, file, source) {
  const rule = rules[room.manifest.name];
  if (!rule) return [];
  const allowed = [...(rule.globals ?? []), ...(rule.nodeFiles && isNodeFile(file) ? nodeGlobals : [])];
  return source.globals
    .filter(({ name }) => matches(name, guardedGlobals) && !matches(name, allowed))
    .map(({ name, line }) => `${room.folder}/${file}:${line}  uses the global ${name}, which is not for this file`);
}

/**
 * @param {Room} room
 * @param {ReadonlyMap<string, Source>} sources
 * @returns {string[]}
 */
function cycleProblems(room, sources) {
  const graph = new Map(
    [...sources].map(([file, { imports }]) => [
      file,
      imports
        .filter(({ kind, specifier }) => kind === 'runtime' && specifier.startsWith('.'))
        .map(({ specifier }) => resolved(file, specifier)),
    ]),
  );
  return findCycles(graph).map(
    (cycle) => `${room.folder}/${cycle[0]}  is in a run-time import cycle: ${[...cycle, cycle[0]].join(' → ')}`,
  );
}

/**
 * Everything wrong with one package or app, one readable line each.
 *
 * @param {Room} room
 * @param {Iterable<string>} [sharedTools] Packages of the root manifest, which tests and apps may import.
 * @returns {string[]}
 */
export function checkRoom(room, sharedTools = []) {
  const shared = new Set(sharedTools);
  const { manifest, folder } = room;
  const sources = new Map([...room.files].map(([file, text]) => [file, readSource(file, text)]));
  const isPackage = folder.startsWith('packages/');
  if (isPackage && !rules[manifest.name]) {
    return [`${folder}/package.json  ${manifest.name} has no floor: add it to tooling/checks/rules.mjs`];
  }
  const published = isPackage ? publishedFiles(room, sources) : new Set(sources.keys());
  const problems = [...sources].flatMap(([file, source]) => {
    if (source.errors.length) return [`${folder}/${file}  cannot be parsed: ${source.errors[0]}`];
    const forUsers = published.has(file) && !file.endsWith('.test.ts');
    return [
      ...importProblems(room, file, source, forUsers, shared),
      ...(forUsers ? globalProblems(room, file, source) : []),
    ];
  });
  const imported = new Set(
    [...sources].flatMap(([file, { imports }]) =>
      published.has(file) ? imports.map(({ specifier }) => packageOf(specifier)) : [],
    ),
  );
  const unused = Object.keys(manifest.dependencies ?? {})
    .filter((name) => isPackage && !imported.has(name))
    .map((name) => `${folder}/package.json  depends on ${name}, which no published file imports`);
  return [...problems, ...unused, ...cycleProblems(room, sources)];
}
