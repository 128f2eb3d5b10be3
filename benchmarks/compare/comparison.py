# SPDX-License-Identifier: MIT
"""One run: limits, then every job in turns between ours and its peers, then what has no peer."""
import os
import pathlib
import re
import shutil
import statistics

import alone
import environment
from jobs import MODULES
from table import number, share
from worker import Gone, Worker

PEERS = pathlib.Path(__file__).parent / "peers" / "worker.py"


class Comparison:
    def __init__(self, root, program, python, options, table):
        self.root, self.program, self.python = root, program, python
        self.options, self.table = options, table
        self.scratch = options.out / "data"
        self.ours, self.peers, self.missing, self.gemms = Worker([program]), {}, {}, {}
        self.apart = ["installed: " + ", ".join(environment.versions(python))]
        self.eb = environment.split_times(f"{options.data}/eb" if options.data else None, self.scratch)

    def chosen(self, *words):
        return re.search(self.options.only, " ".join(words)) is not None

    def peer(self, peer):
        """The process of a package and variant, started once; raises Gone if the package is not there."""
        package, key = peer.package, peer.name
        if package in self.missing:
            raise Gone(self.missing[package])
        if key not in self.peers:
            try:
                self.peers[key] = Worker([self.python, PEERS, MODULES[package], 1], is_peer=True)
                self.apart.append(f"{key}: import {self.peers[key].imported:.2f} s")
            except Gone as gone:
                self.missing[package] = str(gone)
                self.apart.append(f"{package} is left out: {gone}")
                raise
        return self.peers[key]

    def limit(self, family, key, **parameters):
        """Operations or bytes a second, best of three: a limit is what can be reached."""
        self.ours.prepare(family, parameters)
        rates = []
        for _ in range(3):
            got = self.ours.measure(0.1)
            rates.append(got["figures"][key] / got["cpu"])
        return max(rates)

    def gemm(self, shape):
        if shape not in self.gemms:
            self.gemms[shape] = self.limit("gemm", "flops", width=shape[0], cells=shape[1])
        return self.gemms[shape]

    def run(self, jobs, growth):
        self.fma_gauge, self.gemm_gauge = Worker([self.program]), Worker([self.program])
        self.fma_gauge.prepare("fma", {})
        fma = self.limit("fma", "flops")
        self.bandwidth = self.limit("bandwidth", "bytes")
        self.apart.append(f"limits of one core: {fma / 1e9:.0f} GFLOP/s of float multiply-adds, "
                          f"{self.bandwidth / 1e9:.1f} GB/s of memory")
        for job in jobs:
            if (job.quick or not self.options.quick) and self.chosen(job.name, job.shape):
                self.job(job)
        if self.options.quick:
            growth = []
        for part in (alone.starts, alone.builds, alone.two_threads, alone.memory):
            part(self)
        alone.exponents(self, growth)
        self.apart.append("load of the machine at the end, one minute's mean: "
                          f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; above 1 times of two threads mean little")
        self.apart += [f"Eigen's product, {w} × {w} times {w} × {n}: {rate / 1e9:.0f} GFLOP/s"
                       for (w, n), rate in self.gemms.items()]
        self.table.markdown(self.apart)
        self.table.svg()
        for worker in [self.ours, self.fma_gauge, self.gemm_gauge, *self.peers.values()]:
            worker.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def job(self, job):
        if job.family == "fit" and not self.eb:
            self.apart.append(f"{job.name} is left out: --data has no export 'eb'")
            return
        gemm = self.gemm(job.gemm) if job.gemm else None
        parameters = {**job.parameters, "data": self.scratch}
        try:
            self.ours.prepare(job.family, parameters)
        except Gone as gone:
            self.table.add(job=job.name, shape=job.shape, note=f"ours failed: {gone}")
            return
        ready, firsts, times = {}, {}, {"ours": []}
        for peer in job.peers:
            try:
                variant = (peer.variant or "-").replace(" ", "_")
                firsts[peer.name] = self.peer(peer).prepare(job.family, {**parameters, "variant": variant})["first"]
            except Gone as gone:
                self.table.add(job=job.name, shape=job.shape, peer=peer.name, note=f"skipped: {gone}")
                continue
            ready[peer.name] = peer
            times[peer.name] = []
        rounds, least = (1, 0.0) if job.once else (job.turns, 0.0) if job.turns else (self.options.rounds, 0.2)
        limits = self.gauges(job, gemm)
        for _ in range(rounds):
            times["ours"].append(self.ours.measure(least))
            for gauge, rates in limits:
                got = gauge.measure(0.05)
                rates.append(got["figures"]["flops"] / got["cpu"])
            for name, peer in ready.items():
                times[name].append(self.peer(peer).measure(least))
        for name, first in firsts.items():
            longer = first - times[name][0]["cpu"]
            if longer > 0.05:
                self.apart.append(f"{job.name} ({job.shape}), {name}: first call {longer:.2f} s longer")
        self.rows(job, ready, times, *(statistics.median(rates) for _, rates in limits))

    @staticmethod
    def spread(turns, key):
        """A figure; of several turns that differ its mean and standard deviation."""
        values = [turn["figures"].get(key, float("nan")) for turn in turns]
        if len(set(values)) == 1:
            return f"{values[0]:.3g}"
        return f"{statistics.mean(values):.3g} ± {statistics.stdev(values):.2g} over {len(values)} seeds"

    def gauges(self, job, gemm):
        """Programs that measure the limits of this job in its own turns, and where their rates go."""
        gauges = [(self.fma_gauge, [])]
        if gemm:
            self.gemm_gauge.prepare("gemm", {"width": job.gemm[0], "cells": job.gemm[1]})
            gauges.append((self.gemm_gauge, []))
        return gauges

    def rows(self, job, ready, times, fma, gemm=None):
        middle = lambda name: statistics.median(t["cpu"] for t in times[name])
        figures = lambda name: times[name][-1].get("figures") or {}
        ours, mine = middle("ours"), figures("ours")
        rate = mine["flops"] / ours if "flops" in mine else None
        common = {"job": job.name, "shape": job.shape, "threads": 1, "ours ms": number(1e3 * ours),
                  "our evaluations": number(mine.get("evaluations")),
                  "of FMA peak": share(rate and rate / fma), "of GEMM": share(rate and gemm and rate / gemm),
                  "of bandwidth": share("bytes" in mine and mine["bytes"] / ours / self.bandwidth or None)}
        for name, peer in ready.items():
            theirs, ratio = middle(name), middle(name) / ours
            note = "; ".join(f"{key} {self.spread(times['ours'], key)}, peer {self.spread(times[name], key)}"
                             for key in ("w1", "error") if key in mine)
            self.table.add(**common, peer=name, note=note, ratio=number(ratio), bar=peer.bar and f"{peer.bar} ×" or "",
                           met="" if not peer.bar else "met" if ratio >= peer.bar else "missed",
                           **{"peer ms": number(1e3 * theirs),
                              "peer's evaluations": number(figures(name).get("evaluations"))})
        if not ready:
            self.table.add(**common)
        if job.peak_bar and rate:
            self.table.add(job=job.name, shape=job.shape, threads=1, peer="this core's FMA peak",
                           bar=share(job.peak_bar), met="met" if rate / fma >= job.peak_bar else "missed",
                           **{"ours ms": number(1e3 * ours), "of FMA peak": share(rate / fma),
                              "of GEMM": share(rate / gemm)})
