import { cpu } from '@flambeau/backend-cpu';
import { Linear, MSELoss, manualSeed, Sequential, Tanh, type Tensor, tensor, use } from '@flambeau/nn';
import { Adam } from '@flambeau/optim';

use(cpu());
manualSeed(0);

const inputs: Tensor = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const targets: Tensor = tensor([[0], [1], [1], [0]]);
const model = new Sequential(new Linear(2, 8), new Tanh(), new Linear(8, 1));
const criterion = new MSELoss();
const optimizer = new Adam(model.parameters(), { lr: 0.05 });

for (let step = 0; step < 400; step++) {
  optimizer.zeroGrad();
  const loss: Tensor = criterion(model(inputs), targets);
  loss.backward();
  optimizer.step();
}

const answers: Tensor = model(inputs);
console.log(JSON.stringify(Array.from(await answers.toArray(), Number)));
