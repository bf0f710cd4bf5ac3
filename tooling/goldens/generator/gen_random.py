#!/usr/bin/python3
"""What a seed gives (PyTorch 1.13.1, CPU): random streams and the default initialisation of layers.

  /usr/bin/python3 gen_random.py [--out DIR]    writes streams.json and layers.json, each with a .safetensors file

A stream case is a list of calls made after one manual_seed, with the value of each.  A call is [name, positional
arguments, keyword arguments]; names ending in "_" are methods of empty(shape), the shape being the first argument.
"""
import argparse
import os

import ptref_common as pc
from ptref_common import Mod, Store, build, dump_json, enc

import torch
import torch.nn.functional as F

SEEDS = (0, 1, 42, 2 ** 40 + 3)
F64 = torch.float64


def do(name, args, kwargs):
    if name.endswith("_"):
        shape, *rest = args
        kw = dict(kwargs)
        return getattr(torch.empty(shape, dtype=kw.pop("dtype", torch.float32)), name)(*rest, **kw)
    if name in ("dropout", "dropout1d", "dropout2d", "alpha_dropout"):
        return getattr(F, name)(torch.ones(args[0]), args[1], training=True)
    if name == "bernoulli":
        return torch.bernoulli(torch.full(args[0], args[1], dtype=kwargs.get("dtype", torch.float32)))
    if name == "multinomial":
        return torch.multinomial(torch.tensor(args[0]), *args[1:], **kwargs)
    if name in ("rand_like", "randn_like"):
        return getattr(torch, name)(torch.empty(args[0], **kwargs))
    if name == "randint_like":
        return torch.randint_like(torch.empty(args[0], **kwargs), *args[1:])
    return getattr(torch, name)(*args, **kwargs)


def one(name, *args, **kwargs):
    return [(name, args, kwargs)]


STREAMS = [
    *[one("rand", (n,)) for n in (1, 7, 16, 100)], one("rand", (3, 4)), one("rand", ()),
    one("rand", (5,), dtype=F64), one("rand", (20,), dtype=F64),
    *[one("randn", (n,)) for n in (1, 2, 5, 15, 16, 17, 20, 31, 32, 33, 100)], one("randn", (4, 5)), one("randn", ()),
    one("randn", (5,), dtype=F64), one("randn", (16,), dtype=F64), one("randn", (19,), dtype=F64),
    one("randint", 10, (12,)), one("randint", 0, 100, (10,)), one("randint", -5, 5, (3, 4)), one("randint", 0, 2 ** 31 - 1, (6,)),
    one("randint", 2, (20,)), one("randint", 0, 7, (5,), dtype=torch.float32),
    *[one("randperm", n) for n in (0, 1, 2, 10, 100)],
    one("bernoulli", (20,), 0.3), one("bernoulli", (3, 5), 0.8), one("bernoulli", (6,), 0.0), one("bernoulli", (6,), 1.0),
    one("bernoulli", (12,), 0.4, dtype=F64),
    one("bernoulli_", (20,), 0.3), one("bernoulli_", (40,), 0.9), one("bernoulli_", (20,)),
    one("dropout", (20,), 0.5), one("dropout", (5, 9), 0.1), one("dropout", (100,), 0.9), one("dropout", (4,), 0.0),
    one("dropout", (4,), 1.0), one("dropout1d", (2, 6, 3), 0.4), one("dropout2d", (2, 4, 2, 2), 0.5),
    one("alpha_dropout", (20,), 0.3),
    one("uniform_", (6,), -1.0, 1.0), one("uniform_", (20,), 2.0, 3.5), one("uniform_", (5,), -1.0, 1.0, dtype=F64),
    one("normal_", (6,), 1.0, 2.0), one("normal_", (20,), -1.0, 0.5), one("normal_", (20,), 3.0, 0.1, dtype=F64),
    one("exponential_", (6,)), one("exponential_", (20,), 0.5), one("random_", (8,), 10), one("random_", (8,), -3, 9),
    one("random_", (8,)), one("normal", 1.0, 2.0, (6,)), one("normal", 0.0, 3.0, (20,)),
    one("rand_like", (3, 2)), one("randn_like", (17,)), one("randn_like", (3, 2), dtype=F64), one("randint_like", (3, 2), 5),
    one("randint_like", (3, 2), 5, 9), one("multinomial", [1.0, 2.0, 3.0, 4.0, 5.0], 4),
    one("multinomial", [1.0, 2.0, 3.0], 12, replacement=True),
    # the state between calls: the second normal of a pair is kept, and only by the scalar path
    [("randn", (1,), {}), ("randn", (1,), {}), ("randn", (1,), {})],
    [("randn", (3,), {}), ("rand", (3,), {}), ("randn", (3,), {})],
    [("randn", (3,), {}), ("randn", (16,), {}), ("randn", (3,), {})],
    [("randn", (1,), {}), ("randn", (1,), {"dtype": F64}), ("randn", (2,), {})],
    [("rand", (3,), {}), ("rand", (2,), {"dtype": F64}), ("rand", (3,), {})],
    [("randperm", (5,), {}), ("randint", (100, (4,)), {}), ("bernoulli_", ((9,), 0.5), {}), ("rand", (4,), {})],
    [("dropout", ((20,), 0.5), {}), ("dropout", ((20,), 0.5), {}), ("rand", (2,), {})],
    [("rand", (700,), {}), ("rand", (5,), {})],   # past the generator's 624 words
]


