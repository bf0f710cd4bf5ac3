#!/usr/bin/python3
"""Loss sequences of whole training runs (PyTorch 1.13.1, CPU, one thread).

  /usr/bin/python3 gen_trajectories.py [--out DIR]     writes trajectories.json

Every run starts from manual_seed(0): first the model's default initialisation, then the data (`randn`, `rand`,
`randint`), then for each epoch a `randperm` that orders the samples, all from the one global generator.  A port whose
generator follows PyTorch's needs nothing else to reproduce the losses.  The JSON repeats what is run, in words.
The `float64` sequence runs the same numbers in double precision: it says how much of a difference is rounding.
"""
import argparse
import copy
import os

import ptref_common as pc
from ptref_common import dump_json

import torch
import torch.nn as nn
import torch.nn.functional as F

STEPS = 200


def mlp():
    return nn.Sequential(nn.Linear(10, 32), nn.Tanh(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 3))


def cnn():
    return nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(6, 12, 3, stride=2), nn.GELU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 4))


def dropout():
    return nn.Sequential(nn.Linear(10, 40), nn.ReLU(), nn.Dropout(0.2), nn.Linear(40, 3))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(12, 8)
        self.block = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
        self.head = nn.Linear(8, 12)

    def forward(self, x):
        return self.head(self.block(self.embed(x)))


def vectors(n):
    """A quadratic rule labels the points, so there is something to learn."""
    x = torch.randn(n, 10)
    score = x[:, :3] * 2 + x[:, 3:6] * x[:, 6:9]
    return x, score.argmax(1)


def images(n):
    """A bright corner names the class."""
    x = torch.rand(n, 1, 8, 8)
    y = torch.randint(0, 4, (n,))
    for i in range(n):
        r, c = (int(y[i]) // 2) * 4, (int(y[i]) % 2) * 4
        x[i, 0, r:r + 4, c:c + 4] += 0.3
    return x, y


def sequences(n):
    """Each token is to be answered by its predecessor plus one."""
    x = torch.randint(0, 12, (n, 6))
    y = (torch.roll(x, 1, 1) + 1) % 12
    return x, y


def regression(n):
    x = torch.randn(n, 10)
    return x, torch.sin(x[:, :3]) + 0.1 * torch.randn(n, 3)


def classes(out, y):
    return F.cross_entropy(out.reshape(-1, out.shape[-1]), y.reshape(-1))


# name: (model, data, samples, batch, loss, optimizer, its options, scheduler, its options)
RUNS = {
    "mlp-sgd": (mlp, vectors, 160, 32, classes, "SGD", dict(lr=0.05, momentum=0.9, weight_decay=1e-3), "StepLR",
                dict(step_size=60, gamma=0.5)),
    "mlp-adam": (mlp, vectors, 160, 32, classes, "Adam", dict(lr=2e-3), None, None),
    "mlp-adamw-mse": (mlp, regression, 160, 40, F.mse_loss, "AdamW", dict(lr=2e-3, weight_decay=0.05), "CosineAnnealingLR",
                      dict(T_max=STEPS)),
    "mlp-dropout": (dropout, vectors, 160, 32, classes, "SGD", dict(lr=0.1), None, None),
    "cnn-sgd": (cnn, images, 96, 24, classes, "SGD", dict(lr=0.01, momentum=0.9, nesterov=True), None, None),
    "cnn-adam": (cnn, images, 96, 24, classes, "Adam", dict(lr=3e-3), None, None),
    "transformer-adamw": (Attention, sequences, 64, 16, classes, "AdamW", dict(lr=3e-3), None, None),
}


def train(model, data, batch, loss_fn, opt_name, opt_kw, sched, sched_kw):
    x, y = data
    opt = getattr(torch.optim, opt_name)(model.parameters(), **opt_kw)
    s = getattr(torch.optim.lr_scheduler, sched)(opt, **sched_kw) if sched else None
    losses = []
    while len(losses) < STEPS:
        order = torch.randperm(len(x))
        for i in range(0, len(x), batch):
            pick = order[i:i + batch]
            opt.zero_grad()
            loss = loss_fn(model(x[pick]), y[pick])
            loss.backward()
            opt.step()
            if s:
                s.step()
            losses.append(loss.item())
            if len(losses) == STEPS:
                break
    return losses


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--out", default=os.path.join(pc.HERE, "out", "trajectories"))
    opt = ap.parse_args()
    os.makedirs(opt.out, exist_ok=True)
    runs = []
    for name, (make, data, n, batch, loss_fn, o, okw, s, skw) in RUNS.items():
        torch.manual_seed(0)
        model = make()
        first = float(next(model.parameters()).flatten()[0])
        pair = data(n)
        state = torch.get_rng_state()
        double = copy.deepcopy(model).double(), tuple(t.double() if t.is_floating_point() else t for t in pair)
        losses = train(model, pair, batch, loss_fn, o, okw, s, skw)
        last = [[k, float(v.double().sum())] for k, v in model.state_dict().items()]
        torch.set_rng_state(state)
        exact = train(*double, batch, loss_fn, o, okw, s, skw)
        drift = max(abs(a - b) / abs(b) for a, b in zip(losses, exact))
        print(f"{name:18s} {losses[0]:.4f} -> {losses[-1]:.4f}  float32 against float64: {drift:.1e}")
        runs.append({"name": name, "model": str(model), "data": data.__name__, "samples": n, "batch": batch,
                     "loss": "mseLoss" if loss_fn is F.mse_loss else "crossEntropy", "optimizer": o, "optimizer_kwargs": okw,
                     "scheduler": s, "scheduler_kwargs": skw, "first_weight": first,
                     "input_sum": float(pair[0].double().sum()), "losses": losses, "float64": exact, "drift": drift,
                     "final_sums": last})
    print("bytes", dump_json(os.path.join(opt.out, "trajectories.json"), {"versions": pc.versions(), "steps": STEPS, "runs": runs}))


if __name__ == "__main__":
    main()
