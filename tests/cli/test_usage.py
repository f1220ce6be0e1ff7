# SPDX-License-Identifier: Apache-2.0
"""Options: what they say, which are refused, help and version, messages and exit codes."""
import json
import os
import re

from harness import (ARCHIVE_COMMANDS, FAILED, MEASURE_COMMANDS, RESOURCES, SOURCE_DIR, USAGE, CliTest, main,
                     options_of, text)

DATA = text(700) # by the default level, whose model takes a thousand times as long a byte as -1
# Options that no help has in its list: those that choose a command, those of train, and of model quantize, import and
# export (test_quantize.py, test_export.py).
ELSEWHERE = {"compress", "decompress", "test", "list", "int8", "bits", "size", "allocate", "calibrate", "keep-embeddings",
             "smooth", "wide-inputs", "as-stored", "gguf", "type", "like", "what", "by", "ratio", "text", "teacher", "lora", "full", "steps", "minutes",
             "lr", "see", "config"}


class Usage(CliTest):
    def setUp(self):
        super().setUp()
        self.write("a", DATA)
        self.write("b.tct", self.archive(DATA))

    def test_refused(self):
        for pattern, *args in [
                ("unrecognized option", "--bogus"),
                ("try 'tacit --help'", "--bogus"),
                ("invalid option", "-Z"),
                ("requires an argument", "-o"),
                ("doesn't allow an argument", "--force=1"),
                ("ambiguous", "--ver"),
                ("levels go from -1 to -9", "-19", "a"),
                ("invalid option", "-0", "a"),
                ("number of threads", "-T", "many", "a"),
                ("number of threads", "-T", "-1", "a"),
                ("a size such as", "--memory", "much", "a"),
                ("a size such as", "-M", "0", "a"),
                ("a size such as", "-M", "99999999999999999999", "a"),
                ("a size such as", "-M", "17179869184G", "a"),
                ("from 1K to 1G", "--block-size", "1023", "a"),
                ("from 1K to 1G", "--block-size", "1025M", "a"),
                ("from 1K to 1G", "--block-size", "1Q", "a"),
                ("from 1K to 1G", "--block-size", "1MiBB", "a"),
                ("from 1K to 1G", "--block-size", "", "a"),
                ("range of bytes", "cat", "--range", "5", "b.tct"),
                ("range of bytes", "cat", "--range", "5-4", "b.tct"),
                ("range of bytes", "cat", "--range", "a-b", "b.tct"),
                ("range of bytes", "cat", "--range", "-", "b.tct"),
                ("range of bytes", "cat", "--range", "-0", "b.tct"),
                ("range of bytes", "cat", "--range", "1-2-3", "b.tct"),
                ("--range goes with", "-dc", "--range", "1-2", "b.tct"),
                ("--json goes with", "--json", "a"),
                ("--levels goes with", "--levels", "1-2", "a"),
                ("level or a range", "bench", "--levels", "0-3", "a"),
                ("level or a range", "bench", "--levels", "3-1", "a"),
                ("level or a range", "bench", "--levels", "12", "a"),
                ("'scalar' or a list", "--cpu", "z80", "a"),
                ("'scalar' or a list", "--cpu", "avx2,z80", "a"),
                ("-o does not go", "-t", "-o", "x", "b.tct"),
                ("-o does not go", "list", "-o", "x", "b.tct"),
                ("-o does not go", "bench", "-o", "x", "a"),
                ("several inputs", "-o", "x", "a", "a"),
                ("-d does not go with the command 'list'", "list", "-d", "b.tct"),
                ("list: name a file", "list"),
                ("recover takes one file", "recover"),
                ("recover takes one file", "recover", "b.tct", "b.tct")]:
            result = self.fails(USAGE, pattern, *args)
            self.assertEqual(result.stdout, b"", args)
        self.assertEqual(self.names(), ["a", "b.tct"])

    def test_sizes(self):
        data = text(3_000)
        for size in ("1024", "1k", "1K", "1KB", "1KiB", "1kib"):
            self.assertEqual(self.archive(data, "-1", "--block-size", size),
                             self.archive(data, "-1", "--block-size", "1024"), size)

    def test_cpu_never_changes_the_archive(self):
        data = DATA[:300]
        archive = self.archive(data)
        for features in ("scalar", "avx2", "avx2,avx512", "neon"):
            self.assertEqual(self.archive(data, "--cpu", features), archive, features)
            self.assertEqual(self.run_tacit("-dc", "--cpu", features, stdin=archive).stdout, data)

    def test_last_choice_counts(self):
        self.assertEqual(self.run_tacit("-z", "-d", "-c", "b.tct").stdout, DATA)
        self.assertEqual(self.archive(DATA, "-9", "-1"), self.archive(DATA, "-1"))
        self.run_tacit("-c", "-o", "x", "a")
        self.assertEqual(self.run_tacit("cat", "x").stdout, DATA)

    def test_options_behind_files(self):
        self.assertEqual(self.run_tacit("b.tct", "-d", "--stdout").stdout, DATA)

    def test_names_like_commands_and_options(self):
        for name in ("list", "-d"):
            self.write(name, DATA)
            self.run_tacit("-1", "--", name)
            self.assertEqual(self.run_tacit("cat", "--", name + ".tct").stdout, DATA)
        self.run_tacit("./list", "-f")

    def test_compress_options_with_decompress(self):
        """Scripts and tar add -d to whatever options they were given."""
        self.assertEqual(self.run_tacit("-9", "--verify", "--block-size", "1M", "-dc",
                                        "b.tct").stdout, DATA)

    def test_many_threads_count_as_the_most(self):
        for n in ("1025", "99999999999999999999999"):
            self.assertEqual(self.archive(DATA, "-1", "-T", n), self.archive(DATA, "-1", "-T1"))
        self.write("lines", DATA)
        self.run_tacit("select", "--lines", "--budget", "1K", "-T", "65", "lines")

    def test_memory_limit(self):
        for args in (["-9", "-c", "a"], ["-9", "-T8", "-c", "a"]):
            self.fails(RESOURCES, "memory limit is too small.*--memory", *args, "-M", "100K")
        self.run_tacit("-1", "-c", "a", "-M", "2G")

    def test_memory_that_would_do_is_told(self):
        """And does; a small file takes little, for a pipe a whole block is to be expected."""
        small = self.archive(DATA, "-2")
        self.write("a.tct", small)
        for args, most in ((["-1c", "a"], 1 << 20), (["-2c", "a"], 8 << 20), (["-dc", "a.tct"], 8 << 20)):
            result = self.fails(RESOURCES, r"memory limit is too small: --memory \d+[KM] would do", *args, "-M", "1K")
            told = re.search(r"--memory (\d+)([KM])", result.err)
            self.assertLess(int(told[1]) << {"K": 10, "M": 20}[told[2]], most)
            self.run_tacit(*args, "-M", told[1] + told[2])
        self.fails(RESOURCES, r"--memory \d+M would do, and less at a lower level", "-2c", "-M", "1K", stdin=DATA)


