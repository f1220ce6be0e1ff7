# SPDX-License-Identifier: Apache-2.0
"""What happens to files: nothing is lost or replaced unasked, and their properties are kept."""
import os
import socket
import stat
import subprocess
import unittest

from harness import FAILED, TACIT, CliTest, main, text, without_rights

DATA = text(500) # by the default level, whose model takes a thousand times as long a byte as -1


class Clobber(CliTest):
    def test_compress(self):
        self.write("a", DATA)
        self.write("a.tct", b"precious")
        self.fails(FAILED, r"a\.tct: already exists.*-f", "a")
        self.assertEqual(self.read("a.tct"), b"precious")
        self.assertEqual(self.names(), ["a", "a.tct"])
        self.run_tacit("-f", "a")
        self.assertEqual(self.run_tacit("cat", "a.tct").stdout, DATA)

    def test_decompress(self):
        self.write("a", b"precious")
        self.write("a.tct", self.archive(DATA))
        self.fails(FAILED, "already exists", "-d", "a.tct")
        self.assertEqual(self.read("a"), b"precious")
        self.run_tacit("-df", "a.tct")
        self.assertEqual(self.read("a"), DATA)

    def test_output_option(self):
        self.write("a", DATA)
        self.write("b", b"precious")
        for command in (["-o", "b", "a"], ["cat", "-o", "b", "a"], ["recover", "-o", "b", "a"]):
            self.fails(FAILED, "b: already exists", *command)
            self.assertEqual(self.read("b"), b"precious")

    def test_keeps_old_file_on_failure(self):
        self.write("b", b"precious")
        self.write("bad.tct", self.archive(DATA)[:-30])
        self.run_tacit("-dfo", "b", "bad.tct", expect=3)
        self.run_tacit("cat", "-fo", "b", "bad.tct", expect=3)
        self.assertEqual(self.read("b"), b"precious")
        self.assertEqual(self.names(), ["b", "bad.tct"])

    def test_output_is_directory(self):
        self.write("a", DATA)
        (self.dir / "d").mkdir()
        self.fails(FAILED, "d: is a directory", "-fo", "d", "a")
        (self.dir / "a.tct").mkdir()
        self.fails(FAILED, "a.tct: is a directory", "-f", "a")

    def test_output_directory_is_missing(self):
        self.write("a", DATA)
        self.fails(FAILED, "no/such: cannot create: No such file", "-o", "no/such", "a")

    def test_link_in_output_place_is_replaced(self):
        self.write("a", DATA)
        self.write("target", b"precious")
        (self.dir / "a.tct").symlink_to("target")
        self.fails(FAILED, "already exists", "a")
        self.run_tacit("-f", "a")
        self.assertFalse((self.dir / "a.tct").is_symlink())
        self.assertEqual(self.read("target"), b"precious")
        (self.dir / "dangling").symlink_to("nowhere")
        self.fails(FAILED, "already exists", "-o", "dangling", "a")

    def test_output_to_devices(self):
        self.write("a", DATA)
        self.run_tacit("-o", "/dev/null", "a")
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode), "the device was replaced")
        os.mkfifo(self.dir / "pipe")
        self.fails(FAILED, "pipe: already exists", "-o", "pipe", "a")
        reader = subprocess.Popen(["cat", "pipe"], cwd=self.dir, stdout=subprocess.PIPE)
        self.run_tacit("-fo", "pipe", "a")
        self.assertEqual(reader.communicate(timeout=20)[0], self.archive(DATA))
        self.assertTrue(stat.S_ISFIFO(os.stat(self.dir / "pipe").st_mode))


