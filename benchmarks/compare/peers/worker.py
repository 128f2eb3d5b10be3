# SPDX-License-Identifier: MIT
"""A peer's side of the comparison: the same commands as ours, one line in, one line of JSON out.

    worker.py MODULE THREADS

A module has FAMILIES: family -> function of the parameters that returns (call, figures). Threads are set before
anything is imported. The first line out is the time the import took.
"""
import importlib
import json
import os
import resource
import statistics
import sys
import time
import warnings


def limit_threads(threads):
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        os.environ[name] = str(threads)
    flags = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'} intra_op_parallelism_threads={threads}"
    os.environ["XLA_FLAGS"] = flags
    os.environ["JAX_PLATFORMS"] = "cpu"


def prepare(families, words):
    family, parameters = words[0], dict(word.split("=", 1) for word in words[1:])
    before = time.process_time()
    call, figures = families[family](parameters)
    made = time.process_time()
    call()  # compiles
    return call, figures, {"setup": made - before, "first": time.process_time() - made}


def measure(call, figures, least):
    processor, wall, group, start = [], [], 1, time.perf_counter()
    while not processor or time.perf_counter() - start < least:
        c, w = time.process_time(), time.perf_counter()
        for _ in range(group):
            call()
        cpu, took = time.process_time() - c, time.perf_counter() - w
        if took < least / 100:  # too short to time: a larger group
            group *= 2
            continue
        processor.append(cpu / group)
        wall.append(took / group)
    return {"cpu": statistics.median(processor), "wall": statistics.median(wall), "figures": figures()}


def main():
    module, threads = sys.argv[1], int(sys.argv[2])
    limit_threads(threads)
    warnings.simplefilter("ignore")
    out, sys.stdout = sys.stdout, sys.stderr  # what packages print stays out of the protocol
    before = time.process_time()
    try:
        families = importlib.import_module(module).FAMILIES
    except ImportError as missing:
        print(json.dumps({"missing": missing.name or str(missing)}), file=out, flush=True)
        return
    print(json.dumps({"import": time.process_time() - before}), file=out, flush=True)
    call = figures = None
    for line in sys.stdin:
        verb, *words = line.split()
        try:
            if verb == "prepare":
                call = figures = None
                call, figures, answer = prepare(families, words)
            elif verb == "measure":
                answer = measure(call, figures, float(words[0]))
            else:
                answer = {"bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
        except Exception as error:  # one job that fails leaves the others
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
