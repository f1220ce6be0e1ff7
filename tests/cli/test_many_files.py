# SPDX-License-Identifier: Apache-2.0
"""Many files at once: folders (-r), lists of names (--files-from), outputs in another folder (--output-dir)."""
import os
import stat

from harness import FAILED, USAGE, CliTest, main, text

CONTENT = {"a": b"", "sub/b": text(300), "sub/.hidden": b"hidden", "sub/deep/c": text(300, seed=2), "sub/-d": b"dash"}


class Many(CliTest):
    def setUp(self):
        super().setUp()
        self.make("p", CONTENT)

    def make(self, folder, content):
        for name, data in content.items():
            path = self.dir / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def tree(self, folder):
        """The files in a folder, temporary ones too."""
        paths = (self.dir / folder).rglob("*")
        return {str(p.relative_to(self.dir / folder)): p.read_bytes() for p in paths if p.is_file() and not p.is_symlink()}


class Folders(Many):
    def test_round_trip(self):
        self.assertEqual(self.run_tacit("-1r", "--rm", "p").err, "")
        self.assertEqual(set(self.tree("p")), {name + ".tct" for name in CONTENT})
        self.run_tacit("-tr", "p")
        self.assertEqual(len(self.run_tacit("list", "-r", "p").stdout.splitlines()), 2 + len(CONTENT))
        self.assertEqual(self.run_tacit("cat", "-r", "p", "-o", "all").err, "")
        in_order = ("a", "sub/-d", "sub/.hidden", "sub/b", "sub/deep/c")
        self.assertEqual(self.read("all"), b"".join(CONTENT[name] for name in in_order))
        self.run_tacit("-dr", "--rm", "p")
        self.assertEqual(self.tree("p"), CONTENT)

    def test_archives_are_not_compressed_again(self):
        """And told in one line, however many; what is named itself is refused as ever."""
        self.run_tacit("-1r", "p")
        before = self.tree("p")
        for i in range(2):
            result = self.run_tacit("-1rf", "p")
            self.assertEqual(result.err, "tacit: files that already end in .tct are left as they are: 5\n", i)
            self.assertEqual(self.tree("p"), before)
        self.assertEqual(self.run_tacit("-1rfq", "p").err, "")
        self.fails(FAILED, "p/a.tct: already ends in .tct", "-1r", "p/a.tct")
        self.make("p", {"other": b"no archive"})
        self.run_tacit("-tr", "p")

    def test_links_and_special_files_are_passed_over(self):
        (self.dir / "p/loop").symlink_to("..")
        (self.dir / "p/link").symlink_to("a")
        os.mkfifo(self.dir / "p/pipe")
        self.run_tacit("-1rf", "p")
        self.assertEqual(set(self.tree("p")), {*CONTENT, *(name + ".tct" for name in CONTENT)})

    def test_errors_stop_nothing(self):
        self.make("p", {"a.tct": b"precious"})
        result = self.run_tacit("-1r", "missing", "p", expect=FAILED)
        self.assertRegex(result.err, r"(?s)missing: cannot open: No such file.*p/a\.tct: already exists")
        self.assertEqual(self.read("p/a.tct"), b"precious")
        self.assertEqual(self.run_tacit("-dc", "p/sub/deep/c.tct").stdout, CONTENT["sub/deep/c"])

    def test_nothing_there(self):
        (self.dir / "empty").mkdir()
        for args in (["-1"], ["-d"], ["-t"], ["cat"], ["bench", "-1"], ["list"]):
            result = self.run_tacit(*args, "-r", "empty", stdin=b"is not read")
            self.assertEqual(result.err, "tacit: there is no file to work on\n")

    def test_refused(self):
        for pattern, *args in (("-r: name a folder", "-1r"), ("--recursive goes with|recover takes", "recover", "-r", "p"),
                               ("several inputs", "-1r", "p", "-o", "x"), ("does not go with -o and -c", "-1rc", "p", "--output-dir", "p")):
            self.fails(USAGE, pattern, *args)
        self.fails(FAILED, "p: is a directory", "-1", "p")


