#!/usr/bin/python3
"""How tensors and parameters print (PyTorch 1.13.1, CPU).

  /usr/bin/python3 gen_print.py [--out DIR]     writes print.json + print.safetensors

A case has the tensor, what it is ("tensor", "parameter" or a view named by `view`), `requires_grad`, the print
options that differ from the defaults, and the text of str().  `grad_fn` cases name an operation instead.
"""
import argparse
import os

import ptref_common as pc
from ptref_common import Store, dump_json, enc, seed_for

import torch

INF, NAN = float("inf"), float("nan")
F32, F64, F16, BF16 = torch.float32, torch.float64, torch.float16, torch.bfloat16
I64, I32, I8, U8, BOOL = torch.int64, torch.int32, torch.int8, torch.uint8, torch.bool


def values():
    t = torch.tensor
    g = torch.Generator().manual_seed(seed_for("print"))

    def r(*shape):
        return torch.randn(*shape, generator=g)
    yield from (t(x, dtype=F32) for x in (
        0.0, 1.0, -1.0, 2.5, 3.14159265, 1e-5, 123456.789, 1e8, -0.0, INF, -INF, NAN, 1e-38, 16777216.0, 0.1, 100.0, 1e5, 99999.0, 0.001))
    yield from (t(x, dtype=d) for d in (I64, I32, I8, U8) for x in (0, 7, 100))
    yield from (t(x) for x in (True, False))
    yield from (t(2.5, dtype=d) for d in (F64, F16, BF16))
    lists = [
        [1.0, 2.0, 3.0], [1.0, 2.5, 3.0], [-1.0, 2.0], [0.0, -0.0], [1.5, -2.25, 100.125], [0.1, 0.2, 0.3], [1e-3, 1.0],
        [1e-5, 1.0], [1e-4, 1e4], [1e-4, 1e5], [1e-8, 1e-9], [1e8, 1.0], [1e7, 1.5], [99999999.0, 1.0], [100000000.0, 2.0],
        [1e10, 2e10], [1234567.0, 0.5], [1000.0, 0.001], [1000.5, 0.5], [1001.0, 0.9], [0.00012345, 0.5], [1.23456789, 9.87654321],
        [NAN, 1.0], [INF, 1.0], [NAN, 1.5, -INF], [INF, -INF, NAN], [NAN, NAN], [INF, 1e-6], [NAN, 1e10, 0.5], [-INF, 123456.0],
        [0.0, 0.0], [0.0, 1e-10], [0.0, 5.0, 1e6], [1e6, 1e-6], [9.99995, 1.0], [0.99999, 0.5], [999.99999, 1.0],
        [5.0], [-5.5], [1e20, 1.0], [3e38, 1e-38], [1.0000001, 1.0], [0.1 + 0.2, 1 / 3, 2 / 3], [-0.5, 10.0, -100.25, 1000.0],
        [16777217.0, 0.0], [123.0, 45.0, 6.0], [10.0, 200.0, 3000.0, 40000.0, 500000.0], [1e-45, 1.0], [2.0 ** 31, 1.0],
    ]
    for v in lists:
        yield t(v, dtype=F32)
    for d in (F64, F16, BF16):
        for v in ([1.0, 2.0], [0.1, 0.2, 0.3], [1e-4, 1.0], [NAN, 2.0]):
            yield t(v, dtype=d)
    yield t([0.1, 1 / 3, 1e-9], dtype=F64)
    for d in (I64, I32, I8, U8):
        yield t([1, 2, 3], dtype=d)
        yield t([[1, 20], [100, 4]], dtype=d)
    yield t([-1, 2, -33, 444, -5555], dtype=I32)
    yield t([[1, -2], [30, 4]], dtype=I64)
    yield t([2 ** 31 - 1, -2 ** 31], dtype=I32)
    yield t([2 ** 53 - 1, -2 ** 40, 0], dtype=I64)
    yield t([-128, 127, 0], dtype=I8)
    yield t([0, 255], dtype=U8)
    yield t([True, False])
    yield t([[True, False], [False, False]])
    yield t([True])
    for shape in ((0,), (0, 3), (2, 0), (2, 0, 3), (1, 0)):
        yield torch.empty(shape)
    for d in (I64, I32, BOOL, F64):
        yield torch.empty((0,), dtype=d)
        yield torch.empty((0, 2), dtype=d)
    yield t([[1.0, 2.0], [3.0, 4.0]])
    yield t([[1.5, -2.0], [30.0, 4.25]])
    yield t([[1.0, NAN], [INF, -1.0]])
    for shape in ((3, 4), (1, 1), (1, 5), (5, 1), (2, 3, 4), (2, 1, 3), (1, 1, 1, 1), (2, 2, 2, 2), (2, 1, 2, 1, 2), (2, 2, 1, 2, 1, 2)):
        yield r(*shape)
    yield torch.arange(24).reshape(2, 3, 4)
    yield torch.arange(24, dtype=I32).reshape(4, 6)
    for n in (10, 11, 12, 13, 20, 25, 50, 100):      # lines of 80 columns wrap
        yield r(n)
        yield torch.arange(n)
    yield torch.arange(40) - 20
    yield torch.arange(30) % 2 == 0
    yield r(2, 30)
    yield r(3, 15) * 1000
    yield (r(30) * 1e6)
    yield (r(30) * 1e-6)
    yield torch.zeros(50)
    yield torch.ones(3, 25)
    # more than 1000 elements are summarised
    yield torch.arange(1000)
    yield torch.arange(1001)
    yield torch.arange(1001, dtype=F32)
    yield torch.arange(1001, dtype=I32)
    yield torch.zeros(2000, dtype=BOOL)
    yield r(1001)
    yield r(40, 30)
    yield r(1200, 1)
    yield r(1, 1200)
    yield r(5, 300)
    yield r(500, 4)
    yield r(7, 300)
    yield r(6, 200)
    yield r(10, 11, 12)
    yield r(3, 4, 100)
    yield r(2, 2, 300)
    yield r(8, 8, 4, 4)
    yield torch.arange(1200).reshape(30, 40)
    yield torch.zeros(0, 2000)
    big = torch.arange(2000, dtype=F32)
    big[1000] = 1e9                                   # hidden by the summary, so it does not set the format
    yield big
    big = torch.zeros(2000)
    big[1] = 1e-6
    yield big
    big = torch.arange(1500, dtype=F32)
    big[-1] = NAN
    yield big


