# SPDX-License-Identifier: Apache-2.0
"""Full disks, bad reads, missing rights: one line that says what failed, on what, and what to do; the
right exit code; what was there before is untouched, and nothing half done is left."""
import contextlib
import os
import resource
import subprocess

from harness import FAILED, TACIT, CliTest, main, noise, text, without_rights

DATA = noise(300_000)


class FullDisk(CliTest):
    @contextlib.contextmanager
    def small_disk(self, size, read_only=False):
        disk = self.dir / "disk"
        disk.mkdir(exist_ok=True)
        options = f"size={size}" + (",ro" if read_only else "")
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tacit-test", disk],
                               capture_output=True, check=False)
        if mount.returncode != 0:
            self.skipTest("cannot mount a small tmpfs here")
        try:
            yield disk
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_compress(self):
        self.write("a", DATA)
        with self.small_disk("64k") as disk:
            self.fails(FAILED, r"disk/b: cannot write: No space left on device; .*-o",
                       "-1", "a", "-o", "disk/b")
            self.assertEqual(os.listdir(disk), [])

    def test_old_file_survives(self):
        self.write("a", DATA)
        with self.small_disk("64k") as disk:
            (disk / "b").write_bytes(b"precious")
            self.fails(FAILED, "No space left", "-1", "a", "-fo", "disk/b")
            self.assertEqual(os.listdir(disk), ["b"])
            self.assertEqual((disk / "b").read_bytes(), b"precious")

    def test_input_is_not_removed(self):
        with self.small_disk("440k") as disk:
            (disk / "a").write_bytes(DATA)
            self.fails(FAILED, "No space left", "-1", "--rm", "disk/a")
            self.assertEqual(os.listdir(disk), ["a"])
            self.assertEqual((disk / "a").read_bytes(), DATA)

    def test_decompress_and_others(self):
        archive = self.archive(DATA, "-1", "--block-size", "64K")
        self.write("a.tct", archive)
        with self.small_disk("64k") as disk:
            for args in (["-d", "a.tct"], ["cat", "a.tct"], ["cat", "--range", "0-", "a.tct"],
                         ["recover", "a.tct"]):
                self.fails(FAILED, "disk/b: cannot write: No space left", *args, "-o", "disk/b")
                self.assertEqual(os.listdir(disk), [])

    def test_measuring(self):
        self.write("pool", b"\n".join(noise(400, i).hex().encode() for i in range(200)))
        pool = ["select", "--lines", "--budget", "200r", "pool"]
        with self.small_disk("64k") as disk:
            for args in ([*pool, "-o", "disk/b"], [*pool, "-o", "disk/b", "--explain", "why"],
                         ["surprise", "--html", "disk/b", "pool"]):
                self.fails(FAILED, "disk/b: cannot write: No space left on device; .*-o", *args)
                self.assertEqual((os.listdir(disk), self.names()), ([], ["disk", "pool"]))
        self.run_tacit(*pool, "--explain", "why")
        with self.small_disk("4k") as disk:
            for args in (["report", "-o", "disk/b", "why"], [*pool, "-o", "c", "--explain", "disk/b"]):
                self.fails(FAILED, "disk/b: cannot write: No space left on device", *args)
                self.assertEqual((os.listdir(disk), self.names()), ([], ["disk", "pool", "why"]))

    def test_training(self):
        """The old checkpoint stays, and the run goes on from it when there is room again."""
        config = ("data_dir = data", "out_dir = disk", "n_vocab = 300", "width = 64", "n_layers = 1", "n_heads = 1",
                  "head_size = 64", "mlp_size = 64", "seq_len = 64", "hash_rows = 64", "batch_seqs = 1", "n_steps = {}",
                  "mix.prose = 1")
        self.write("prose", b"\0".join(text(400, seed=i) for i in range(80)))
        self.write("config", "\n".join(config).format(2).encode())
        self.run_tacit("train", "prepare", "config", "prose=prose")
        with self.small_disk("8m") as disk:
            self.run_tacit("train", "run", "config")
            names, state = sorted(os.listdir(disk)), (disk / "state.bin").read_bytes()
            with open(disk / "other", "wb", buffering=0) as other, contextlib.suppress(OSError):
                while other.write(bytes(4096)):
                    pass
            os.truncate(disk / "other", (disk / "other").stat().st_size - 65536)
            self.write("config", "\n".join(config).format(4).encode())
            result = self.run_tacit("train", "run", "config", expect=FAILED)
            self.assertRegex(result.stdout.decode(), r"(?m)^disk/state.bin: No space left on device$")
            (disk / "other").unlink()
            self.assertEqual((sorted(os.listdir(disk)), (disk / "state.bin").read_bytes()), (names, state))
            self.assertIn(b"at step 2\n", self.run_tacit("train", "run", "config").stdout)

    def test_read_only_file_system(self):
        self.write("a", DATA)
        with self.small_disk("64k", read_only=True):
            self.fails(FAILED, "disk/b: cannot create: Read-only file system; .*-o",
                       "a", "-o", "disk/b")

    def test_full_device(self):
        self.write("a", text(1000))
        self.write("a.tct", self.archive(text(1000)))
        self.write("why", b'{"rank": 1, "line": 1, "bytes": 10, "bits_per_byte": 1, "why": "x"}')
        for args in (["-c", "a"], ["-dc", "a.tct"], ["cat", "a.tct"], ["recover", "a.tct"],
                     ["list", "a.tct"], ["list", "--json", "a.tct"], ["bench", "-1", "a"],
                     ["eval", "context", "--", "a"], ["eval", "--json", "context", "--", "a"],
                     ["rank", "--json", "context", "context:2", "--", "a"], ["surprise", "a"],
                     ["anomalies", "--warm-up", "0", "a"], ["select", "--lines", "--budget", "1K", "a"], ["report", "why"],
                     ["--help"], ["--version"]):
            with open("/dev/full", "wb") as full:
                result = subprocess.run([TACIT, *args], cwd=self.dir, stdout=full,
                                        stderr=subprocess.PIPE, check=False)
            self.assertEqual(result.returncode, FAILED, args)
            self.assertRegex(result.stderr.decode(),
                             r"^tacit: \(stdout\): cannot write: No space left on device[^\n]*\n$")
        self.fails(FAILED, "/dev/full: cannot write: No space left", "-fo", "/dev/full", "a")

    def test_file_size_limit(self):
        self.write("a", DATA)

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        self.fails(FAILED, r"a\.tct: cannot write: File too large; .*ulimit", "-1", "a",
                   preexec_fn=limit)
        self.assertEqual(self.names(), ["a"])


