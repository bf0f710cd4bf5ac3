#!/usr/bin/python3
"""Reference values for torch.nn modules (PyTorch 1.13.1, CPU, float32).

  /usr/bin/python3 gen_modules.py [--out DIR] [--only Class,...]

One <Class>.json + <Class>.safetensors per module class, plus index.json.
Sources of samples, marked per case:
  module_db   torch.testing._internal.common_modules.module_db, every sample
  common_nn   torch.testing._internal.common_nn's older tables (module_tests,
              new_module_tests, criterion_tests), module cases only
  extra       own samples (extra_modules.py) for what neither covers
  derived_2x  classes newer than 1.13, built from 1.13 operations (modules_2x.py)
See README.md for the case layout.
"""
import argparse
import copy
import os
import sys
import time
from collections import Counter, OrderedDict

import ptref_common as pc
from ptref_common import NotPortable, Packed, Store, build, clean, dump_json, enc, leaves, same, seed_for, tree

import torch
import torch.nn as nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.lazy import LazyModuleMixin
from torch.nn.parameter import UninitializedTensorMixin
from torch.testing._internal.common_modules import module_db
from torch.testing._internal import common_nn
import extra_modules
import modules_2x

PROBE_SEEDS = (11, 22, 33, 44, 55)
# common_nn asks for a few inputs far larger than a value test needs
MAX_ELEMENTS = 20000


class Case:
    """One sample: how to build the module, and what to call it with."""

    def __init__(self, source, desc, build_fn, ctor, forward, training, cls=None):
        self.source, self.desc, self.build_fn = source, desc, build_fn
        self.ctor, self.forward, self.training, self.cls = ctor, forward, training, cls


class CtorSpy:
    """Record the arguments of the outermost nn.Module constructed inside the block.

    common_nn often hides the module behind a lambda; this recovers its arguments."""

    def __enter__(self):
        self.depth, self.first, self.saved = 0, None, []
        # a class may inherit its constructor from a base that nn does not export (_BatchNorm, _MaxPoolNd);
        # Module's own constructor takes no arguments and would hide them
        public = [getattr(nn, name) for name in nn.modules.__all__]
        bases = OrderedDict.fromkeys(b for cls in public if isinstance(cls, type) for b in cls.__mro__)
        for cls in bases:
            if cls is not nn.Module and cls.__module__.startswith("torch.nn.modules") and "__init__" in cls.__dict__:
                orig = cls.__dict__["__init__"]
                self.saved.append((cls, orig))
                cls.__init__ = self._wrap(orig)
        return self

    def _wrap(self, orig):
        spy = self

        def __init__(self, *args, **kwargs):
            if spy.depth == 0 and spy.first is None:
                spy.first = (type(self), args, kwargs)
            spy.depth += 1
            try:
                orig(self, *args, **kwargs)
            finally:
                spy.depth -= 1
        return __init__

    def __exit__(self, *exc):
        for cls, orig in self.saved:
            cls.__init__ = orig


# ---------------------------------------------------------------- case sources

def from_module_db(skipped):
    for mi in module_db:
        cls = mi.module_cls
        if not cls.__module__.startswith("torch.nn.modules"):
            if cls.__name__ == "MaxPool2d":      # the quantized alias subclass of nn.MaxPool2d
                cls = nn.MaxPool2d
            else:
                skipped.append((mi.name, "module_db", "all", "not a torch.nn module"))
                continue
        for training in ((True, False) if mi.train_and_eval_differ else (True,)):
            pc.seed_all(seed_for("module_db", mi.name, training))
            samples = list(mi.module_inputs_func(mi, device="cpu", dtype=torch.float32,
                                                 requires_grad=True, training=training))
            for i, s in enumerate(samples):
                ci, fi = s.constructor_input, s.forward_input
                desc = f"{i}" + (f" {s.desc}" if s.desc else "")
                yield Case("module_db", desc,
                           lambda cls=cls, ci=ci: cls(*ci.args, **ci.kwargs),
                           (ci.args, ci.kwargs), (fi.args, fi.kwargs), training, cls)


