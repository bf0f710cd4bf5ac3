import type { Backend } from './backend.ts';
import { ArgumentError, DeviceError } from './errors.ts';

/** Makes a backend; asynchronous when the device needs time to open. */
export type BackendFactory = () => Backend | Promise<Backend>;

interface Entry {
  readonly create: BackendFactory;
  backend?: Backend;
  opening?: Promise<Backend>;
}

const entries = new Map<string, Entry>();
let defaultName: string | undefined;

/**
 * Makes a device known by name, for us and for third parties alike. The first one registered is the default device.
 *
 * @param name - What users write, e.g. `'cpu'`.
 * @param create - Called when the device is first needed, and again when it was lost and is opened anew.
 * @throws {ArgumentError} The name is empty, or taken by another factory.
 */
export function registerBackend(name: string, create: BackendFactory): void {
  if (typeof name !== 'string' || name === '') throw new ArgumentError('registerBackend', 'a device needs a name.');
  const known = entries.get(name);
  if (known && known.create !== create) {
    throw new ArgumentError('registerBackend', `the name '${name}' is taken. Call unregisterBackend('${name}') first.`);
  }
  if (!known) entries.set(name, { create });
  defaultName ??= name;
}

/**
 * Makes an open backend known under its own name, in the place of a factory that was not needed yet.
 *
 * @throws {ArgumentError} Another backend is open under the name.
 */
export function adoptBackend(backend: Backend): void {
  const { name } = backend;
  const known = entries.get(name);
  if (known?.backend === backend) return;
  if (known?.opening || (known?.backend && !known.backend.lost)) {
    throw new ArgumentError(
      'use',
      `device '${name}' is open already. Use it by its name, or give the other one a name of its own: { name: '${name}2' }.`,
      { device: name },
    );
  }
  known?.backend?.dispose();
  // Whoever registered the device knows how to open it anew, should this one be lost.
  entries.set(name, { create: known?.create ?? (() => cannotReopen(name)), backend });
  defaultName ??= name;
}

function cannotReopen(name: string): never {
  throw new DeviceError(
    'device',
    `'${name}' was lost, and only who opened it can open it again. Pass a new backend to use().`,
    { device: name },
  );
}

/** Forgets a device and disposes it if it was open. Its tensors cannot be used any more. */
export function unregisterBackend(name: string): void {
  entries.get(name)?.backend?.dispose();
  entries.delete(name);
  if (defaultName === name) defaultName = entries.keys().next().value;
}

/** Names of the registered devices, in order of registration. */
export function backendNames(): string[] {
  return [...entries.keys()];
}

function entryOf(name: string): Entry {
  const entry = entries.get(name);
  if (entry) return entry;
  const names = backendNames();
  const known = names.length
    ? `Known: ${names.map((n) => `'${n}'`).join(', ')}.`
    : 'None is registered: call use() first.';
  throw new DeviceError('device', `unknown device '${name}'. ${known}`, { device: name, known: names });
}

/**
 * Opens a registered device, waiting for it if it needs time; opens it anew if it was lost.
 *
 * @throws {DeviceError} The name is unknown, or the device does not open.
 */
export async function openBackend(name: string): Promise<Backend> {
  const entry = entryOf(name);
  if (entry.backend && !entry.backend.lost) return entry.backend;
  if (!entry.opening) {
    const created = entry.create();
    if (!(created instanceof Promise)) {
      replace(entry, created);
      return created;
    }
    entry.opening = created;
  }
  try {
    const opened = await entry.opening;
    if (entries.get(name) !== entry) {
      opened.dispose();
      throw new DeviceError('device', `'${name}' was unregistered while it opened.`, { device: name });
    }
    replace(entry, opened);
    return opened;
  } finally {
    delete entry.opening;
  }
}

/** Puts an open backend in the place of one that was lost. */
function replace(entry: Entry, opened: Backend): void {
  const before = entry.backend;
  entry.backend = opened;
  if (before !== opened) before?.dispose();
}

/**
 * A device that is open, or that opens at once. One that was lost stays what it is until `openBackend` opens it anew.
 *
 * @throws {DeviceError} The name is unknown, or the device opens asynchronously and was not awaited.
 */
export function getBackend(name: string): Backend {
  const entry = entryOf(name);
  if (entry.backend) return entry.backend;
  const created = entry.opening ?? entry.create();
  if (created instanceof Promise) {
    entry.opening = created;
    // Whoever awaits openBackend hears of a failure; until then it must not be an unhandled rejection.
    created.catch(() => {});
    throw new DeviceError(
      'device',
      `'${name}' opens asynchronously. Write await use('${name}') first, or await openBackend('${name}').`,
    );
  }
  entry.backend = created;
  return created;
}

/** The name of the device on which new tensors are made. */
export function defaultBackend(): string {
  if (defaultName === undefined) entryOf('cpu');
  return defaultName as string;
}

/**
 * Chooses the device on which new tensors are made.
 *
 * @throws {DeviceError} The name is unknown.
 */
export function setDefaultBackend(name: string): void {
  entryOf(name);
  defaultName = name;
}
