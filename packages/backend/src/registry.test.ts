import { afterEach, describe, expect, it } from 'vitest';
import type { Backend } from './backend.ts';
import {
  adoptBackend,
  backendNames,
  defaultBackend,
  getBackend,
  openBackend,
  registerBackend,
  setDefaultBackend,
  unregisterBackend,
} from './registry.ts';

/** A backend that only counts how often it was disposed. */
function fake(name: string): Backend & { disposed: number } {
  const backend = { name, disposed: 0, dispose: () => void backend.disposed++ };
  return backend as unknown as Backend & { disposed: number };
}

function losable(name: string): Backend & { disposed: number; lost: boolean } {
  return Object.assign(fake(name), { lost: false });
}

afterEach(() => {
  for (const name of backendNames()) unregisterBackend(name);
});

describe('the registry', () => {
  it('opens a device once, when it is first needed', () => {
    let made = 0;
    const backend = fake('one');
    registerBackend('one', () => {
      made++;
      return backend;
    });
    expect(made).toBe(0);
    expect([getBackend('one'), getBackend('one')]).toEqual([backend, backend]);
    expect(made).toBe(1);
  });

  it('waits for a device that opens slowly, once for all who wait', async () => {
    let made = 0;
    const backend = fake('slow');
    registerBackend('slow', async () => {
      made++;
      await Promise.resolve();
      return backend;
    });
    expect(() => getBackend('slow')).toThrow(
      "[device] 'slow' opens asynchronously. Write await use('slow') first, or await openBackend('slow').",
    );
    expect(await Promise.all([openBackend('slow'), openBackend('slow')])).toEqual([backend, backend]);
    expect(getBackend('slow')).toBe(backend);
    expect(made).toBe(1);
  });

  it('tries again after a device failed to open', async () => {
    let tries = 0;
    const backend = fake('shy');
    registerBackend('shy', async () => {
      if (tries++ === 0) throw new Error('not yet');
      return backend;
    });
    expect(() => getBackend('shy')).toThrow('opens asynchronously');
    await new Promise((resolve) => setTimeout(resolve));
    await expect(openBackend('shy')).rejects.toThrow('not yet');
    expect(await openBackend('shy')).toBe(backend);
  });

  it('passes on what a factory throws', async () => {
    registerBackend('broken', () => {
      throw new Error('no such hardware');
    });
    expect(() => getBackend('broken')).toThrow('no such hardware');
    await expect(openBackend('broken')).rejects.toThrow('no such hardware');
  });

  it('names the devices it knows when asked for another', async () => {
    expect(() => getBackend('gpu')).toThrow("[device] unknown device 'gpu'. None is registered");
    registerBackend('a', () => fake('a'));
    registerBackend('b', () => fake('b'));
    expect(backendNames()).toEqual(['a', 'b']);
    expect(() => getBackend('gpu')).toThrow("unknown device 'gpu'. Known: 'a', 'b'.");
    expect(() => setDefaultBackend('gpu')).toThrow("unknown device 'gpu'");
    await expect(openBackend('gpu')).rejects.toThrow("unknown device 'gpu'");
  });

  it('makes the first device the default, until told otherwise or it goes', () => {
    expect(() => defaultBackend()).toThrow('None is registered');
    registerBackend('a', () => fake('a'));
    registerBackend('b', () => fake('b'));
    registerBackend('c', () => fake('c'));
    expect(defaultBackend()).toBe('a');
    setDefaultBackend('b');
    expect(defaultBackend()).toBe('b');
    unregisterBackend('b');
    expect(defaultBackend()).toBe('a');
  });

  it('refuses a taken or empty name, and takes the same factory twice', () => {
    const create = (): Backend => fake('a');
    registerBackend('a', create);
    registerBackend('a', create);
    expect(backendNames()).toEqual(['a']);
    expect(() => registerBackend('a', () => fake('a'))).toThrow(
      "the name 'a' is taken. Call unregisterBackend('a') first.",
    );
    expect(() => registerBackend('', create)).toThrow('a device needs a name');
  });

  it('disposes what it forgets', async () => {
    const backend = fake('a');
    registerBackend('a', () => backend);
    unregisterBackend('a');
    expect(backend.disposed).toBe(0);
    registerBackend('a', () => backend);
    getBackend('a');
    unregisterBackend('a');
    unregisterBackend('a');
    expect(backend.disposed).toBe(1);
  });

  it('disposes a device that finishes opening after it was forgotten', async () => {
    const backend = fake('late');
    registerBackend('late', async () => backend);
    const opening = openBackend('late');
    unregisterBackend('late');
    await expect(opening).rejects.toThrow("'late' was unregistered while it opened");
    expect(backend.disposed).toBe(1);
  });

  it('takes an open backend in the place of a factory that was not needed', () => {
    let made = 0;
    registerBackend('one', () => {
      made++;
      return fake('one');
    });
    const backend = fake('one');
    adoptBackend(backend);
    adoptBackend(backend);
    expect(getBackend('one')).toBe(backend);
    expect(made).toBe(0);
  });

  it('keeps an open backend when another comes with its name', () => {
    const first = fake('one');
    adoptBackend(first);
    expect(() => adoptBackend(fake('one'))).toThrow(/'one' is open already.*a name of its own/);
    expect(getBackend('one')).toBe(first);
  });

  it('opens a lost device anew, once for all who wait, and disposes what is left of it', async () => {
    const made: ReturnType<typeof losable>[] = [];
    registerBackend('gpu', async () => {
      const backend = losable('gpu');
      made.push(backend);
      return backend;
    });
    const first = await openBackend('gpu');
    (made[0] as { lost: boolean }).lost = true;
    // Its own calls say best what happened.
    expect(getBackend('gpu')).toBe(first);
    const [second, third] = await Promise.all([openBackend('gpu'), openBackend('gpu')]);
    expect(second).toBe(third);
    expect(second).not.toBe(first);
    expect(getBackend('gpu')).toBe(second);
    expect(made.map(({ disposed }) => disposed)).toEqual([1, 0]);
  });

  it('keeps a lost device when it does not open again', async () => {
    let tries = 0;
    const backend = losable('gpu');
    registerBackend('gpu', () => {
      if (tries++) throw new Error('no such hardware');
      return backend;
    });
    expect(await openBackend('gpu')).toBe(backend);
    backend.lost = true;
    await expect(openBackend('gpu')).rejects.toThrow('no such hardware');
    expect([getBackend('gpu'), backend.disposed]).toEqual([backend, 0]);
  });

  it('takes another backend in the place of a lost one that it was given', async () => {
    const first = losable('gpu');
    adoptBackend(first);
    first.lost = true;
    await expect(openBackend('gpu')).rejects.toThrow(
      "[device] 'gpu' was lost, and only who opened it can open it again. Pass a new backend to use().",
    );
    const second = losable('gpu');
    adoptBackend(second);
    expect(await openBackend('gpu')).toBe(second);
    expect([first.disposed, second.disposed]).toEqual([1, 0]);
  });
});
