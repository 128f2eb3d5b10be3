# SPDX-License-Identifier: MIT
"""Builds our side, makes the peers' Python, and lays out the data of a fit."""
import csv
import os
import pathlib
import subprocess
import sys

PINNED = ["torch==2.15.0", "torchdiffeq==0.2.5", "torchcfm==1.0.7", "POT==0.9.6.post1", "jax==0.10.2", "jaxlib==0.10.2",
          "diffrax==0.7.0", "optax==0.2.8", "ott-jax==0.6.0", "pandas==2.3.3", "numpy==2.4.6", "scipy==1.17.1"]


def build(root):
    """Our side, built as its users would: release, for this machine."""
    quiet = dict(cwd=root, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--preset", "bench"], **quiet)
    subprocess.run(["cmake", "--build", "--preset", "bench", "--target", "compare_ours", "fit_memory"], **quiet)
    return root / "build/bench/benchmarks/compare_ours"


def python(folder):
    """A Python with the pinned packages and nothing else; one that cannot be installed is left out."""
    path = folder / "python/bin/python"
    if not path.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "python"], check=True)
    for package in PINNED:
        if subprocess.run([path, "-m", "pip", "install", "--quiet", package]).returncode:
            print(f"left out: {package} cannot be installed", file=sys.stderr)
    return path


def versions(path):
    """What is installed, by name."""
    code = ("import importlib.metadata as m, sys\n"
            "for p in sys.argv[1:]:\n"
            " try: print(p, m.version(p))\n"
            " except m.PackageNotFoundError: print(p, 'missing')")
    names = [package.split("==")[0] for package in PINNED]
    return subprocess.run([path, "-c", code, *names], capture_output=True, text=True).stdout.splitlines()


def split_times(export, folder):
    """Writes cells of each value of sample_labels as eb<k>.csv; False if the export is not there."""
    export = pathlib.Path(export) if export else None
    if not export or not (export / "X.csv").exists():
        return False
    os.makedirs(folder, exist_ok=True)
    with open(export / "obs.csv", newline="") as obs, open(export / "X.csv") as cells:
        files = {}
        for row, line in zip(csv.DictReader(obs), cells):
            label = row["sample_labels"]
            if label not in files:
                files[label] = open(folder / f"eb{label}.csv", "w")
            files[label].write(line)
        for file in files.values():
            file.close()
    return True