class Rights(CliTest):
    def setUp(self):
        super().setUp()
        self.before = without_rights()

    def test_unreadable_input(self):
        self.write("a", DATA).chmod(0)
        self.write("a.tct", DATA).chmod(0)
        for args in (["a"], ["-c", "a"], ["-d", "a.tct"], ["-t", "a.tct"], ["list", "a.tct"],
                     ["cat", "a.tct"], ["recover", "a.tct", "-o", "b"], ["bench", "-1", "a"]):
            self.fails(FAILED, r"a(\.tct)?: cannot open: Permission denied", *args,
                       before=self.before)
        self.assertEqual(self.names(), ["a", "a.tct"])

    def test_read_only_directory(self):
        folder = self.dir / "d"
        folder.mkdir()
        self.write("d/a", DATA)
        folder.chmod(0o555)
        self.addCleanup(folder.chmod, 0o755)
        self.fails(FAILED, r"d/a\.tct: cannot create: Permission denied; .*-o", "d/a",
                   before=self.before)
        self.fails(FAILED, r"cannot create: Permission denied", "--rm", "-f", "d/a",
                   before=self.before)
        self.assertEqual(os.listdir(folder), ["a"])

    def test_input_cannot_be_removed(self):
        folder = self.dir / "d"
        folder.mkdir()
        self.write("d/a", DATA)
        folder.chmod(0o555)
        self.addCleanup(folder.chmod, 0o755)
        self.run_tacit("-1", "-o", "b", "d/a", before=self.before)
        self.fails(FAILED, "d/a: not removed: Permission denied", "--rm", "-1", "-fo", "b", "d/a",
                   before=self.before)
        self.assertEqual(self.run_tacit("-dc", "b").stdout, DATA)

    def test_directory_that_cannot_be_listed(self):
        """It cannot be synchronised then; the file is made all the same."""
        folder = self.dir / "d"
        folder.mkdir()
        self.write("a", DATA)
        folder.chmod(0o333)
        self.addCleanup(folder.chmod, 0o755)
        self.run_tacit("-1", "-o", "d/a.tct", "a", before=self.before)
        folder.chmod(0o755)
        self.assertEqual(os.listdir(folder), ["a.tct"])


class BadReads(CliTest):
    def test_read_error(self):
        """The first page of its own memory: a regular file that opens, and cannot be read."""
        for args in (["-c"], ["-o", "b"], ["-dc"], ["-t"], ["cat"], ["bench"]):
            self.fails(FAILED, "/proc/self/mem: cannot read: Input/output error", *args,
                       "/proc/self/mem")
        self.assertEqual(self.names(), [])

    def test_standard_input_is_a_directory(self):
        folder = os.open(self.dir, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        result = subprocess.run([TACIT, "-c"], stdin=folder, capture_output=True, check=False)
        self.assertEqual(result.returncode, FAILED)
        self.assertIn(b"(stdin): cannot read: Is a directory", result.stderr)

    def test_closed_standard_streams(self):
        """No file of ours may take their place, or messages and content would get into it."""
        self.write("a", text(1000))
        run = ["sh", "-c", f"{TACIT} \"$@\" ", "sh"]

        def shell(redirection, *args):
            run[2] = f"'{TACIT}' \"$@\" {redirection}"
            return subprocess.run([*run, *args], cwd=self.dir, capture_output=True, check=False)
        self.assertEqual(shell("<&- >&- 2>&-", "a").returncode, 0)
        self.assertEqual(self.run_tacit("-dc", "a.tct").stdout, text(1000))
        self.assertEqual(shell("2>&-", "a").returncode, FAILED, "exists")
        self.assertEqual(self.run_tacit("-dc", "a.tct").stdout, text(1000))
        result = shell(">&-", "-c", "a")
        self.assertEqual((result.returncode, result.stdout), (FAILED, b""))
        self.assertIn(b"(stdout): cannot write", result.stderr)
        result = shell("<&-", "-c")
        self.assertEqual((result.returncode, result.stdout), (FAILED, b""))


main()
