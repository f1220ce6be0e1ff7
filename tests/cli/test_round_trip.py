# SPDX-License-Identifier: Apache-2.0
"""What goes in comes out: through files, pipes, standard output, many files, every level."""
import os
import re
import subprocess

from harness import SOURCE_DIR, TACIT, USAGE, CliTest, main, noise, text

SAMPLES = {
    "empty": b"",
    "one": b"x",
    "all": bytes(range(256)),
    "run": b"\0" * 30_000,
    "noise": noise(8_000),
    "text": text(1_500),
    "mixed": text(1_200) + noise(1_000) + b"\xff" * 1_000,
}


class RoundTrip(CliTest):
    def test_files(self):
        for name, data in SAMPLES.items():
            path = self.write(name, data)
            self.run_tacit(name)
            self.assertEqual(path.read_bytes(), data, "input is kept")
            path.unlink()
            self.run_tacit("-d", name + ".tct")
            self.assertEqual(self.read(name), data, name)
        self.assertEqual(self.names(), sorted([*SAMPLES, *(n + ".tct" for n in SAMPLES)]))

    def test_pipes(self):
        for name, data in SAMPLES.items():
            archive = self.run_tacit(stdin=data).stdout
            self.assertEqual(self.run_tacit("-d", stdin=archive).stdout, data, name)

    def test_levels(self):
        data = SAMPLES["mixed"]
        for option in [*(f"-{n}" for n in range(1, 10)), "--fast", "--no-model"]:
            archive = self.archive(data, option)
            self.assertEqual(self.run_tacit("-dc", stdin=archive).stdout, data, option)

    def test_kinds_of_kv_cache(self):
        data = (SOURCE_DIR / "README.md").read_bytes()[:2500]
        plain = self.archive(data, "--streams", 1)
        archives = [self.archive(data, "--streams", 1, "--kv", kv) for kv in ("8", "4", "k4v3", "3", "k4v2", "k3v2", "k4v3s")]
        self.assertEqual(archives[0], plain)
        if plain != self.archive(data, "--no-model"):
            self.assertEqual(len(set(archives)), 7)
        for archive in archives:
            self.assertEqual(self.run_tacit("-dc", stdin=archive).stdout, data)
        self.fails(USAGE, "--kv is 8, 4, k4v3, 3, k4v2, k3v2 or k4v3s", "--kv", "5", "-")
        self.fails(USAGE, "--kv-keep is a number from 1 to 99", "--kv-keep", "100", "-")

    def test_fast_is_level_one(self):
        self.assertEqual(self.archive(SAMPLES["text"], "--fast"), self.archive(SAMPLES["text"], "-1"))

    def test_threads_and_blocks(self):
        data = text(50_000)
        archives = {n: self.archive(data, "-1", "--block-size", "4K", "-T", n) for n in (1, 2, 5)}
        self.assertEqual(len(set(archives.values())), 1, "threads change the archive")
        self.assertEqual(self.run_tacit("-dc", "-T3", stdin=archives[1]).stdout, data)

    def test_verify(self):
        for block_size in ("1K", "64K"):
            archive = self.archive(SAMPLES["mixed"], "--verify", "--block-size", block_size)
            self.assertEqual(archive, self.archive(SAMPLES["mixed"], "--block-size", block_size))
        for name in ("empty", "one", "noise"):
            self.archive(SAMPLES[name], "--verify")

    def test_many_files(self):
        names = ["a", "b b", "-c", "ä", "new\nline"]
        for i, name in enumerate(names):
            self.write(name, text(1_000, seed=i))
        self.run_tacit("-1", "--rm", "--", *names)
        self.assertEqual(self.names(), sorted(n + ".tct" for n in names))
        self.run_tacit("-d", "--rm", "--", *(n + ".tct" for n in names))
        self.assertEqual(self.names(), sorted(names))
        for i, name in enumerate(names):
            self.assertEqual(self.read(name), text(1_000, seed=i))

    def test_one_bad_file_among_good(self):
        self.write("a", b"aaa")
        self.write("c", b"ccc")
        self.run_tacit("a", "missing", "c", expect=1)
        self.assertEqual(self.names(), ["a", "a.tct", "c", "c.tct"])

    def test_concatenated(self):
        self.write("a", SAMPLES["text"])
        self.write("b", SAMPLES["noise"])
        both = self.run_tacit("-c", "a", "b").stdout
        self.assertEqual(both, self.archive(SAMPLES["text"]) + self.archive(SAMPLES["noise"]))
        self.assertEqual(self.run_tacit("-dc", stdin=both).stdout,
                         SAMPLES["text"] + SAMPLES["noise"])

    def test_output_option(self):
        self.write("a", SAMPLES["text"])
        self.run_tacit("a", "-o", "b")
        self.run_tacit("-d", "-o", "c", "b")
        self.assertEqual(self.read("c"), SAMPLES["text"])
        self.run_tacit("-o", "from-stdin", stdin=b"abc")
        self.assertEqual(self.run_tacit("cat", "from-stdin").stdout, b"abc")
        self.assertEqual(self.run_tacit("-do", "-", "b").stdout, SAMPLES["text"])

    def test_commands_by_name(self):
        self.write("a", SAMPLES["text"])
        self.run_tacit("compress", "-1", "a")
        self.run_tacit("test", "a.tct")
        self.run_tacit("decompress", "--stdout", "a.tct")
        self.assertEqual(self.run_tacit("cat", "a.tct", "-", stdin=self.archive(b"end")).stdout,
                         SAMPLES["text"] + b"end")

    def test_dash_among_files(self):
        self.write("a", b"from a file, ")
        archive = self.run_tacit("-c", "a", "-", stdin=b"from a pipe").stdout
        self.assertEqual(self.run_tacit("-dc", "-", stdin=archive).stdout,
                         b"from a file, from a pipe")

    def test_slow_pipe(self):
        """Bytes that come one at a time, to a reader that takes them one at a time."""
        data = text(300)
        pipe = subprocess.PIPE
        with subprocess.Popen([TACIT, "-1"], stdin=pipe, stdout=pipe) as encoder, \
                subprocess.Popen([TACIT, "-d"], stdin=encoder.stdout, stdout=pipe) as decoder:
            encoder.stdout.close()
            for i in range(len(data)):
                encoder.stdin.write(data[i:i + 1])
                encoder.stdin.flush()
            encoder.stdin.close()
            self.assertEqual(b"".join(iter(lambda: decoder.stdout.read(1), b"")), data)
        self.assertEqual((encoder.returncode, decoder.returncode), (0, 0))

    def test_tar(self):
        """tar adds -d to the command it was given, options and all."""
        self.write("a", SAMPLES["mixed"])
        tar = ["tar", "-I", f"{TACIT} -1 -T1"]
        subprocess.run([*tar, "-cf", "a.tar.tct", "a"], cwd=self.dir, check=True)
        (self.dir / "a").unlink()
        subprocess.run([*tar, "-xf", "a.tar.tct"], cwd=self.dir, check=True)
        self.assertEqual(self.read("a"), SAMPLES["mixed"])

    def test_tar_by_suffix(self):
        """The shell function of the manual page."""
        function, = re.findall(r"(?m)^tar\(\) .*$", (SOURCE_DIR / "docs/man/tacit.1").read_text())
        self.write("a", SAMPLES["mixed"])
        path = f"{os.path.dirname(TACIT)}:{os.environ['PATH']}"
        for archive in ("b.tar.tct", "b.tar"):
            script = f"{function}\ntar -cf {archive} a && rm a && tar -xf {archive}"
            subprocess.run(["sh", "-c", script], cwd=self.dir, check=True, env={**os.environ, "PATH": path})
            self.assertEqual(self.read("a"), SAMPLES["mixed"])
            self.assertEqual(self.read(archive)[:4] == b"\xcfTCT", archive.endswith(".tct"))


main()
