# SPDX-License-Identifier: MIT
"""Entropic transport by OTT-JAX, jitted, in the log domain."""
import inputs
import jax
import jax.numpy as jnp
import numpy as np
from ott.geometry import geometry
from ott.problems.linear import linear_problem
from ott.solvers.linear import sinkhorn

jax.config.update("jax_enable_x64", True)


def entropic(p):
    single = p["scalar"] == "float"
    cost = jnp.array(inputs.cells(p, "cost.f64", int(p["cells"]), "f8"), jnp.float32 if single else jnp.float64)
    solver = sinkhorn.Sinkhorn(threshold=1e-5 if single else 1e-8, max_iterations=20000)

    @jax.jit
    def run(c):
        out = solver(linear_problem.LinearProblem(geometry.Geometry(c, epsilon=0.05)))
        return out.matrix, out.n_iters

    last = []

    def call():
        last[:] = jax.block_until_ready(run(cost))

    def figures():
        plan = np.asarray(last[0], "f8")
        error = sum(float(np.abs(plan.sum(k) - 1 / len(plan)).sum()) for k in (0, 1))
        return {"evaluations": 2 * int(last[1]), "error": error}

    return call, figures


FAMILIES = {"entropic": entropic}
