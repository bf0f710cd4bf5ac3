import { wasm } from '@flambeau/backend-wasm';
import { cpu, manualSeed, nn, optim, randn, use } from 'flambeau';

const backends = { cpu, wasm };

/** Trains a small network on the device, and gives the loss of every step. */
export async function train(device, options, steps) {
  // The third device is known to the preset by name.
  await use(device === 'webgpu' ? device : backends[device](options));
  manualSeed(0);
  // Enough numbers that threads share the work.
  const inputs = randn([64, 10, 1000]).sum(2).div(Math.sqrt(1000));
  const targets = inputs.narrow(1, 0, 3).sin();
  const model = new nn.Sequential(new nn.Linear(10, 32), new nn.ReLU(), new nn.Linear(32, 3));
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const losses = [];
  for (let step = 0; step < steps; step++) {
    optimizer.zeroGrad();
    const loss = nn.functional.mseLoss(model(inputs), targets);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }
  return losses;
}