VIEWS = {"t": lambda x: x.t(), "[1:]": lambda x: x[1:], "[:, 1]": lambda x: x[:, 1], "[::2]": lambda x: x[::2],
         "expand": lambda x: x[:1].expand(3, x.shape[1])}

# after  a = tensor([1., 2.]), b = tensor([[1., 2.], [3., 4.]]), both requiring grad
GRAD_FN = {
    "a + 1": lambda a, b: a + 1, "a - 1": lambda a, b: a - 1, "a * 2": lambda a, b: a * 2, "a / 2": lambda a, b: a / 2,
    "a.neg()": lambda a, b: a.neg(), "a.pow(2)": lambda a, b: a.pow(2), "a.exp()": lambda a, b: a.exp(),
    "a.log()": lambda a, b: a.log(), "a.sqrt()": lambda a, b: a.sqrt(), "a.abs()": lambda a, b: a.abs(),
    "a.sum()": lambda a, b: a.sum(), "a.mean()": lambda a, b: a.mean(), "b.sum(0)": lambda a, b: b.sum(0),
    "b.mean(1)": lambda a, b: b.mean(1), "a.relu()": lambda a, b: a.relu(), "a.sigmoid()": lambda a, b: a.sigmoid(),
    "a.tanh()": lambda a, b: a.tanh(), "a.softmax(0)": lambda a, b: a.softmax(0), "a.logSoftmax(0)": lambda a, b: a.log_softmax(0),
    "b.mm(b)": lambda a, b: b.mm(b), "b.mv(a)": lambda a, b: b.mv(a), "a.dot(a)": lambda a, b: a.dot(a),
    "b.reshape([4])": lambda a, b: b.reshape(4), "b.view([4])": lambda a, b: b.view(4), "b.t()": lambda a, b: b.t(),
    "b.transpose(0, 1)": lambda a, b: b.transpose(0, 1), "b.permute([1, 0])": lambda a, b: b.permute(1, 0),
    "a.unsqueeze(0)": lambda a, b: a.unsqueeze(0), "a.expand([2, 2])": lambda a, b: a.expand(2, 2), "a.clone()": lambda a, b: a.clone(),
    "b.select(0, 1)": lambda a, b: b.select(0, 1), "b.max()": lambda a, b: b.max(), "b.norm()": lambda a, b: b.norm(),
    "a.clamp(0, 1)": lambda a, b: a.clamp(0, 1), "a.double()": lambda a, b: a.double(), "a.sin()": lambda a, b: a.sin(),
    "cat([a, a])": lambda a, b: torch.cat([a, a]), "stack([a, a])": lambda a, b: torch.stack([a, a]),
    "where(a > 1, a, a)": lambda a, b: torch.where(a > 1, a, a), "a.detach()": lambda a, b: a.detach(), "a": lambda a, b: a,
}


