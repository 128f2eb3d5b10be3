# SPDX-License-Identifier: MIT
"""What is compared: every job with its peers and bars."""
import dataclasses
import itertools

TORCHCFM, OPTAX, DIFFEQ, DIFFRAX = "torchcfm", "JAX/optax", "torchdiffeq", "diffrax"
POT, OTT, PANDAS = "POT", "OTT-JAX", "pandas"
PYTORCH, JAX = "PyTorch", "JAX"  # what a user writes by hand, without a package for it
MODULES = {TORCHCFM: "flows_torchcfm", OPTAX: "flows_optax", DIFFEQ: "solves_torchdiffeq", DIFFRAX: "solves_diffrax",
           POT: "transport_pot", OTT: "transport_ott", PANDAS: "csv_pandas", PYTORCH: "solves_torchdiffeq",
           JAX: "solves_diffrax"}


@dataclasses.dataclass(frozen=True)
class Peer:
    """A package, the least ratio its bar asks for, and parameters of its own."""
    package: str
    bar: float = None
    variant: str = None

    @property
    def name(self):
        return f"{self.package} {self.variant}" if self.variant else self.package


@dataclasses.dataclass
class Job:
    """`name` is what the table says; family and parameters are what the programs get."""
    name: str
    family: str
    parameters: dict
    peers: list
    quick: bool = False
    gemm: tuple = None  # (width, columns) of the product that does most of the work
    peak_bar: float = None  # share of the core's multiply-adds
    once: bool = False  # takes long: one call a round, one round
    turns: int = None  # rounds of one call each, whatever the options say: every call has a seed of its own

    @property
    def shape(self):
        hidden = {"threads", "coupling", "times", "left_out"}
        return ", ".join(f"{k} {v}" for k, v in self.parameters.items() if k not in hidden)


def training_steps():
    for coupling, name in (("independent", "I-CFM step"), ("exact", "OT-CFM step")):
        for dims, width, batch, intervals in itertools.chain(
                itertools.product((5, 50, 100), (64, 256), (256, 512, 4096), (1,)),
                itertools.product((5, 50), (64,), (256,), (2,))):
            bar = None
            if coupling == "exact" and batch == 256:
                bar = 8
            if coupling == "independent" and dims in (5, 50) and (width, batch) == (64, 256):
                bar = 4
            if coupling == "independent" and (dims, width, batch) == (50, 256, 512):
                bar = 2
            peak = None
            if coupling == "independent" and intervals == 1:
                peak = 0.65 if width == 256 else 0.5 if batch == 256 else None
            quick = dims in (5, 50) and (width, batch) in ((64, 256), (256, 512)) and not (dims == 5 and width == 256)
            yield Job(name, "step", {"coupling": coupling, "dims": dims, "width": width, "batch": batch,
                                     "intervals": intervals, "threads": 1},
                      [Peer(TORCHCFM, bar), Peer(OPTAX, 1.5)], quick and (intervals == 1 or coupling == "exact"),
                      (width, min(batch, 128)), peak)


def fits():
    for steps in (1000, 5000):
        yield Job("fit of eb, time 2 left out", "fit",
                  {"width": 64, "batch": 256, "steps": steps, "times": 5, "left_out": 2},
                  [Peer(TORCHCFM, 8)], steps == 1000, turns=5)


SOLVES = {(1, 2, 64): (100, 150, 1000), (256, 5, 64): (8, 8, 25), (256, 50, 64): (8, 8, 12), (512, 50, 256): (3, 3, 5),
          (10000, 50, 64): (None,) * 3, (100000, 5, 64): (None,) * 3}


def solves():
    for (cells, dims, width), (solve, backprop, adjoint) in SOLVES.items():
        shape = {"cells": cells, "dims": dims, "width": width, "threads": 1}
        gemm = (width, min(cells, 128))
        yield Job("solve", "solve", shape, [Peer(DIFFEQ, solve), Peer(DIFFRAX, 1)], cells < 10000, gemm)
        yield Job("gradient", "gradient", shape,
                  [Peer(DIFFEQ, backprop, "backprop"), Peer(DIFFEQ, adjoint, "adjoint"), Peer(DIFFRAX, 1)],
                  cells < 10000, gemm)


def transport():
    for features, cells, scalar in itertools.product((5, 50), (256, 1024, 4096), ("float", "double")):
        bar = 4 if cells >= 1024 else None
        yield Job("exact transport", "exact", {"features": features, "cells": cells, "scalar": scalar},
                  [Peer(POT, bar)], features == 5 and cells == 1024, once=cells == 4096)
    for features, cells, scalar in itertools.product((5, 50), (256, 1024, 4096), ("double", "float")):
        bars = (10, 3) if cells == 1024 else (None, None)
        peers = [Peer(OTT, bars[1])] + ([Peer(POT, bars[0])] if scalar == "double" else [])
        yield Job("entropic transport", "entropic", {"features": features, "cells": cells, "scalar": scalar},
                  peers, features == 5 and cells == 256 or features == 5 and cells == 1024 and scalar == "double",
                  once=cells >= 1024)


def others():
    yield Job("SDE roll-out", "rollout", {"cells": 10000, "dims": 50, "width": 64, "steps": 100, "threads": 1},
              [Peer(PYTORCH, None, "loop"), Peer(JAX, None, "loop")], True, (64, 128), once=True)
    for columns, rows, quick in ((50, 200000, True), (5, 2000000, False), (2000, 5000, False)):
        yield Job("CSV read", "csv", {"columns": columns, "rows": rows}, [Peer(PANDAS, 3)], quick, once=True)


def all_jobs():
    return [*training_steps(), *fits(), *solves(), *transport(), *others()]


def growth():
    """How cost grows: (name, swept parameter, values, what theory gives as operations, family, parameters)."""
    step = {"coupling": "independent", "batch": 256, "intervals": 1}
    network = lambda d, w: 2 * d * w + w + 2 * w * w
    for threads in (1, 2):
        yield ("step against dims", "dims", (2, 10, 50, 200, 1000), lambda d: network(d, 64), "step",
               {**step, "width": 64, "threads": threads})
        yield ("step against width", "width", (16, 64, 256, 1024), lambda w: network(50, w), "step",
               {**step, "dims": 50, "threads": threads})
        yield ("solve against cells", "cells", (1000, 10000, 100000, 1000000), lambda n: n, "solve",
               {"dims": 5, "width": 64, "threads": threads})
    yield ("exact transport against n", "cells", (512, 1024, 2048, 4096, 8192), lambda n: n**3, "exact",
           {"features": 5, "scalar": "float"})
    yield ("entropic transport against n", "cells", (512, 1024, 2048, 4096, 8192), lambda n: n**2, "entropic",
           {"features": 5, "scalar": "float"})
