#!/usr/bin/env python3
"""Solves and gradients beside torchdiffeq and diffrax, in one run on one thread.

    cmake --preset bench && cmake --build --preset bench
    python3 -m venv peers && peers/bin/pip install torch==2.15.0 torchdiffeq==0.2.5 diffrax==0.7.0 jax==0.10.2
    peers/bin/python benchmarks/compare/solvers.py --build build/bench/benchmarks --out build/compare

Rules: the same network (dims + 1 -> width -> width -> width -> dims, SELU, initialised alike), float,
Dormand-Prince 5(4), absolute = relative tolerance 1e-5, t from 0 to 1, one thread. Rounds alternate between
the programs; each number is the median of its rounds, processor time, which other users of the machine
disturb least. Compiling and the first calls of a peer are not counted.
A peer that is not installed is named and left out.
"""
import argparse
import csv
import json
import os
import pathlib
import statistics
import subprocess
import time

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

SHAPES = [(1, 2, 64), (256, 5, 64), (256, 50, 64), (512, 50, 256)]


def timed(call, least=0.15):
    """Processor seconds a call: the median over as many calls as fit into `least` seconds, three at least."""
    times, start = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < least:
        before = time.process_time()
        call()
        times.append(time.process_time() - before)
    return statistics.median(times)


