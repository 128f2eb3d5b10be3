# SPDX-License-Identifier: MIT
"""Solves, gradients and noisy roll-outs in PyTorch: torchdiffeq, and a plain loop."""
import os

import inputs
import torch
import torchdiffeq
from torch_network import Field

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
TOLERANCE = dict(rtol=1e-5, atol=1e-5, method="dopri5")


def problem(p):
    dims = int(p["dims"])
    return Field(dims, int(p["width"]), inputs.layers(p)), torch.from_numpy(inputs.cells(p, "x0.f32", dims))


def solve(p):
    field, x0 = problem(p)
    t = torch.tensor([0.0, 1.0])

    def call():
        field.evaluations = 0
        with torch.no_grad():
            torchdiffeq.odeint(field, x0, t, **TOLERANCE)

    return call, lambda: {"evaluations": field.evaluations}


def gradient(p):
    field, x0 = problem(p)
    t = torch.tensor([0.0, 1.0])
    odeint = torchdiffeq.odeint_adjoint if p["variant"] == "adjoint" else torchdiffeq.odeint

    def call():
        field.evaluations = 0
        field.zero_grad()
        start = x0.clone().requires_grad_()
        odeint(field, start, t, **TOLERANCE)[-1].sum().backward()

    return call, lambda: {"evaluations": field.evaluations}


def rollout(p):
    field, x0 = problem(p)
    steps = int(p["steps"])
    h = 1 / steps

    def call():
        with torch.no_grad():
            x = x0.clone()
            for k in range(steps):
                x = x + h * field(torch.tensor(k * h), x) + 0.3 * h**0.5 * torch.randn_like(x)

    return call, lambda: {"evaluations": steps}


FAMILIES = {"solve": solve, "gradient": gradient, "rollout": rollout}