class SameFile(CliTest):
    def check_refused(self, *args, **options):
        self.fails(FAILED, "is input and output at once", *args, **options)

    def test_by_name_and_link(self):
        path = self.write("a", DATA)
        archive = self.write("b.tct", self.archive(DATA))
        os.link(path, self.dir / "hard")
        (self.dir / "soft").symlink_to("a")
        self.check_refused("-fo", "a", "a")
        self.check_refused("-fo", "hard", "a")
        self.check_refused("-fo", "soft", "a")
        self.check_refused("-fo", "a", "soft")
        self.check_refused("cat", "-fo", "b.tct", "b.tct")
        self.check_refused("recover", "-fo", "b.tct", "b.tct")
        self.assertEqual(path.read_bytes(), DATA)
        self.assertEqual(self.run_tacit("-dc", archive).stdout, DATA)

    def test_redirected(self):
        path = self.write("a", DATA)
        archive = self.write("b.tct", self.archive(DATA))
        for args in (["-c", "a"], ["-dc", "b.tct"], ["cat", "b.tct"], ["recover", "b.tct"],
                     ["cat", "--range", "0-", "b.tct"]):
            with open(path if args[-1] == "a" else archive, "ab") as out:
                result = subprocess.run([TACIT, *args], cwd=self.dir, stdout=out,
                                        stderr=subprocess.PIPE, check=False)
            self.assertEqual(result.returncode, FAILED, args)
            self.assertIn(b"is input and output at once", result.stderr)
        self.assertEqual(path.read_bytes(), DATA)


class Inputs(CliTest):
    def test_missing(self):
        self.fails(FAILED, "missing: cannot open: No such file", "missing")
        for command in ("decompress", "test", "list", "cat", "recover", "bench"):
            self.fails(FAILED, "missing.tct: cannot open: No such file", command, "missing.tct")

    def test_directory(self):
        (self.dir / "d").mkdir()
        (self.dir / "d.tct").mkdir()
        self.fails(FAILED, "d: is a directory; .*tar -I tacit -cf", "d")
        self.fails(FAILED, "is a directory", "-f", "d")
        for command in ("decompress", "test", "list", "cat", "recover", "bench"):
            self.fails(FAILED, "is a directory", command, "d.tct")
        self.assertEqual(self.names(), ["d", "d.tct"])

    def test_symbolic_link(self):
        self.write("a", DATA)
        (self.dir / "link").symlink_to("a")
        self.fails(FAILED, "link: is a symbolic link.*-f", "link")
        self.assertEqual(self.names(), ["a", "link"])
        self.assertEqual(self.run_tacit("-c", "link").stdout, self.archive(DATA))
        self.run_tacit("-o", "b", "link")
        self.run_tacit("-f", "link")
        self.assertEqual(self.run_tacit("-dc", "link.tct").stdout, DATA)
        (self.dir / "l2.tct").symlink_to("link.tct")
        self.fails(FAILED, "is a symbolic link", "-d", "l2.tct")
        self.run_tacit("-t", "l2.tct")
        self.run_tacit("-df", "l2.tct")
        self.assertEqual(self.read("l2"), DATA)
        (self.dir / "dangling").symlink_to("nowhere")
        self.fails(FAILED, "dangling: cannot open: No such file", "-f", "dangling")

    def test_special_files(self):
        os.mkfifo(self.dir / "pipe")
        self.fails(FAILED, "pipe: is not a regular file.*-f", "pipe")
        self.fails(FAILED, "is not a regular file", "/dev/zero")
        with socket.socket(socket.AF_UNIX) as unix:
            unix.bind(str(self.dir / "socket"))
            self.fails(FAILED, "socket: cannot open", "-f", "socket")
        with subprocess.Popen(["sh", "-c", "printf abc > pipe"], cwd=self.dir):
            self.run_tacit("-f", "pipe")
        self.assertEqual(self.run_tacit("-dc", "pipe.tct").stdout, b"abc")
        self.run_tacit("-c", "/dev/null")

    def test_suffix(self):
        self.write("a.tct", self.archive(DATA))
        self.fails(FAILED, "already ends in .tct", "a.tct")
        self.run_tacit("-f", "a.tct")
        self.assertEqual(self.names(), ["a.tct", "a.tct.tct"])
        self.write("b", self.archive(DATA))
        self.fails(FAILED, "does not end in .tct.*-o.*-c", "-d", "b")
        self.write(".tct", self.archive(DATA))
        self.fails(FAILED, "does not end in .tct", "-d", ".tct")
        self.write("dir.tct", b"no archive")
        self.fails(FAILED, "does not end in .tct", "-d", str(self.dir / "b"))

    def test_hidden_file(self):
        self.write(".a", DATA)
        self.run_tacit(".a")
        self.assertEqual(self.names(), [".a", ".a.tct"])

    def test_long_name(self):
        """Longer than fits with the suffix: an error; as long as fits: fine, temporary name and all."""
        fits, too_long = "n" * 251, "n" * 252
        self.write(fits, DATA)
        self.run_tacit(fits)
        self.write(too_long, DATA)
        self.fails(FAILED, "cannot create: File name too long", too_long)
        self.fails(FAILED, "cannot create", fits, "-o", "")
        self.assertEqual(self.names(), [fits, fits + ".tct", too_long])


