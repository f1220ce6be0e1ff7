# SPDX-License-Identifier: Apache-2.0
"""-D: archives that need what both sides have already, and what happens when one side does not have it."""
import json

from harness import UNSUPPORTED, USAGE, CliTest, main, noise, text


class Reference(CliTest):
    def setUp(self):
        super().setUp()
        self.old = text(20000, 3)
        self.new = self.old[:9000] + b"a line that is new\n" + self.old[9000:]
        self.write("old", self.old)
        self.write("new", self.new)

    def test_every_command(self):
        for level in ("-1", "-2", "-6"):
            self.run_tacit(level, "-D", "old", "--verify", "-f", "new")
            self.assertLess(len(self.read("new.tct")), 200, level)
            self.run_tacit("-t", "-D", "old", "new.tct")
            self.assertEqual(self.run_tacit("-dc", "-D", "old", "new.tct").stdout, self.new)
            self.assertEqual(self.run_tacit("cat", "-D", "old", "--range", "8990-9020", "new.tct").stdout,
                             self.new[8990:9021])
            self.run_tacit("recover", "-D", "old", "new.tct", "-f", "-o", "back")
            self.assertEqual(self.read("back"), self.new)

    def test_listed(self):
        for options, size, digits in (([], None, 4), (["--block-size", "4K"], 20000, 32)):
            self.run_tacit("-2", "-D", "old", "-f", *options, "new")
            about = json.loads(self.run_tacit("list", "--json", "new.tct").stdout)["files"][0]
            self.assertEqual(about.get("reference_size"), size)
            self.assertEqual(len(about["reference_xxh3"]), digits)
            told = f"needs the reference of {'20000 bytes, ' if size else ''}XXH3 {about['reference_xxh3']} (-D)"
            self.assertIn(told.encode(), self.run_tacit("list", "new.tct").stdout)

    def test_brief(self):
        """Short archives in one stream, with zeros behind them."""
        for i in range(3):
            self.write(f"r{i}", self.new[9000 - 100 * i:9100])
            self.run_tacit("-2", "-D", "old", f"r{i}")
            self.assertLess(len(self.read(f"r{i}.tct")), 80)
        whole = b"".join(self.read(f"r{i}.tct") for i in range(3))
        content = b"".join(self.read(f"r{i}") for i in range(3))
        self.write("all.tct", whole + bytes(600))
        self.assertEqual(self.run_tacit("-dc", "-D", "old", "all.tct").stdout, content)
        self.assertEqual(self.run_tacit("cat", "-D", "old", "--range", "5-250", "all.tct").stdout, content[5:251])
        self.run_tacit("recover", "-D", "old", "all.tct", "-f", "-o", "back")
        self.assertEqual(self.read("back"), content)

    def test_joined_in_order(self):
        self.write("a", self.old[:8000])
        self.write("b", self.old[8000:])
        self.run_tacit("-2", "-D", "a", "-D", "b", "new")
        self.assertEqual(self.run_tacit("-dc", "-D", "old", "new.tct").stdout, self.new)
        self.run_tacit("-dc", "-D", "b", "-D", "a", "new.tct", expect=UNSUPPORTED)

    def test_missing_wrong_changed(self):
        self.write("other", text(20000, 4))
        self.write("changed", self.old[:-1] + b"?")
        for size in ("64M", "4K"):  # both forms
            self.run_tacit("-2", "--block-size", size, "-D", "old", "-f", "new")
            self.assertNotEqual(self.read("new.tct"), b"")
            before = self.names()
            for given in ([], ["-D", "other"], ["-D", "changed"], ["-D", "new"]):
                for command in (["-d", "-o", "back"], ["-t"], ["cat"], ["cat", "--range", "0-5"],
                                ["recover", "-o", "back"]):
                    if "recover" in command and size == "4K" and given[1:] in (["changed"], ["new"]):
                        continue  # next test
                    done = self.run_tacit(*command, *given, "new.tct", expect=UNSUPPORTED)
                    self.assertEqual(done.stdout, b"")
                    self.assertIn(f"it needs {'20000 bytes, ' if size == '4K' else ''}XXH3 ", done.err)
                    self.assertIn("-D gave" if given else "not given", done.err)
                    self.assertEqual(self.names(), before)

    def test_what_a_changed_reference_saves(self):
        """Recovery saves the blocks that take nothing of what is different, whose checksums hold; no other bytes."""
        self.run_tacit("-2", "--block-size", "4K", "-D", "old", "new")
        for changed in (self.old[:-1] + b"?", b"?" + self.old[1:]):
            self.write("changed", changed)
            done = self.run_tacit("recover", "-D", "changed", "new.tct", "-f", "-o", "back", expect=UNSUPPORTED)
            self.assertIn("it needs 20000 bytes, XXH3 ", done.err)
            self.assertIn("lost: bytes ", done.err)
            blocks = [(self.read("back")[i:i + 4096], self.new[i:i + 4096]) for i in range(0, len(self.new), 4096)]
            self.assertTrue(all(saved in (right, bytes(len(right))) for saved, right in blocks))
            self.assertTrue(any(saved == right for saved, right in blocks))

    def test_no_need(self):
        """What the reference is of no use for does without."""
        self.write("noise", noise(5000))
        self.run_tacit("-2", "-D", "old", "noise")
        self.assertEqual(self.run_tacit("-dc", "noise.tct").stdout, noise(5000))

    def test_refused(self):
        self.write("empty", b"")
        self.assertIn(b"is empty", self.run_tacit("-D", "empty", "new", expect=USAGE).stderr)
        self.assertIn(b"standard input", self.run_tacit("-D", "-", "new", expect=USAGE).stderr)
        self.run_tacit("-D", "absent", "new", expect=1)
        huge = self.dir / "huge"
        with huge.open("wb") as file:
            file.truncate((1 << 30) + 1)
        self.assertIn(b"1024 MiB", self.run_tacit("-D", "huge", "new", expect=USAGE).stderr)
        self.assertNotIn("new.tct", self.names())


main()
