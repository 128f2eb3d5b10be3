# SPDX-License-Identifier: MIT
"""What takes programs of its own: start, compile cost, two threads, memory, and how cost grows."""
import math
import os
import pathlib
import re
import resource
import shlex
import statistics
import subprocess
import time

from jobs import MODULES, OPTAX, TORCHCFM
from table import number
from worker import Gone, Worker

STEP = {"coupling": "independent", "dims": 5, "width": 64, "batch": 256, "intervals": 1, "threads": 1}
PEERS = pathlib.Path(__file__).parent / "peers" / "worker.py"


def wanted(value, bar, least=True):
    return "met" if (value >= bar if least else value <= bar) else "missed"


def starts(c):
    """From nothing to the loss of a first step, wall time."""
    if not c.chosen("process start to first result"):
        return

    def first(command, is_peer):
        start = time.perf_counter()
        worker = Worker(command, is_peer)
        worker.prepare("step", {**STEP, "data": c.scratch})
        took = time.perf_counter() - start
        worker.close()
        return took

    ours = statistics.median(first([c.program], False) for _ in range(3))
    for package in (TORCHCFM, OPTAX):
        try:
            theirs = first([c.python, PEERS, MODULES[package], 1], True)
        except Gone:
            continue
        c.table.add(job="process start to first result", shape="I-CFM step", threads=1, peer=package,
                    ratio=number(theirs / ours), note="wall time",
                    **{"ours ms": number(1e3 * ours), "peer ms": number(1e3 * theirs)})


def builds(c):
    """Processor time of the compiler: the umbrella header alone, and a user's file with one model."""
    compiler = shlex.split(os.environ.get("CXX", "g++"))
    eigen = ["-I/usr/include/eigen3", f"-I{c.root}/include", "-std=c++20"]
    version = subprocess.run([*compiler, "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    umbrella = ["-fsyntax-only", "-x", "c++", str(c.root / "include/cytode/cytode.hpp")]
    user = ["-O2", "-c", "-o", os.devnull, str(pathlib.Path(__file__).parent / "user.cpp")]
    for name, arguments, bar in (("compile the umbrella header", umbrella, 4), ("compile a user's file, -O2", user, 6)):
        if not c.chosen(name):
            continue
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([*compiler, *eigen, *arguments], capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        if done.returncode:
            c.table.add(job=name, note="failed: " + done.stderr.strip().split("\n")[0])
        else:
            c.table.add(job=name, shape=version, bar=f"at most {bar} s", met=wanted(took, bar, least=False),
                        **{"ours ms": number(1e3 * took)})


def two_threads(c):
    """Wall time of two threads beside one, in turns."""
    jobs = [("I-CFM step", "step", {**STEP, "dims": 50, "width": 256, "batch": 4096}),
            ("I-CFM step", "step", {**STEP, "dims": 50, "width": 256, "batch": 512}),
            ("I-CFM step", "step", {**STEP, "dims": 50}),
            ("solve", "solve", {"cells": 10000, "dims": 50, "width": 64, "threads": 1}),
            ("SDE roll-out", "rollout", {"cells": 10000, "dims": 50, "width": 64, "steps": 100, "threads": 1})]
    for name, family, parameters in jobs:
        shape = ", ".join(f"{k} {v}" for k, v in parameters.items() if k not in ("threads", "coupling"))
        if not c.chosen("two threads", name, shape):
            continue
        crews = [Worker([c.program]), Worker([c.program])]
        for threads, worker in enumerate(crews, 1):
            worker.prepare(family, {**parameters, "threads": threads, "data": c.scratch})
        times = [[], []]
        for _ in range(2 * c.options.rounds):
            for worker, taken in zip(crews, times):
                taken.append(worker.measure(0.2)["wall"])
        one, two = map(statistics.median, times)
        for worker in crews:
            worker.close()
        c.table.add(job=name, shape=shape, threads=2, peer="ours on one thread", ratio=number(one / two), bar="1.85 ×",
                    met=wanted(one / two, 1.85), note=f"wall time; best of each {min(times[0]) / min(times[1]):.3g}",
                    **{"ours ms": number(1e3 * two), "peer ms": number(1e3 * one)})


def memory(c):
    """Most memory a fit ever held, as a multiple of the cells' own bytes."""
    shape = {"cells": 1000000, "dims": 50, "width": 64, "batch": 256, "steps": 20}
    if not c.chosen("peak memory of a fit"):
        return
    size = 4 * shape["cells"] * shape["dims"]
    for name, command, is_peer in (("", [c.program], False),
                                   (TORCHCFM, [c.python, PEERS, MODULES[TORCHCFM], 1], True)):
        try:
            worker = Worker(command, is_peer)
            worker.prepare("memory", {**shape, "data": c.scratch})
            peak = worker.ask("peak")["bytes"]
            worker.close()
        except Gone:
            continue
        c.table.add(job="peak memory of a fit", shape="1,000,000 cells × 50", peer=f"the data ({size / 1e6:.0f} MB)",
                    ratio=number(peak / size), bar="" if name else "at most 1.5 ×",
                    met="" if name else wanted(peak / size, 1.5, least=False),
                    note=f"{name or 'ours'}: {peak / 1e6:.0f} MB in all, the process included")
    memory_from_csv(c, size)


def memory_from_csv(c, size):
    """The same where the cells are read from an export in AnnData's layout, which is how users have them."""
    done = subprocess.run([c.program.parent / "fit_memory", "1000000", "50", "20", c.scratch],
                          capture_output=True, text=True)
    if done.returncode:
        c.table.add(job="peak memory of a fit, from CSV", note="failed: " + done.stderr.strip())
        return
    times = float(re.search(r"([0-9.]+) times the data", done.stdout)[1])
    c.table.add(job="peak memory of a fit, from CSV", shape="1,000,000 cells × 50", threads=2,
                peer=f"the data ({size / 1e6:.0f} MB)", ratio=number(times), bar="at most 1.5 ×",
                met=wanted(times, 1.5, least=False), note=done.stdout.strip())


def slope(xs, ys):
    """The exponent of y ~ x^k by least squares of the logarithms."""
    xs, ys = [math.log(x) for x in xs], [math.log(y) for y in ys]
    mx, my = statistics.mean(xs), statistics.mean(ys)
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)


def exponents(c, growth):
    """Fitted exponents beside those of the operations over the same points; evaluations are divided out."""
    for name, key, values, theory, family, parameters in growth:
        threads = parameters.get("threads", 1)
        if not c.chosen("growth", name):
            continue
        worker, times = Worker([c.program]), []
        try:
            for value in values:
                worker.prepare(family, {**parameters, key: value, "data": c.scratch})
                got = [worker.measure(0.2) for _ in range(3)]
                work = got[-1].get("figures", {}).get("evaluations", 1)
                times.append(statistics.median(g["cpu" if threads == 1 else "wall"] for g in got) / work)
        except Gone as gone:
            c.table.add(job=name, threads=threads, note=f"failed: {gone}")
            continue
        finally:
            worker.close()
        found, ideal = slope(values, times), slope(values, [theory(v) for v in values])
        c.table.add(job=name, shape=f"{key} " + ", ".join(map(str, values)), threads=threads,
                    note=f"exponent {found:.2f}, of the operations {ideal:.2f}; ms " +
                    ", ".join(number(1e3 * t) for t in times),
                    bar="at most 0.1 above", met=wanted(found, ideal + 0.1, least=False))
