# SPDX-License-Identifier: MIT
"""The network of every job in JAX."""
import inputs
import jax
import jax.numpy as jnp


def net(theta, x):
    for weight, bias in theta[:-1]:
        x = jax.nn.selu(x @ weight + bias)
    weight, bias = theta[-1]
    return x @ weight + bias


def field(t, x, theta):
    """v(t, x) for a time of all cells."""
    return net(theta, jnp.concatenate([x, jnp.full((x.shape[0], 1), t, x.dtype)], 1))


def given(parameters):
    """The parameters our side wrote."""
    return [(jnp.array(w), jnp.array(b)) for w, b in inputs.layers(parameters)]


def fresh(dims, width):
    """Uniform parameters, as PyTorch starts."""
    sizes, out = [dims + 1, width, width, width, dims], []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        w, c = jax.random.split(jax.random.fold_in(jax.random.PRNGKey(1), i))
        out.append((jax.random.uniform(w, (a, b), minval=-a**-0.5, maxval=a**-0.5),
                    jax.random.uniform(c, (b,), minval=-a**-0.5, maxval=a**-0.5)))
    return out