def _legacy_arg(d, name, default=None):
    if name in d:
        return d[name]
    if name + "_fn" in d:
        return d[name + "_fn"]()
    if name + "_size" in d:
        def sized(s):
            if isinstance(s, list):
                return [sized(x) for x in s]
            if isinstance(s, torch.Tensor):
                return s
            return torch.randn(s)
        return sized(d[name + "_size"])
    return default


def from_common_nn(skipped):
    tables = (("module_tests", common_nn.module_tests), ("new_module_tests", common_nn.new_module_tests),
              ("criterion_tests", common_nn.criterion_tests))
    for table, entries in tables:
        criterion = table == "criterion_tests"
        for n, d in enumerate(entries):
            name = d.get("fullname") or d.get("module_name") + ("_" + d["desc"] if d.get("desc") else "")
            variants = [("", {})]
            if criterion and d.get("check_sum_reduction"):
                variants += [(" reduction=sum", {"reduction": "sum"}), (" reduction=none", {"reduction": "none"})]
            for suffix, more in variants:
                pc.seed_all(seed_for(table, n))
                args = tuple(_legacy_arg(d, "constructor_args", ()))
                ctor = d.get("constructor") or getattr(nn, d["module_name"])

                def make(ctor=ctor, args=args, more=more):
                    return ctor(*args, **more)
                try:
                    with CtorSpy() as spy:
                        m = make()
                except Exception as e:
                    skipped.append((name + suffix, "common_nn", table, f"constructor failed: {e}"))
                    continue
                cls = type(m)
                if not cls.__module__.startswith("torch.nn.modules"):
                    skipped.append((name + suffix, "common_nn", table, "functional wrapper, not a module (see gen_ops)"))
                    continue
                got = spy.first or (cls, (), {})
                inp = _legacy_arg(d, "input")
                inp = inp if isinstance(inp, tuple) else (inp,)
                if criterion:
                    tgt = _legacy_arg(d, "target")
                    extra = _legacy_arg(d, "extra_args", ())
                    inp = inp + (tgt,) + tuple(extra)
                if any(t.is_complex() for _, t in leaves(inp)):
                    skipped.append((name + suffix, "common_nn", table, "complex input"))
                    continue
                big = max([t.numel() for _, t in leaves(inp)] + [0])
                if big > MAX_ELEMENTS:
                    skipped.append((name + suffix, "common_nn", table, f"input of {big} elements > {MAX_ELEMENTS}"))
                    continue
                modes = (True, False) if d.get("check_eval") or _mode_sensitive(m) else (True,)
                for training in modes:
                    yield Case("common_nn", f"{table}[{n}] {name}{suffix}", make, (got[1], got[2]),
                               (inp, {}), training, cls)


def _mode_sensitive(m):
    return any(isinstance(x, (nn.modules.dropout._DropoutNd, nn.RReLU, _BatchNorm,
                              nn.modules.instancenorm._InstanceNorm, nn.MultiheadAttention))
               for x in m.modules())


def from_extra(skipped):
    for i, s in enumerate(extra_modules.samples()):
        derived = modules_2x.CLASSES.get(s.cls)
        cls = derived or getattr(nn, s.cls)
        for training in s.modes:
            yield Case("derived_2x" if derived else "extra", s.desc, lambda cls=cls, s=s: cls(*build(s.args), **build(s.kwargs)),
                       (s.args, s.kwargs), s.forward, training, cls)


# ---------------------------------------------------------------- one case

def describe_init(m):
    """Which tensors a fresh module leaves constant (ones, zeros, ...), and to what."""
    out = {}
    for name, t in list(m.named_parameters()) + list(m.named_buffers()):
        if isinstance(t, UninitializedTensorMixin):
            out[name] = {"uninitialized": True}
        elif t.numel() == 1:
            out[name] = {"single": t.item()}
        elif t.numel() and bool((t == t.flatten()[0]).all()):
            out[name] = {"constant": t.flatten()[0].item()}
        elif t.numel() == 0:
            out[name] = {"empty": True}
        else:
            out[name] = {"min": float(t.min()), "max": float(t.max())} if t.is_floating_point() else {"other": True}
    return out


