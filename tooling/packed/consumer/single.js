import { cpu } from '@flambeau/backend-cpu';
import { Linear, MSELoss, manualSeed, Sequential, Tanh, tensor, use } from '@flambeau/nn';
import { SGD } from '@flambeau/optim';

use(cpu());
manualSeed(0);

const inputs = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const targets = tensor([[0], [1], [1], [0]]);
const model = new Sequential(new Linear(2, 8), new Tanh(), new Linear(8, 1));
const criterion = new MSELoss();
const optimizer = new SGD(model.parameters(), { lr: 0.1 });

for (let step = 0; step < 2000; step++) {
  optimizer.zeroGrad();
  criterion(model(inputs), targets).backward();
  optimizer.step();
}

console.log(JSON.stringify(await model(inputs).flatten().tolist()));
