# SPDX-License-Identifier: MIT
"""Solves, gradients and noisy roll-outs by diffrax, jitted."""
import diffrax
import inputs
import jax
import jax.numpy as jnp
from jax_network import field, given


def problem(p):
    return given(p), jnp.array(inputs.cells(p, "x0.f32", int(p["dims"])))


def end(theta, x0):
    out = diffrax.diffeqsolve(diffrax.ODETerm(field), diffrax.Dopri5(), 0.0, 1.0, None, x0, theta,
                              stepsize_controller=diffrax.PIDController(rtol=1e-5, atol=1e-5),
                              saveat=diffrax.SaveAt(t1=True))
    return out.ys[-1], out.stats["num_steps"]


def solve(p):
    theta, x0 = problem(p)
    run, last = jax.jit(end), []
    return (lambda: last.__setitem__(slice(None), jax.block_until_ready(run(theta, x0))),
            lambda: {"evaluations": 6 * int(last[1]) + 1})


def gradient(p):
    theta, x0 = problem(p)
    run = jax.jit(jax.value_and_grad(lambda th, x: end(th, x)[0].sum(), argnums=(0, 1)))
    return (lambda: jax.block_until_ready(run(theta, x0))), dict


def rollout(p):
    theta, x0 = problem(p)
    steps = int(p["steps"])

    @jax.jit
    def run(theta, x0, key):
        def one(k, carried):
            x, key = carried
            key, now = jax.random.split(key)
            noise = 0.3 * (1 / steps)**0.5 * jax.random.normal(now, x.shape)
            return x + field(k / steps, x, theta) / steps + noise, key

        return jax.lax.fori_loop(0, steps, one, (x0, key))

    state = [x0, jax.random.PRNGKey(3)]

    def call():
        state[:] = jax.block_until_ready(run(theta, x0, state[1]))

    return call, lambda: {"evaluations": steps}


FAMILIES = {"solve": solve, "gradient": gradient, "rollout": rollout}