def cases(st):
    out = []

    def add(t, text, **more):
        out.append({"tensor": enc(t, st), **more, "text": text})
    for t in values():
        add(t, str(t))
    for v, d in (([1.0, 2.0], F32), ([0.5], F64), ([[1.0, 2.5]], F32), ([], F32)):
        t = torch.tensor(v, dtype=d, requires_grad=True)
        add(t, str(t), requires_grad=True)
    t = torch.tensor(3.0, requires_grad=True)
    add(t, str(t), requires_grad=True)
    t = (torch.arange(12.) / 8).reshape(3, 4).requires_grad_()
    add(t, str(t), requires_grad=True)
    t = torch.arange(1200.).requires_grad_()
    add(t, str(t), requires_grad=True)
    for v in ([1.0, 2.0], [[0.1, -0.2], [0.3, 1e-5]]):
        for rg in (True, False):
            p = torch.nn.Parameter(torch.tensor(v), requires_grad=rg)
            add(p, str(p), kind="parameter", requires_grad=rg)
    base = torch.tensor([[1.5, 2.0, 3.0], [4.0, 5.0, 6.25], [7.0, 8.0, 9.0]])
    for name, fn in VIEWS.items():
        add(base, str(fn(base)), view=name)
    x = torch.tensor([1 / 3, 1e-6, 12345.678])
    wide = torch.arange(40.) / 3
    for kw in (dict(precision=2), dict(precision=8), dict(sci_mode=True), dict(sci_mode=False), dict(profile="short"),
               dict(profile="full"), dict(linewidth=40), dict(threshold=10), dict(threshold=10, edgeitems=2)):
        for t in (x, wide):
            torch.set_printoptions(**kw)
            text = str(t)
            torch.set_printoptions(profile="default", sci_mode=None)
            add(t, text, options=kw)
    return out


def grad_fn():
    out = []
    for name, fn in GRAD_FN.items():
        a = torch.tensor([1.0, 2.0], requires_grad=True)
        b = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        out.append({"call": name, "text": str(fn(a, b))})
    return out


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--out", default=os.path.join(pc.HERE, "out", "print"))
    opt = ap.parse_args()
    os.makedirs(opt.out, exist_ok=True)
    st = Store()
    doc = {"versions": pc.versions(), "cases": cases(st), "grad_fn": grad_fn()}
    n = st.save(os.path.join(opt.out, "print.safetensors")) + dump_json(os.path.join(opt.out, "print.json"), doc)
    print("print", len(doc["cases"]), "texts", len(doc["grad_fn"]), "grad_fn", n, "bytes")


if __name__ == "__main__":
    main()