class Removal(CliTest):
    def test_rm(self):
        self.write("a", DATA)
        self.run_tacit("--rm", "a")
        self.assertEqual(self.names(), ["a.tct"])
        self.run_tacit("-d", "--rm", "a.tct")
        self.assertEqual(self.names(), ["a"])
        self.run_tacit("--rm", "-k", "a")
        self.assertEqual(self.names(), ["a", "a.tct"])

    def test_rm_never_without_a_new_file(self):
        self.write("a", DATA)
        self.run_tacit("--rm", "-c", "a")
        self.run_tacit("--rm", "-o", "/dev/null", "a")
        self.write("a.tct", b"precious")
        self.run_tacit("--rm", "a", expect=FAILED)
        self.write("bad.tct", self.archive(DATA)[:-1])
        self.run_tacit("--rm", "-d", "bad.tct", expect=3)
        self.assertEqual(self.names(), ["a", "a.tct", "bad.tct"])

    def test_rm_of_a_link(self):
        self.write("a", DATA)
        (self.dir / "link").symlink_to("a")
        self.fails(FAILED, "link: not removed", "--rm", "-f", "link")
        self.assertEqual(self.names(), ["a", "link", "link.tct"])


class Attributes(CliTest):
    def test_mode_and_time(self):
        for mode in (0o644, 0o600, 0o751, 0o444):
            path = self.write("a", DATA)
            path.chmod(mode)
            os.utime(path, ns=(1_000_000_000_123_456_789, 1_500_000_000_987_654_321))
            self.run_tacit("a")
            path.unlink()
            self.run_tacit("-d", "a.tct")
            for name in ("a.tct", "a"):
                status = os.stat(self.dir / name)
                self.assertEqual(stat.S_IMODE(status.st_mode), mode)
                self.assertEqual(status.st_mtime_ns, 1_500_000_000_987_654_321)
                os.unlink(self.dir / name)

    def test_set_user_id_is_dropped(self):
        path = self.write("a", DATA)
        path.chmod(0o6755)
        self.run_tacit("a")
        self.assertEqual(stat.S_IMODE(os.stat(self.dir / "a.tct").st_mode), 0o755)

    @unittest.skipUnless(os.geteuid() == 0, "only root can give files away")
    def test_owner(self):
        path = self.write("a", DATA)
        os.chown(path, 1234, 2345)
        self.run_tacit("a")
        status = os.stat(self.dir / "a.tct")
        self.assertEqual((status.st_uid, status.st_gid), (1234, 2345))

    @unittest.skipUnless(os.geteuid() == 0, "only root can make a file of a foreign group")
    def test_foreign_group_gets_no_more_than_others(self):
        path = self.write("a", DATA)
        path.chmod(0o664)
        os.chown(path, os.geteuid(), 2345)
        self.run_tacit("a", before=without_rights())
        status = os.stat(self.dir / "a.tct")
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_gid), (0o644, os.getegid()))

    def test_new_file_follows_umask(self):
        self.run_tacit("-o", "a.tct", stdin=DATA, umask=0o027)
        self.assertEqual(stat.S_IMODE(os.stat(self.dir / "a.tct").st_mode), 0o640)

    def test_holes_of_recover(self):
        """A lost block is a hole: the file takes less room than it is long."""
        n = 1 << 20
        archive = bytearray(self.archive(bytes(text(4096)) * (4 * n // 4096), "-1",
                                         "--block-size", "1M"))
        blocks = self.blocks(archive)
        archive[blocks[1]["archive_offset"] + blocks[1]["archive_size"] // 2] ^= 1
        archive[blocks[3]["archive_offset"] + blocks[3]["archive_size"] // 2] ^= 1
        self.write("bad.tct", bytes(archive))
        self.run_tacit("recover", "bad.tct", "-o", "out", expect=3)
        status = os.stat(self.dir / "out")
        self.assertEqual(status.st_size, 4 * n, "a hole at the end counts too")
        self.assertLess(status.st_blocks * 512, 3 * n)


main()