def perturb(m, seed):
    """Make constant float tensors (norm weights, zero biases, running stats) non-trivial,
    so that ignoring them cannot pass.  Returns the changed names."""
    g = torch.Generator().manual_seed(seed)
    changed = []
    with torch.no_grad():
        for name, t in list(m.named_parameters()) + list(m.named_buffers()):
            if t.is_floating_point() and t.numel() and bool((t == t.flatten()[0]).all()):
                if name.endswith("running_var"):
                    t.copy_(torch.rand(t.shape, generator=g) + 0.5)
                else:
                    t.add_(torch.randn(t.shape, generator=g) * 0.25)
                changed.append(name)
    return changed


def to_dtype(m, dtype):
    """Module.to(dtype), reaching tensors that a module keeps as plain attributes too."""
    if not m_has_uninitialized(m):
        m.to(dtype)
    for x in m.modules():
        for k, v in list(x.__dict__.items()):
            if isinstance(v, torch.Tensor) and v.is_floating_point():
                x.__dict__[k] = v.to(dtype)
    return m


def m_has_uninitialized(m):
    return any(isinstance(t, UninitializedTensorMixin) for t in list(m.parameters()) + list(m.buffers()))


def call(m, args, kwargs):
    real = [a.build(a.input) if isinstance(a, Packed) else a for a in args]
    return m(*real, **kwargs)


def rekey_packed(args, fn):
    """tree() over forward args, entering Packed recipes."""
    out = []
    for i, a in enumerate(args):
        if isinstance(a, Packed):
            out.append(Packed(fn(a.input, f"args.{i}.input"), a.lengths, a.batch_first, a.enforce_sorted))
        else:
            out.append(tree(a, fn, f"args.{i}"))
    return out


def with_grad(args, kwargs, wanted, dtype=None):
    """Fresh leaves for every tensor; the float ones in `wanted` (None = all) require grad.
    The module sees a clone, so in-place modules do not touch the recorded leaf."""
    named, seen = [], {}

    def f(t, p):
        x = t.detach().clone(memory_format=torch.contiguous_format)
        if dtype is not None and x.is_floating_point():
            x = x.to(dtype)
        if x.is_floating_point() and (wanted is None or p in wanted):
            x.requires_grad_(True)
            named.append((p, x))
            y = x.clone()
        else:
            y = x
        seen[p] = (x, y)
        return y
    a = rekey_packed(args, f)
    k = {key: tree(v, f, f"kwargs.{key}") for key, v in kwargs.items()}
    return a, k, named, seen


def run_once(m, args, kwargs, wanted, seed, cot_seed, dtype=None):
    """forward (+ backward). Returns outputs, cotangents, input grads, param grads, mutated inputs."""
    pc.seed_all(seed)
    a, k, named, seen = with_grad(args, kwargs, wanted, dtype)
    params = [(n, p) for n, p in m.named_parameters()]
    before = torch.get_rng_state()
    out = call(m, a, k)
    rng_used = not torch.equal(before, torch.get_rng_state())
    mutated = [p for p, (x, y) in seen.items() if x is not y and not same(x, y)]
    outs = [(p, t) for p, t in leaves(out) if t.is_floating_point()]
    diff = [(p, t) for p, t in outs if t.requires_grad]
    cots = pc.cotangents([t for _, t in diff], cot_seed)
    leaves_ = named + [(n, p) for n, p in params if p.requires_grad]
    grads = [None] * len(leaves_)
    if diff and leaves_:
        grads = torch.autograd.grad([t for _, t in diff], [x for _, x in leaves_], cots, allow_unused=True)
    ig = list(zip([p for p, _ in named], grads[:len(named)]))
    pg = list(zip([n for n, _ in leaves_[len(named):]], grads[len(named):]))
    return out, [(p, c) for (p, _), c in zip(diff, cots)], ig, pg, mutated, rng_used


def dense(g):
    return g.to_dense() if g is not None and g.layout != torch.strided else g


def add_repr(rec, m):
    rec["repr"] = repr(m)
    now = modules_2x.repr_2x(m)
    if now != rec["repr"]:
        rec["repr_2x"] = now


def dense_all(pairs):
    return [dense(g) for _, g in pairs if g is not None]


