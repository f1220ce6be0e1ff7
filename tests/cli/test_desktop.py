# SPDX-License-Identifier: Apache-2.0
"""What other programs know archives by: file(1), MIME types, less(1)."""
import os
import shutil
import subprocess
import unittest

from harness import SOURCE_DIR, TACIT, CliTest, main, noise, text

SHARE = SOURCE_DIR / "share"


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"no {program} here")


class Desktop(CliTest):
    def setUp(self):
        super().setUp()
        self.write("plain", text(700))
        self.write("model.tct", self.archive(text(700)))
        self.write("one.tct", self.archive(text(700), "-1"))
        self.write("blocks.tct", self.archive(noise(5000), "-1", "--block-size", "1K"))

    def out(self, *args, **environment):
        return subprocess.run(args, cwd=self.dir, capture_output=True, text=True, check=True,
                              env={**os.environ, **environment}).stdout

    @needs("file")
    def test_magic(self):
        lines = self.out("file", "-m", SHARE / "tacit.magic", "plain", "model.tct", "one.tct", "blocks.tct").splitlines()
        is_modelled = self.archive(text(700))[4] & 0x60 != 0 # a build without a model has none
        self.assertNotIn("tacit", lines[0])
        self.assertRegex(lines[1], "tacit compressed data, format version 1, one block" + ", with a language model" * is_modelled)
        self.assertRegex(lines[2], "tacit compressed data, format version 1, one block$")
        self.assertRegex(lines[3], "tacit compressed data, format version 1$")
        self.assertEqual(self.out("file", "-b", "--mime-type", "-m", SHARE / "tacit.magic", "one.tct"),
                         "application/x-tacit\n")

    @needs("update-mime-database")
    def test_mime_type(self):
        (self.dir / "mime/packages").mkdir(parents=True)
        shutil.copy(SHARE / "tacit.xml", self.dir / "mime/packages")
        self.out("update-mime-database", "mime", XDG_DATA_HOME=str(self.dir))
        globs = self.read("mime/globs2").decode()
        self.assertIn("50:application/x-tacit:*.tct\n", globs)
        self.assertIn("50:application/x-tacit-compressed-tar:*.tar.tct\n", globs)
        self.assertIn(b"[50:application/x-tacit]\n>0=\x00\x04" + self.read("one.tct")[:4], self.read("mime/magic"))

    def test_lessfilter(self):
        path = f"{os.path.dirname(TACIT)}:{os.environ['PATH']}"
        self.assertEqual(self.out(SHARE / "lessfilter", "one.tct", PATH=path), text(700).decode())
        for name in ("plain", "missing.tct"):
            self.assertNotEqual(subprocess.run([SHARE / "lessfilter", name], cwd=self.dir, capture_output=True, check=False,
                                               env={**os.environ, "PATH": path}).returncode, 0)

    @needs("less")
    def test_less(self):
        path = f"{os.path.dirname(TACIT)}:{os.environ['PATH']}"
        self.assertEqual(self.out("less", "one.tct", PATH=path, LESSOPEN=f"|{SHARE}/lessfilter %s"), text(700).decode())

    @needs("lesspipe")
    def test_lesspipe(self):
        path = f"{os.path.dirname(TACIT)}:{os.environ['PATH']}"
        shutil.copy(SHARE / "lessfilter", self.dir / ".lessfilter")
        self.assertEqual(self.out("lesspipe", "one.tct", PATH=path, HOME=str(self.dir)), text(700).decode())


main()
