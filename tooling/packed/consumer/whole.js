import { data, manualSeed, nn, optim, tensor } from 'flambeau';

manualSeed(0);
const inputs = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const targets = tensor([[0], [1], [1], [0]]);
const loader = new data.DataLoader(new data.TensorDataset(inputs, targets), { batchSize: 4, shuffle: true });
const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1));
const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });

for (let epoch = 0; epoch < 2000; epoch++) {
  for await (const [x, y] of loader) {
    optimizer.zeroGrad();
    nn.functional.mseLoss(model(x), y).backward();
    optimizer.step();
  }
}

console.log(JSON.stringify(await model(inputs).flatten().tolist()));
