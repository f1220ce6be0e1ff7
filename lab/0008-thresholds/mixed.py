# SPDX-License-Identifier: Apache-2.0
"""Runs mix.c: bits a byte of models whose matrices come from several models."""
import pathlib
import subprocess

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent


class Mixed:
    def __init__(self, build, folder, models, texts):
        program = folder / "mix"
        if not program.exists():
            subprocess.run(["cc", "-O2", "-D_POSIX_C_SOURCE=200809L", f"-I{ROOT}/src", f"-I{ROOT}/include", f"-I{build}/include",
                            HERE / "mix.c", "-o", program, build / "src/workshop/libtacit_train.a", build / "libtacit.a", "-lm",
                            "-lpthread", "-ljansson"], check=True)
        self.process = subprocess.Popen([program, *models, "--", *texts], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.matrices = []  # (layer, name, [bytes in each model])
        while line := self.process.stdout.readline().split():
            self.matrices.append((int(line[0]), line[1], [int(n) for n in line[2:]]))
        self.known = {}

    def costs(self, choice):
        """Bits a byte of each text; choice: the model of each matrix."""
        choice = tuple(choice)
        if choice not in self.known:
            self.process.stdin.write(" ".join(map(str, choice)) + "\n")
            self.process.stdin.flush()
            self.known[choice] = [float(x) for x in self.process.stdout.readline().split()]
        return self.known[choice]

    def size(self, choice):
        return sum(m[2][k] for m, k in zip(self.matrices, choice))

    def close(self):
        self.process.stdin.close()
        self.process.wait()