def do_case(case, idx, st):
    seed = seed_for("case", case.cls.__name__, case.source, case.desc, case.training)
    pc.seed_all(seed)
    m = to_dtype(case.build_fn(), torch.float32)
    m.train(case.training)
    rec = OrderedDict(id=f"{case.source}:{case.desc}:{'train' if case.training else 'eval'}",
                      source=case.source, desc=case.desc, training=case.training)
    ctor_args, ctor_kwargs = (clean(x, torch.float32) for x in case.ctor)
    rec["ctor"] = {"args": [enc(x, st) for x in ctor_args],
                   "kwargs": {k: enc(v, st) for k, v in ctor_kwargs.items()}}
    lazy = isinstance(m, LazyModuleMixin)
    if lazy:
        rec["lazy"] = {"class_before": type(m).__name__, "repr_before": repr(m),
                       "has_uninitialized": m.has_uninitialized_params()}
    rec["class"] = type(m).__name__
    rec["init"] = describe_init(m)
    if case.forward is None:        # containers: structure only
        add_repr(rec, m)
        rec["state_dict"] = [[k, enc(v, st)] for k, v in m.state_dict().items()]
        rec["forward"] = None
        return rec

    args, kwargs = case.forward
    args = rekey_packed(args, lambda t, p: t.detach().clone(memory_format=torch.contiguous_format)
                        .to(torch.float32 if t.is_floating_point() else t.dtype))
    kwargs = clean(kwargs)
    if lazy:
        pc.seed_all(seed)
        with torch.no_grad():
            call(m, clean(list(args)), kwargs)
        rec["lazy"]["class_after"] = type(m).__name__
        rec["init"] = describe_init(m)
    rec["perturbed"] = perturb(m, seed + 1)
    add_repr(rec, m)
    params = dict(m.named_parameters())
    rec["state_dict"] = [[k, enc(v, st)] for k, v in m.state_dict().items()]
    rec["parameters"] = list(params)
    rec["forward"] = {"args": [enc(x, st) for x in args], "kwargs": {k: enc(v, st) for k, v in kwargs.items()}}

    # randomness probe: same weights and inputs, several global seeds
    base, rng = None, False
    for s in PROBE_SEEDS:
        pc.seed_all(s)
        mm = copy.deepcopy(m)
        before = torch.get_rng_state()
        with torch.no_grad():
            o = clean(call(mm, clean_args(args), clean(kwargs)))
        rng |= not torch.equal(before, torch.get_rng_state())
        if base is None:
            base = o
        elif not same(base, o):
            raise Nondeterministic("forward draws random numbers in this mode")
    if rng:
        rec["rng_consumed"] = True

    cot_seed = seed + 2
    wanted, why = None, None
    try:
        mm = copy.deepcopy(m)
        res = run_once(mm, args, kwargs, None, seed, cot_seed)
    except RuntimeError as e:
        why = str(e).split("\n")[0][:160]
        # some float arguments (loss weights, targets) have no derivative: keep those that do
        paths = [p for p, t in named_tensors(args, kwargs) if t.is_floating_point()]
        wanted = set()
        for p in paths:
            try:
                run_once(copy.deepcopy(m), args, kwargs, {p}, seed, cot_seed)
                wanted.add(p)
            except RuntimeError:
                pass
        try:
            mm = copy.deepcopy(m)
            res = run_once(mm, args, kwargs, wanted, seed, cot_seed)
        except RuntimeError:
            # derivative missing for a combination: forward only
            mm = copy.deepcopy(m)
            with torch.no_grad():
                res = (call(mm, clean_args(args), clean(kwargs)), [], [], [], [], False)
            wanted = set()
    out, cots, ig, pg, mutated, _ = res
    if cots:
        pc.dirty(args, out, list(params.values()))
        again = run_once(copy.deepcopy(m), args, kwargs, wanted, seed, cot_seed)
        if not same(dense_all(ig + pg), dense_all(again[2] + again[3])) or not same(clean(out), clean(again[0])):
            raise Nondeterministic("varies from run to run (uninitialised memory)")
    rec["output"] = enc(clean_out(out), st)
    rec["cotangents"] = [[p, enc(c, st)] for p, c in cots]
    rec["grad_inputs"] = [[p, None if g is None else enc(dense(g), st)] for p, g in ig]
    rec["grad_params"] = [[n, None if g is None else enc(dense(g), st)] for n, g in pg]
    bad = [n for n, g in ig + pg if g is not None and not torch.isfinite(dense(g)).all()]
    if bad:
        rec["nonfinite_grad"] = bad
    sp = [n for n, g in pg if g is not None and g.layout != torch.strided]
    if sp:
        rec["sparse_grads"] = sp
    if why:
        rec["grad_note"] = f"not every float input is differentiable: {why}"
    if mutated:
        rec["mutates"] = mutated
    after = [[k, enc(v, st)] for k, v in mm.state_dict().items() if not same(v, m.state_dict()[k])]
    if after:
        rec["state_after"] = after
    # float64 rerun: how much of the float32 result is rounding
    try:
        md = to_dtype(copy.deepcopy(m), torch.float64)
        r64 = run_once(md, args, kwargs, wanted, seed, cot_seed, torch.float64)
        rec["f64_err"] = {
            "out": pc.max_err([t for _, t in leaves(out)], [t for _, t in leaves(r64[0])]),
            "grad": pc.max_err([dense(g) for _, g in ig + pg], [dense(g) for _, g in r64[2] + r64[3]])}
    except Exception:
        rec["f64_err"] = None
    return rec


