# SPDX-License-Identifier: Apache-2.0
"""What happens to files: nothing is lost or replaced unasked, and their properties are kept."""
import os
import socket
import stat
import struct
import subprocess
import unittest

from harness import FAILED, TACIT, CliTest, main, noise, text, without_rights

ANYBODY = 0xffffffff # in an entry of an access control list: no identifier
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


class Change(CliTest):
    def test_input_that_changes_is_told(self):
        """While the output's reader lets it wait, somebody writes to the file; alone, nothing is said."""
        path = self.write("a", noise(600_000))
        for changes in (False, True):
            with subprocess.Popen([TACIT, "-1c", "-T1", "--block-size", "16K", "a"], cwd=self.dir, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as process:
                process.stdout.read(1000)
                if changes:
                    with open(path, "ab") as file:
                        file.write(b"more")
                process.stdout.read()
                err = process.stderr.read().decode()
            self.assertEqual(process.returncode, 0)
            self.assertEqual("tacit: a: changed while it was read" in err, changes, err)


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

    def test_impossible_output_is_refused_before_the_work(self):
        """The input cannot be read either, which would show first if it was."""
        log = self.write("log", b"not JSON")
        for out, why in (("y" * 256, "File name too long"), ("", "No such file"), ("no/such/x", "No such file"),
                         ("log/x", "Not a directory")):
            for args in (["-o", out, "/proc/self/mem"], ["-dfo", out, "/proc/self/mem"], ["cat", "-o", out, "missing"],
                         ["surprise", "--html", out, "missing"], ["report", "-o", out, "missing"],
                         ["select", "--budget", "1K", "-o", out, "--field", "x", "empty"]):
                self.write("empty", b"")
                self.fails(FAILED, f"cannot create: {why}", *args)
        self.fails(FAILED, "missing: No such file or directory; --output-dir", "-1", "--output-dir", "missing", "log")
        self.fails(FAILED, "log: is no folder; --output-dir", "-1", "--output-dir", "log", "log")
        self.assertEqual((self.names(), log.read_bytes()), (["empty", "log"], b"not JSON"))


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

    def set_acl(self, path, group, mask):
        """An access control list that lets a user in beside owner and group, as setfacl writes it."""
        entries = ((0x01, 6, ANYBODY), (0x02, 6, 4321), (0x04, group, ANYBODY), (0x10, mask, ANYBODY), (0x20, 0, ANYBODY))
        value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
        try:
            os.setxattr(path, "system.posix_acl_access", value)
        except OSError as error:
            self.skipTest(f"no access control lists here: {error}")

    def test_mask_of_an_acl_is_no_right_of_the_group(self):
        for group, mask, want in ((0, 6, 0o600), (6, 4, 0o640), (4, 6, 0o640), (6, 6, 0o660)):
            path = self.write("a", DATA)
            path.chmod(0o600)
            self.set_acl(path, group, mask)
            self.run_tacit("-1", "a")
            self.assertEqual(stat.S_IMODE(os.stat(self.dir / "a.tct").st_mode), want)
            self.set_acl(self.dir / "a.tct", group, mask)
            self.run_tacit("-df", "a.tct")
            self.assertEqual(stat.S_IMODE(os.stat(self.dir / "a").st_mode), want)
            (self.dir / "a").unlink()
            (self.dir / "a.tct").unlink()

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

    def test_holes_are_restored(self):
        content = text(5000) + bytes(4 << 20) + text(5000, seed=2) + bytes(1 << 20)
        self.write("a.tct", self.archive(content, "-1"))
        self.run_tacit("-d", "a.tct")
        self.run_tacit("cat", "-o", "b", "a.tct", "a.tct")
        with open(self.dir / "c", "wb") as out:
            subprocess.run([TACIT, "-dc", "a.tct", "a.tct"], cwd=self.dir, stdout=out, check=True)
        for name, n in (("a", 1), ("b", 2), ("c", 2)):
            self.assertEqual(self.read(name), n * content, name)
            status = os.stat(self.dir / name)
            self.assertLess(status.st_blocks * 512, n << 20, name)
        self.write("zeros", bytes(100_000))
        self.run_tacit("-1", "zeros")
        self.run_tacit("-df", "zeros.tct")
        self.assertEqual(self.read("zeros"), bytes(100_000))

    def test_holes_never_show_what_was_there(self):
        """Standard output in the middle of a file that has content, and one that is appended to."""
        self.write("a.tct", self.archive(bytes(50_000), "-1"))
        for mode, want in (("r+b", bytes(50_000) + b"x" * 50_000), ("ab", b"x" * 100_000 + bytes(50_000))):
            path = self.write("out", b"x" * 100_000)
            with open(path, mode) as out:
                subprocess.run([TACIT, "-dc", "a.tct"], cwd=self.dir, stdout=out, check=True)
            self.assertEqual(path.read_bytes(), want, mode)

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
