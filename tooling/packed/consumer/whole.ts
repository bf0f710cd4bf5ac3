import * as fb from 'flambeau';

class Xor extends fb.nn.Module {
  hidden: fb.nn.Linear = new fb.nn.Linear(2, 8);
  output: fb.nn.Linear = new fb.nn.Linear(8, 1);

  override forward(x: fb.Tensor): fb.Tensor {
    return this.output(this.hidden(x).tanh());
  }
}

fb.manualSeed(0);
const inputs = fb.tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const targets = fb.tensor([[0], [1], [1], [0]]);
const model = new Xor();
const criterion = new fb.nn.MSELoss();
const optimizer = new fb.optim.Adam(model.parameters(), { lr: 0.05 });

for (let step = 0; step < 400; step++) {
  optimizer.zeroGrad();
  const loss = criterion(model(inputs), targets);
  loss.backward();
  optimizer.step();
}

const answers: fb.Tensor = model(inputs);
console.log(JSON.stringify(Array.from(await answers.toArray(), Number)));
