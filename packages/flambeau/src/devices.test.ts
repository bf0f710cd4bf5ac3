import { expect, test } from 'vitest';
import * as fb from './index.ts';
import { nn, optim, type Tensor } from './index.ts';

test('devices are registered, and their code is loaded when they are opened', () => {
  expect(fb.backendNames()).toEqual(expect.arrayContaining(['cpu', 'wasm', 'webgpu']));
  expect(fb.defaultDevice()).toBe('cpu');
});

/** Whether WebGPU opens here; where it does not, the rest of the journey is still made. */
async function opens(device: string): Promise<boolean> {
  try {
    await fb.openBackend(device);
    return true;
  } catch (error) {
    console.warn(`'${device}' does not open here: ${(error as Error).message}`);
    return false;
  }
}

const kinds: Readonly<Record<string, (model: nn.Module) => { step(): void; zeroGrad(): void }>> = {
  'SGD with momentum': (model) => new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 }),
  Adam: (model) => new optim.Adam(model.parameters(), { lr: 0.01 }),
};

test.each(Object.entries(kinds))(
  'the same model moves from device to device in mid-training and goes on: %s',
  async (_, make) => {
    const trainOn = async (journey: readonly string[]): Promise<number[]> => {
      fb.manualSeed(3);
      const model = new nn.Sequential(
        new nn.Linear(10, 16),
        new nn.BatchNorm1d(16),
        new nn.Tanh(),
        new nn.Linear(16, 3),
      );
      const optimizer = make(model);
      const [x, y] = [fb.randn([32, 10]), fb.randint(3, [32])];
      const losses: number[] = [];
      for (const device of journey) {
        await model.to(device);
        const [images, labels] = await Promise.all([x.toDevice(device), y.toDevice(device)]);
        for (let step = 0; step < 5; step++) {
          optimizer.zeroGrad();
          const loss = nn.functional.crossEntropy(model(images) as Tensor, labels);
          loss.backward();
          optimizer.step();
          losses.push(await loss.item());
        }
      }
      return losses;
    };
    const gpu = (await opens('webgpu')) ? 'webgpu' : 'asynchronous';
    const moving = await trainOn(['cpu', 'wasm', gpu, 'cpu']);
    const staying = await trainOn(['cpu', 'cpu', 'cpu', 'cpu']);
    expect(moving).toHaveLength(20);
    for (const [i, loss] of moving.entries()) expect(Math.abs(loss - (staying[i] as number))).toBeLessThan(1e-3);
    expect(moving.at(-1)).toBeLessThan((moving[0] as number) * 0.8);
  },
);
