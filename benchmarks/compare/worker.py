# SPDX-License-Identifier: MIT
"""A program that does jobs on command: ours, or a peer's Python process."""
import json
import subprocess


class Gone(Exception):
    """The program is not there, or it failed the job."""


class Worker:
    def __init__(self, command, is_peer=False):
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.imported = None
        if is_peer:
            hello = self._read()
            if "missing" in hello:
                raise Gone(f"{hello['missing']} is not installed")
            self.imported = hello["import"]

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            raise Gone(f"the program ended (status {self.process.wait()})")
        return json.loads(line)

    def ask(self, *words):
        try:
            self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Gone("the program ended") from None
        answer = self._read()
        if "error" in answer:
            raise Gone(answer["error"])
        return answer

    def prepare(self, family, parameters):
        return self.ask("prepare", family, *(f"{k}={v}" for k, v in parameters.items()))

    def measure(self, least):
        return self.ask("measure", least)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
