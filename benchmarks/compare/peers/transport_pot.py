# SPDX-License-Identifier: MIT
"""Exact and entropic transport by POT, in double precision, which is its own."""
import itertools

import inputs
import numpy as np
import ot


def exact(p):
    features = int(p["features"])
    batches = [(inputs.cells(p, f"x{k}.f64", features, "f8"), inputs.cells(p, f"y{k}.f64", features, "f8"))
               for k in range(4)]
    weights = np.full(len(batches[0][0]), 1 / len(batches[0][0]))
    turn = itertools.cycle(batches)

    def call():
        x, y = next(turn)
        ot.emd(weights, weights, ot.dist(x, y), numItermax=10**8)

    return call, dict


def entropic(p):
    cost = inputs.cells(p, "cost.f64", int(p["cells"]), "f8")
    weights = np.full(len(cost), 1 / len(cost))
    last = {}

    def call():
        plan, log = ot.sinkhorn(weights, weights, cost, 0.05, method="sinkhorn_log", log=True, numItermax=10**5)
        last.update(evaluations=log["niter"] * 2, plan=plan)

    def figures():
        error = sum(float(np.abs(last["plan"].sum(k) - weights).sum()) for k in (0, 1))
        return {"evaluations": last["evaluations"], "error": error}

    return call, figures


FAMILIES = {"exact": exact, "entropic": entropic}