class Nondeterministic(Exception):
    pass


def clean_args(args):
    return rekey_packed(args, lambda t, p: t.detach().clone())


def clean_out(out):
    return clean(out)


def named_tensors(args, kwargs):
    found = []
    rekey_packed(args, lambda t, p: found.append((p, t)) or t)
    for k, v in kwargs.items():
        tree(v, lambda t, p: found.append((p, t)) or t, f"kwargs.{k}")
    return found


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--out", default=os.path.join(pc.HERE, "out", "modules"))
    ap.add_argument("--only", default="")
    opt = ap.parse_args()
    only = set(filter(None, opt.only.split(",")))
    os.makedirs(opt.out, exist_ok=True)
    t0 = time.time()
    skipped, groups = [], OrderedDict()
    for source in (from_module_db, from_common_nn, from_extra):
        for c in source(skipped):
            if not only or c.cls.__name__ in only:
                groups.setdefault(c.cls.__name__, []).append(c)
    index, total, per_source, ngrad, nrepr = [], 0, Counter(), 0, 0
    for name in sorted(groups):
        st, cases = Store(), []
        for i, c in enumerate(groups[name]):
            mark = st.mark()
            try:
                rec = do_case(c, i, st)
            except Nondeterministic as e:
                st.rollback(mark)
                skipped.append((f"{name} {c.desc} {'train' if c.training else 'eval'}", c.source, "random", str(e)))
                continue
            except NotPortable as e:
                st.rollback(mark)
                skipped.append((f"{name} {c.desc}", c.source, "not portable", str(e)))
                continue
            cases.append(rec)
            per_source[c.source] += 1
            ngrad += bool(rec.get("cotangents"))
            nrepr += "repr_2x" in rec
        if not cases:
            continue
        nb = st.save(os.path.join(opt.out, name + ".safetensors"))
        nj = dump_json(os.path.join(opt.out, name + ".json"),
                       {"class": name, "versions": pc.versions(), "tensors": name + ".safetensors", "cases": cases})
        total += nb + nj
        index.append({"class": name, "cases": len(cases), "json_bytes": nj, "tensor_bytes": nb,
                      "by_source": dict(Counter(c["source"] for c in cases))})
    covered = {r["class"] for r in index}
    missing = sorted(set(nn.modules.__all__) - covered)
    dump_json(os.path.join(opt.out, "index.json"), {
        "versions": pc.versions(), "classes": index, "cases": sum(r["cases"] for r in index),
        "cases_with_gradients": ngrad, "by_source": dict(per_source), "bytes": total,
        "module_db_infos": len(module_db),
        "cases_with_repr_2x": nrepr,
        "skipped": [{"name": a, "source": b, "kind": c, "reason": d} for a, b, c, d in skipped],
        "classes_without_cases": missing}, indent=1)
    print(f"classes {len(index)}  cases {sum(r['cases'] for r in index)}  with grads {ngrad}  "
          f"{dict(per_source)}  bytes {total}  skipped {len(skipped)}  {time.time() - t0:.1f}s")
    print("no cases:", missing)


if __name__ == "__main__":
    main()
