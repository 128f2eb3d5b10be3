# SPDX-License-Identifier: MIT
"""Training steps in JAX: everything jitted with optax's AdamW and buffers given back; pairs of OT-CFM by SciPy's
assignment on the host, the fastest exact one there is for JAX."""
import inputs
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax_network import fresh, net
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist


def step(p):
    host = inputs.populations(p)
    cells = [jnp.array(x) for x in host]
    each = int(p["batch"]) // (len(cells) - 1)
    optimizer = optax.adamw(1e-3, weight_decay=0.01)
    state = {"theta": fresh(int(p["dims"]), int(p["width"]))}
    state["memory"] = optimizer.init(state["theta"])

    def update(theta, memory, key, pairs):
        parts = []
        for k, (x0, x1) in enumerate(pairs):
            key, a, b = jax.random.split(key, 3)
            t = jax.random.uniform(a, (each, 1))
            x = (1 - t) * x0 + t * x1 + 0.1 * jax.random.normal(b, x0.shape)
            parts.append((jnp.concatenate([x, t + k], 1), x1 - x0))
        x, u = (jnp.concatenate(part) for part in zip(*parts))
        loss, gradient = jax.value_and_grad(lambda th: jnp.mean((net(th, x) - u) ** 2))(theta)
        change, memory = optimizer.update(gradient, memory, theta)
        return optax.apply_updates(theta, change), memory, key, loss

    def independent(theta, memory, key, cells):
        pairs = []
        for a, b in zip(cells, cells[1:]):
            key, k0, k1 = jax.random.split(key, 3)
            pairs.append((a[jax.random.randint(k0, (each,), 0, len(a))],
                          b[jax.random.randint(k1, (each,), 0, len(b))]))
        return update(theta, memory, key, pairs)

    state["key"] = jax.random.PRNGKey(3)
    random = np.random.default_rng(0)
    whole = jax.jit(independent, donate_argnums=(0, 1))
    given = jax.jit(update, donate_argnums=(0, 1))

    def joined():
        pairs = []
        for a, b in zip(host, host[1:]):
            x0, x1 = a[random.integers(len(a), size=each)], b[random.integers(len(b), size=each)]
            row, col = linear_sum_assignment(cdist(x0, x1, "sqeuclidean"))
            pairs.append((x0[row], x1[col]))
        return pairs

    def call():
        if p["coupling"] == "exact":
            out = given(state["theta"], state["memory"], state["key"], joined())
        else:
            out = whole(state["theta"], state["memory"], state["key"], cells)
        state["theta"], state["memory"], state["key"], loss = out
        jax.block_until_ready((out, loss))

    return call, dict


FAMILIES = {"step": step}
