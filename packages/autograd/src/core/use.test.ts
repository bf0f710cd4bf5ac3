import { backendNames, DeviceError, defaultBackend, registerBackend, unregisterBackend } from '@flambeau/backend';
import { cpu } from '@flambeau/backend-cpu';
import { afterEach, describe, expect, it } from 'vitest';
import { zeros } from '../index.ts';
import { use } from './use.ts';

const first = defaultBackend();

afterEach(async () => {
  await use(first);
  for (const name of backendNames()) if (name !== first) unregisterBackend(name);
});

describe('use', () => {
  it('makes a backend the default at once', () => {
    use(cpu({ name: 'second' }));
    expect(zeros([1]).device).toBe('second');
  });

  it('waits for a device that takes time to open', async () => {
    registerBackend('slow', async () => cpu({ name: 'slow' }));
    const opened = use('slow');
    expect(() => zeros([1])).toThrow(/await use\('slow'\)/);
    await opened;
    expect(zeros([1]).device).toBe('slow');
  });

  it('leaves the default as it was when a device does not open', async () => {
    registerBackend('broken', async () => {
      throw new DeviceError('broken', 'it is.');
    });
    await expect(use('broken')).rejects.toThrow(/it is/);
    expect(zeros([1]).device).toBe(first);
  });

  it('moves a tensor to a device that has to be opened', async () => {
    registerBackend('slow', async () => cpu({ name: 'slow' }));
    expect((await zeros([2]).toDevice('slow')).device).toBe('slow');
  });

  it('names what is wrong', () => {
    expect(() => use('nowhere')).toThrow(DeviceError);
    expect(() => use({} as never)).toThrow(/needs a backend or the name/);
    const open = cpu({ name: 'second' });
    use(open);
    expect(() => use(cpu({ name: 'second' }))).toThrow(/open already/);
  });
});