def calls(case):
    """rand and randn are listed with their shape alone; make it the one argument it is."""
    return [(name, args if name not in ("rand", "randn") or args and isinstance(args[0], tuple) else (args,), kw)
            for name, args, kw in case]


def streams(st):
    out = []
    for seed in SEEDS:
        for case in STREAMS:
            torch.manual_seed(seed)
            cs = calls(case)
            values = [do(*c) for c in cs]
            out.append({"seed": seed, "calls": [[n, enc(list(a), st), {k: enc(v, st) for k, v in kw.items()}] for n, a, kw in cs],
                        "values": [enc(v, st) for v in values]})
    return out


# every layer with parameters, small, and large enough for the normal transform's block path
LAYERS = [
    ("Linear", (4, 3), {}), ("Linear", (4, 3), {"bias": False}), ("Linear", (30, 20), {}), ("Linear", (1, 1), {}),
    ("Bilinear", (3, 4, 2), {}), ("Bilinear", (3, 4, 2), {"bias": False}),
    ("Conv1d", (2, 3, 3), {}), ("Conv1d", (4, 6, 3), {"groups": 2, "bias": False}),
    ("Conv2d", (1, 4, 3), {}), ("Conv2d", (4, 8, (3, 2)), {"groups": 2}), ("Conv2d", (2, 2, 1), {"bias": False}),
    ("Conv3d", (1, 2, 2), {}), ("ConvTranspose1d", (2, 3, 3), {}), ("ConvTranspose2d", (2, 4, 3), {"groups": 2}),
    ("ConvTranspose3d", (1, 2, 2), {}),
    ("BatchNorm1d", (3,), {}), ("BatchNorm2d", (3,), {}), ("BatchNorm2d", (3,), {"affine": False}), ("BatchNorm3d", (3,), {}),
    ("InstanceNorm2d", (3,), {"affine": True, "track_running_stats": True}),
    ("LayerNorm", ((2, 3),), {}), ("GroupNorm", (2, 4), {}), ("PReLU", (), {}), ("PReLU", (3,), {"init": 0.1}),
    ("Embedding", (3, 2), {}), ("Embedding", (20, 8), {}), ("Embedding", (5, 3), {"padding_idx": 1}),
    ("Embedding", (5, 3), {"max_norm": 1.0}), ("EmbeddingBag", (6, 3), {}),
    ("MultiheadAttention", (8, 2), {}), ("MultiheadAttention", (4, 2), {"bias": False}),
    ("MultiheadAttention", (4, 2), {"add_bias_kv": True}), ("MultiheadAttention", (6, 2), {"kdim": 4, "vdim": 5}),
    ("TransformerEncoderLayer", (8, 2), {"dim_feedforward": 16}),
    ("TransformerEncoderLayer", (4, 1), {"dim_feedforward": 5, "norm_first": True, "batch_first": True}),
    ("TransformerDecoderLayer", (4, 2), {"dim_feedforward": 6}),
    ("TransformerEncoder", (Mod("TransformerEncoderLayer", 4, 2, 5), 2), {}),
    ("Transformer", (), {"d_model": 4, "nhead": 2, "num_encoder_layers": 1, "num_decoder_layers": 1, "dim_feedforward": 5}),
    ("RNN", (3, 4), {}), ("LSTM", (3, 4), {"num_layers": 2, "bidirectional": True}), ("LSTM", (3, 4), {"proj_size": 2}),
    ("GRU", (3, 4), {"bias": False}), ("RNNCell", (3, 4), {}), ("LSTMCell", (3, 4), {}), ("GRUCell", (3, 4), {}),
    ("AdaptiveLogSoftmaxWithLoss", (8, 12, [4, 8]), {}),
    ("Sequential", (Mod("Linear", 4, 8), Mod("ReLU"), Mod("Linear", 8, 8), Mod("LayerNorm", 8), Mod("Linear", 8, 2)), {}),
    ("Sequential", (Mod("Conv2d", 1, 4, 3), Mod("BatchNorm2d", 4), Mod("ReLU"), Mod("Flatten"), Mod("Linear", 16, 3)), {}),
]


def layers(st):
    out = []
    for seed in (0, 7):
        for cls, args, kw in LAYERS:
            torch.manual_seed(seed)
            m = getattr(torch.nn, cls)(*build(args), **build(kw))
            out.append({"class": cls, "seed": seed,
                        "ctor": {"args": [enc(a, st) for a in args], "kwargs": {k: enc(v, st) for k, v in kw.items()}},
                        "parameters": [n for n, _ in m.named_parameters()],
                        "state_dict": [[k, enc(v, st)] for k, v in m.state_dict().items()],
                        "next": enc(torch.rand(1), st)})      # the stream's position afterwards
    return out


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--out", default=os.path.join(pc.HERE, "out", "random"))
    opt = ap.parse_args()
    os.makedirs(opt.out, exist_ok=True)
    for name, make in (("streams", streams), ("layers", layers)):
        st = Store()
        cases = make(st)
        n = st.save(os.path.join(opt.out, name + ".safetensors"))
        n += dump_json(os.path.join(opt.out, name + ".json"), {"versions": pc.versions(), "cases": cases})
        print(name, len(cases), "cases", n, "bytes")


if __name__ == "__main__":
    main()
