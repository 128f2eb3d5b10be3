# SPDX-License-Identifier: MIT
"""Reading numbers by pandas' C engine."""
import numpy as np
import pandas


def csv(p):
    path = f"{p['data']}/numbers.csv"
    return (lambda: pandas.read_csv(path, header=None, dtype=np.float32, engine="c")), dict


FAMILIES = {"csv": csv}
