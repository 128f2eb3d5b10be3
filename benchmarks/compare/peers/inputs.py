# SPDX-License-Identifier: MIT
"""The inputs our side wrote, as numpy arrays."""
import numpy as np


def cells(parameters, name, features, dtype="f4"):
    """cells x features."""
    return np.fromfile(f"{parameters['data']}/{name}", dtype).reshape(-1, features)


def layers(parameters):
    """(weight: inputs x outputs, bias) of every layer of dims + 1 -> width -> width -> width -> dims."""
    theta = np.fromfile(f"{parameters['data']}/theta.f32", "f4")
    dims, width = int(parameters["dims"]), int(parameters["width"])
    sizes, out, at = [dims + 1, width, width, width, dims], [], 0
    for a, b in zip(sizes, sizes[1:]):
        out.append((theta[at:at + a * b].reshape(a, b), theta[at + a * b:at + a * b + b]))
        at += a * b + b
    return out


def populations(parameters):
    """Cells of every time."""
    count = int(parameters["intervals"]) + 1
    return [cells(parameters, f"population{k}.f32", int(parameters["dims"])) for k in range(count)]


def left_out(parameters):
    """Times and cells of those kept, the cells before the time left out, and the truth there."""
    left = int(parameters["left_out"])
    days = [np.loadtxt(f"{parameters['data']}/eb{k}.csv", delimiter=",", dtype="f4")
            for k in range(int(parameters["times"]))]
    kept = [k for k in range(len(days)) if k != left]
    return kept, [days[k] for k in kept], days[left - 1], days[left]