class Defaults(CliTest):
    """The environment variable TACIT_OPT."""
    def run_with(self, defaults, *args, **options):
        return self.run_tacit(*args, env={**os.environ, "TACIT_OPT": defaults}, **options)

    def test_defaults_and_what_wins(self):
        fast, small = self.archive(DATA, "-1"), self.archive(DATA, "-3")
        self.assertNotEqual(fast, small)
        for defaults, args, want in (("-1", [], fast), (" -3\t--verify\n", [], small), ("-3", ["-1"], fast),
                                     ("-3 -T2", ["compress", "--fast"], fast), ("", ["-1"], fast),
                                     ("-m no-such-model", ["-1"], fast)):
            self.assertEqual(self.run_with(defaults, *args, "-c", stdin=DATA).stdout, want, defaults)
        self.write("a.tct", fast)
        self.assertEqual(self.run_with("-9 --verify --block-size 1M -T1", "-dc", "a.tct").stdout, DATA)
        for args in (["-t", "a.tct"], ["list", "a.tct"], ["cat", "a.tct"]):
            self.run_with("-9 --rm --limit-size 1G", *args)
        self.run_with("--limit-size 10", "-dc", "a.tct", expect=RESOURCES)

    def test_refused(self):
        self.write("a", DATA)
        for pattern, defaults in (("unrecognized option '--bogus'", "--bogus"), ("no files", "-1 a"), ("no files", "-d"),
                                  ("no files", "-o x"), ("no files", "-c"), ("no files", "--help"), ("no files", "-1 -- a"),
                                  ("number of threads", "-T x"), ("levels go from", "-19"), ("requires an arg", "-T"),
                                  ("no files", "--files-from x"), ("is too long", "-1 " * 2000)):
            result = self.run_with(defaults, "-1", "a", expect=USAGE)
            self.assertRegex(result.err, f"^tacit: TACIT_OPT: .*{pattern}")
        self.assertEqual(self.names(), ["a"])
        self.assertIn(b"Usage", self.run_with("--bogus", "select", "--help").stdout, "other commands have no such options")


