# SPDX-License-Identifier: MIT
"""Flow matching by torchcfm: training steps as its examples write them, and whole fits."""
import itertools
import os

import inputs
import ot
import torch
import torchdiffeq
from torchcfm.conditional_flow_matching import (ConditionalFlowMatcher,
                                                ExactOptimalTransportConditionalFlowMatcher)
from torch_network import Field

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


def stepper(field, cells, times, batch, exact):
    """A call that trains `field` on one batch shared by the intervals."""
    matcher = (ExactOptimalTransportConditionalFlowMatcher if exact else ConditionalFlowMatcher)(sigma=0.1)
    optimizer = torch.optim.AdamW(field.parameters(), lr=1e-3)
    each = batch // (len(cells) - 1)

    def step():
        optimizer.zero_grad()
        parts = []
        for a, b, t0, t1 in zip(cells, cells[1:], times, times[1:]):
            x0 = a[torch.randint(len(a), (each,))]
            x1 = b[torch.randint(len(b), (each,))]
            t, x, u = matcher.sample_location_and_conditional_flow(x0, x1)
            parts.append((t0 + (t1 - t0) * t, x, u / (t1 - t0)))
        t, x, u = parts[0] if len(parts) == 1 else (torch.cat(p) for p in zip(*parts))
        loss = torch.mean((field.net(torch.cat([x, t[:, None]], 1)) - u) ** 2)
        loss.backward()
        optimizer.step()

    return step


def step(p):
    cells = [torch.from_numpy(x) for x in inputs.populations(p)]
    field = Field(int(p["dims"]), int(p["width"]))
    call = stepper(field, cells, range(len(cells)), int(p["batch"]), p["coupling"] == "exact")
    return call, dict


def fit(p):
    last, seeds = [], itertools.count()

    def call():
        times, cells, before, truth = inputs.left_out(p)
        cells = [torch.from_numpy(x) for x in cells]
        torch.manual_seed(next(seeds))
        field = Field(truth.shape[1], int(p["width"]))
        train = stepper(field, cells, times, int(p["batch"]), True)
        for _ in range(int(p["steps"])):
            train()
        left = float(p["left_out"])
        with torch.no_grad():
            end = torchdiffeq.odeint(field, torch.from_numpy(before), torch.tensor([left - 1, left]),
                                     rtol=1e-5, atol=1e-5, method="dopri5")[-1]
        last[:] = [end.numpy(), truth]

    def figures():
        cost = ot.dist(*last, metric="euclidean")
        return {"w1": float(ot.emd2([], [], cost.astype(float), numItermax=10**7))}

    return call, figures


def memory(p):
    dims, cells, steps = int(p["dims"]), int(p["cells"]), int(p["steps"])
    data = []
    for k in range(4):
        data.append(torch.randn(cells // 4, dims))
        data[-1][:, 0] += k
    if not steps:
        return (lambda: data), dict
    train = stepper(Field(dims, int(p["width"])), data, range(4), int(p["batch"]), True)
    return (lambda: [train() for _ in range(steps)]), dict


FAMILIES = {"step": step, "fit": fit, "memory": memory}