def torch_jobs():
    import torch
    import torchdiffeq
    torch.set_num_threads(1)

    class Field(torch.nn.Module):
        def __init__(self, dims, width):
            super().__init__()
            act = torch.nn.SELU
            linear = torch.nn.Linear
            self.net = torch.nn.Sequential(linear(dims + 1, width), act(), linear(width, width), act(),
                                           linear(width, width), act(), linear(width, dims))

        def forward(self, t, x):
            return self.net(torch.cat([x, t.expand(x.shape[0], 1)], 1))

    class Spiral(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = torch.nn.Sequential(torch.nn.Linear(2, 50), torch.nn.Tanh(), torch.nn.Linear(50, 2))

        def forward(self, t, x):
            return self.net(x ** 3)

    tolerance = dict(rtol=1e-5, atol=1e-5, method="dopri5")
    jobs = {}
    for cells, dims, width in SHAPES:
        torch.manual_seed(1)
        field, x0, t = Field(dims, width), torch.randn(cells, dims), torch.tensor([0.0, 1.0])

        def solve(field=field, x0=x0, t=t):
            with torch.no_grad():
                torchdiffeq.odeint(field, x0, t, **tolerance)

        def gradient(odeint, field=field, x0=x0, t=t):
            field.zero_grad()
            start = x0.clone().requires_grad_()
            odeint(field, start, t, **tolerance)[-1].sum().backward()

        key = (cells, dims, width)
        jobs["solve", key] = {"torchdiffeq": solve}
        jobs["gradient", key] = {
            "torchdiffeq backprop": lambda g=gradient: g(torchdiffeq.odeint),
            "torchdiffeq adjoint": lambda g=gradient: g(torchdiffeq.odeint_adjoint)}
    field, x0, t = Spiral(), torch.tensor([[2.0, 0.0]]), torch.linspace(0, 1.5, 30)

    def spiral():
        field.zero_grad()
        torchdiffeq.odeint(field, x0, t, rtol=1e-3, atol=1e-6, method="dopri5").square().sum().backward()

    jobs["gradient", "spiral"] = {"torchdiffeq backprop": spiral}
    return jobs


def diffrax_jobs():
    import diffrax
    import jax
    import jax.numpy as jnp

    def layers(key, sizes):
        out = []
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            w, c = jax.random.split(jax.random.fold_in(key, i))
            bound = 1 / a ** 0.5
            out.append((jax.random.uniform(w, (a, b), minval=-bound, maxval=bound),
                        jax.random.uniform(c, (b,), minval=-bound, maxval=bound)))
        return out

    def net(theta, x, act):
        for w, b in theta[:-1]:
            x = act(x @ w + b)
        w, b = theta[-1]
        return x @ w + b

    def batch(t, x, theta):
        time_column = jnp.full((x.shape[0], 1), t, x.dtype)
        return net(theta, jnp.concatenate([x, time_column], 1), jax.nn.selu)

    def end(theta, x0):
        return diffrax.diffeqsolve(diffrax.ODETerm(batch), diffrax.Dopri5(), 0.0, 1.0, None, x0, theta,
                                   stepsize_controller=diffrax.PIDController(rtol=1e-5, atol=1e-5),
                                   saveat=diffrax.SaveAt(t1=True)).ys

    def path(theta, x0):
        return diffrax.diffeqsolve(diffrax.ODETerm(lambda t, x, p: net(p, x ** 3, jnp.tanh)), diffrax.Tsit5(),
                                   0.0, 1.5, None, x0, theta,
                                   stepsize_controller=diffrax.PIDController(rtol=1e-3, atol=1e-6),
                                   saveat=diffrax.SaveAt(ts=jnp.linspace(0, 1.5, 30))).ys

    def ready(f):
        f()  # compiled here
        return lambda: jax.block_until_ready(f())

    jobs = {}
    for cells, dims, width in SHAPES:
        theta = layers(jax.random.PRNGKey(1), [dims + 1, width, width, width, dims])
        x0 = jax.random.normal(jax.random.PRNGKey(2), (cells, dims))
        solve = jax.jit(end)
        gradient = jax.jit(jax.value_and_grad(lambda p, x: end(p, x).sum(), argnums=(0, 1)))
        jobs["solve", (cells, dims, width)] = {"diffrax": ready(lambda f=solve, p=theta, x=x0: f(p, x))}
        jobs["gradient", (cells, dims, width)] = {"diffrax": ready(lambda f=gradient, p=theta, x=x0: f(p, x))}
    theta = layers(jax.random.PRNGKey(1), [2, 50, 2])
    loss = jax.jit(jax.value_and_grad(lambda p, x: jnp.square(path(p, x)).sum(), argnums=(0, 1)))
    jobs["gradient", "spiral"] = {"diffrax": ready(lambda: loss(theta, jnp.array([[2.0, 0.0]])))}
    return jobs


def ours(build):
    """Medians of our programs, in seconds, by job."""
    times = {}
    for program, names in (("solve", ("solve",)), ("gradient", ("gradient", "spiral<float>"))):
        command = [str(build / program), "--benchmark_format=json", "--benchmark_min_time=0.15",
                   "--benchmark_filter=^(" + "|".join(names) + ")(/|$)"]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        for b in json.loads(out)["benchmarks"]:
            unit = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3}[b["time_unit"]]
            if b["name"].startswith("spiral"):
                key = ("gradient", "spiral")
            else:
                shape = tuple(int(p.split(":")[1]) for p in b["name"].split("/")[1:4])
                key = (b["name"].split("/")[0], shape)
            times[key] = b["cpu_time"] * unit
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/bench/benchmarks"))
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("build/compare"))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    peers = {}
    for make in (torch_jobs, diffrax_jobs):
        try:
            for job, calls in make().items():
                peers.setdefault(job, {}).update(calls)
        except ImportError as missing:
            print(f"left out: {missing.name} is not installed")
    own, other = {}, {}
    for _ in range(options.rounds):
        for job, seconds in ours(options.build).items():
            own.setdefault(job, []).append(seconds)
        for job, calls in peers.items():
            for peer, call in calls.items():
                other.setdefault((job, peer), []).append(timed(call))
    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for (job, peer), times in other.items():
        mine, theirs = statistics.median(own[job]), statistics.median(times)
        shape = job[1] if isinstance(job[1], str) else "{} cells, {} features, width {}".format(*job[1])
        rows.append([job[0], shape, peer, f"{1e3 * mine:.4g}", f"{1e3 * theirs:.4g}", f"{theirs / mine:.3g}"])
    rows.sort(key=lambda r: (r[0], r[1], r[2]))
    header = ["job", "shape", "peer", "cytode ms", "peer ms", "ratio"]
    with open(options.out / "solvers.csv", "w", newline="") as f:
        csv.writer(f).writerows([header] + rows)
    table = ["| " + " | ".join(r) + " |" for r in [header, ["---"] * len(header)] + rows]
    (options.out / "solvers.md").write_text("\n".join(table) + "\n")
    print("\n".join(table))


if __name__ == "__main__":
    main()