class Help(CliTest):
    def test_general(self):
        result = self.run_tacit("--help")
        self.assertEqual(result.err, "")
        out = result.stdout.decode()
        for command in ARCHIVE_COMMANDS:
            self.assertIn(command, out)
        self.assertEqual(self.run_tacit("-h").stdout, result.stdout)
        self.assertLessEqual(max(map(len, out.splitlines())), 90)

    def test_each_command(self):
        pages = set()
        for command in ARCHIVE_COMMANDS:
            page = self.run_tacit(command, "--help").stdout.decode()
            self.assertTrue(page.startswith(f"Usage: tacit {command} "))
            pages.add(page)
        self.assertEqual(len(pages), len(ARCHIVE_COMMANDS))
        self.assertEqual(self.run_tacit("-d", "--help").stdout,
                         self.run_tacit("decompress", "-h").stdout)

    def test_version(self):
        self.assertRegex(self.run_tacit("--version").stdout.decode(), r"^tacit \d+\.\d+\.\d+(-rc\d+)?\n$")
        self.assertEqual(self.run_tacit("list", "-V").stdout, self.run_tacit("-V").stdout)

    def test_manual_knows_every_option(self):
        """And no option that does not exist."""
        archive, measure = (set().union(*map(options_of, commands)) for commands in (ARCHIVE_COMMANDS, MEASURE_COMMANDS))
        for page, options in (("tacit.1", archive), ("tacit-models.1", measure)):
            manual = (SOURCE_DIR / "docs/man" / page).read_text()
            told = set(re.findall(r"Fl (?:\w , )?-([a-z][a-z-]+)", manual))
            self.assertGreater(len(options), 15)
            self.assertEqual(options - told, set(), page)
            self.assertEqual(told - archive - measure - ELSEWHERE, set(), page)
        manual = (SOURCE_DIR / "docs/man/tacit.1").read_text()
        for command in ARCHIVE_COMMANDS:
            self.assertIn(f".It Cm {command}\n", manual)

    def test_manual_knows_every_exit_code(self):
        manual = (SOURCE_DIR / "docs/man/tacit.1").read_text()
        source = (SOURCE_DIR / "cli/base/exit_codes.h").read_text()
        codes = re.findall(r"EXIT_CODE_\w+ = (\d+)", source)
        section = manual[manual.index(".Sh EXIT STATUS"):]
        self.assertEqual(re.findall(r"^\.It (\d+)$", section, re.M), codes)


class Messages(CliTest):
    def test_quiet(self):
        self.write("a", DATA)
        self.assertEqual(self.run_tacit("a").err, "", "no terminal: no chatter")
        self.assertNotEqual(self.run_tacit("-q", "a", expect=FAILED).err, "")
        self.assertEqual(self.run_tacit("-qq", "a", expect=FAILED).err, "")

    def test_verbose(self):
        self.write("a", DATA)
        self.assertRegex(self.run_tacit("-v", "a").err,
                         r"a: 700 -> \d+ bytes, ratio [\d.]+, [\d.]+ bits/byte")
        self.assertRegex(self.run_tacit("-tv", "a.tct").err, r"a\.tct: \d+ -> 700 bytes")
        self.write("empty", b"")
        self.assertRegex(self.run_tacit("-v", "empty").err, r"empty: 0 -> \d+ bytes\n")

    def test_control_characters(self):
        result = self.run_tacit("bad\x1b[31m\nname", expect=FAILED)
        self.assertIn("bad?[31m?name: cannot open", result.err)
        self.assertEqual(result.err.count("\n"), 1)

    def test_worst_code_wins(self):
        self.write("a", DATA)
        self.write("bad.tct", b"no archive at all")
        self.run_tacit("-t", "missing", "bad.tct", expect=3)
        self.run_tacit("-t", "bad.tct", "missing", expect=3)

    def test_bench(self):
        self.write("a", DATA)
        lines = self.run_tacit("bench", "-1", "a").stdout.decode().splitlines()
        self.assertEqual(len(lines), 2)
        level, content, archive, ratio, bits, *_speeds, name = lines[1].split()
        self.assertEqual((level, content, name), ("1", "700", "a"))
        self.assertEqual(int(archive), len(self.archive(DATA, "-1")))
        self.assertAlmostEqual(float(ratio) * float(bits), 8, places=1)
        lines = self.run_tacit("bench", "--levels", "1-2", "a", "a").stdout.decode().splitlines()
        self.assertEqual([line.split()[0] for line in lines], ["level", "1", "2", "1", "2"])
        self.write("empty", b"")
        rows = json.loads(self.run_tacit("bench", "--json", "-1", "a", "empty").stdout)["results"]
        self.assertEqual([(r["file"], r["level"], r["bytes"]) for r in rows], [("a", 1, 700), ("empty", 1, 0)])
        self.assertEqual(rows[0]["archive_bytes"], int(archive))
        self.assertAlmostEqual(rows[0]["bits_per_byte"], 8 * int(archive) / 700, places=5)
        self.assertGreater(rows[0]["decode_bytes_per_second"], 0)
        self.assertIsNone(rows[1]["bits_per_byte"])


main()