class Lists(Many):
    def test_names_by_lines_and_by_zero_bytes(self):
        self.make("", {"odd\nname": b"odd", "-": b"minus", " blank ": b"blank"})
        lists = {"lines": b"p/sub/b\n\n blank \n-\np/sub/deep/c", "zeros": b"p/sub/b\0odd\nname\0-\0"}
        want = {"lines": [CONTENT["sub/b"], b"blank", b"minus", CONTENT["sub/deep/c"]],
                "zeros": [CONTENT["sub/b"], b"odd", b"minus"]}
        for name, data in lists.items():
            self.write(name, data)
            for args, stdin in (([name], b"is not read"), (["-"], data)):
                archive = self.run_tacit("-1c", "--files-from", *args, stdin=stdin).stdout
                self.assertEqual(self.run_tacit("-d", stdin=archive).stdout, b"".join(want[name]))

    def test_with_words_and_folders(self):
        self.write("list", b"p/sub\nx.tct\n")
        self.write("x.tct", b"an archive")
        self.write("y", b"y")
        result = self.run_tacit("-1r", "y", "--files-from", "list")
        self.assertEqual(result.err, "tacit: files that already end in .tct are left as they are: 1\n")
        self.assertIn("y.tct", self.names())
        self.assertIn("sub/deep/c.tct", self.tree("p"))
        self.fails(FAILED, "p/sub: is a directory", "-1f", "--files-from", "list")

    def test_bad_lists(self):
        self.fails(FAILED, "missing: cannot open", "-1", "--files-from", "missing")
        self.fails(FAILED, "p: is a directory", "-1", "--files-from", "p")
        self.assertRegex(self.run_tacit("-1", "--files-from", "-", stdin=b"\n\n").err, "no file to work on")
        self.fails(FAILED, "nowhere: cannot open", "-1", "--files-from", "-", stdin=b"nowhere\np/sub/b\n")
        self.assertEqual(self.run_tacit("-dc", "p/sub/b.tct").stdout, CONTENT["sub/b"])


class OutputFolder(Many):
    def setUp(self):
        super().setUp()
        (self.dir / "out").mkdir()

    def test_keeps_the_tree(self):
        (self.dir / "p/sub/deep").chmod(0o700)
        for folder in ("p", "p/", "./p", "../" + self.dir.name + "/p"):
            self.run_tacit("-1rf", folder, "--output-dir", "out")
            self.assertEqual(set(self.tree("out")), {f"p/{name}.tct" for name in CONTENT})
        self.assertEqual(self.tree("p"), CONTENT)
        self.assertEqual(stat.S_IMODE((self.dir / "out/p/sub/deep").stat().st_mode), 0o700, "no more rights")
        (self.dir / "back").mkdir()
        self.run_tacit("-dr", "out/p", "--output-dir", "back/")
        self.assertEqual(self.tree("back/p"), CONTENT)

    def test_a_folder_that_only_leads_elsewhere_has_no_name(self):
        for folder in (".", "./", "..", "../"):
            self.run_tacit("-1rf", f"p/sub/deep/{folder}", "--output-dir", "out")
        self.assertIn("c.tct", self.tree("out"))
        self.assertIn("deep/c.tct", self.tree("out"))

    def test_files_go_there_by_their_names(self):
        self.run_tacit("-1", "p/sub/b", "p/sub/deep/c", "--output-dir", "out")
        self.assertEqual(set(self.tree("out")), {"b.tct", "c.tct"})
        self.make("q", {"b": b"another b"})
        self.fails(FAILED, "out/b.tct: already exists", "-1", "q/b", "--output-dir", "out")
        self.run_tacit("-d", "out/b.tct", "--output-dir", ".")
        self.assertEqual(self.read("b"), CONTENT["sub/b"])

    def test_something_is_in_the_way(self):
        self.make("out", {"p": b"a file"})
        self.fails(FAILED, "out/p/a.tct: cannot create: Not a directory", "-1r", "p", "--output-dir", "out")
        self.assertEqual(self.tree("out"), {"p": b"a file"})


main()
