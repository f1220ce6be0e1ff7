# SPDX-License-Identifier: Apache-2.0
"""The commands that look into archives: test, list, cat --range, recover."""
import json

from harness import ARCHIVE, FAILED, RESOURCES, USAGE, CliTest, main, noise, text

N_BLOCK = 4096
DATA = text(2 * N_BLOCK) + noise(N_BLOCK) + text(3000, seed=2)


class Archives(CliTest):
    def setUp(self):
        super().setUp()
        self.data = self.archive(DATA, "-1", "--block-size", N_BLOCK)
        self.write("a.tct", self.data)

    def damaged(self, *indices):
        """A byte in the middle of these blocks is flipped."""
        archive = bytearray(self.data)
        blocks = self.blocks(self.data)
        for i in indices:
            block = blocks[i]
            archive[block["archive_offset"] + block["archive_size"] // 2] ^= 0x10
        return bytes(archive)


class Test(Archives):
    def test_good(self):
        result = self.run_tacit("-t", "a.tct")
        self.assertEqual((result.stdout, result.err), (b"", ""))

    def test_damaged(self):
        self.write("bad.tct", self.damaged(1))
        self.fails(ARCHIVE, r"bad\.tct: .*byte \d+.*recover", "-t", "bad.tct")
        self.fails(ARCHIVE, "bad.tct: ", "-t", "a.tct", "bad.tct", "a.tct")
        self.fails(ARCHIVE, r"\(stdin\): ", "-t", stdin=self.damaged(2))

    def test_truncated(self):
        for n in (1, 10, len(self.data) // 2, len(self.data) - 1):
            self.fails(ARCHIVE, r"\(stdin\): archive (ends too early|is damaged)|not a tacit",
                       "-t", stdin=self.data[:n])

    def test_no_archive(self):
        for data in (b"", b"plain text, no archive", bytes(1000)):
            self.fails(ARCHIVE, "not a tacit archive|ends too early", "-t", stdin=data)

    def test_footer(self):
        """What begins like an archive is one, whatever its end looks like."""
        bad = self.write("bad.tct", self.data[:-4] + b"    ")
        for command in ("-t", "-l", "-dc"):
            self.fails(ARCHIVE, r"bad\.tct: archive is damaged.*recover", command, bad.name)

    def test_trailing_bytes(self):
        self.fails(ARCHIVE, r"\(stdin\): ", "-t", stdin=self.data + b"garbage")

    def test_padding(self):
        """Tapes and disks fill up with zero bytes: behind the last archive they are none of it."""
        single = self.archive(b"one block")
        for archive, content in ((self.data, DATA), (single, b"one block"), (single + self.data, b"one block" + DATA)):
            for n in (1, 511, 70_000):
                padded = archive + bytes(n)
                self.write("padded.tct", padded)
                for args in (["-dc"], ["cat"], ["recover", "-c"]):
                    result = self.run_tacit(*args, "padded.tct")
                    self.assertEqual((result.stdout, result.err), (content, ""))
                self.assertEqual(self.run_tacit("-d", stdin=padded).stdout, content)
                self.assertEqual(self.run_tacit("cat", "--range", "-3", "padded.tct").stdout, content[-3:])
                listed, = json.loads(self.run_tacit("list", "--json", "padded.tct").stdout)["files"]
                self.assertEqual((listed["archive_size"], listed["content_size"]), (len(archive), len(content)))
            for behind in (bytes(600) + b"x", bytes(600) + single):
                bad = self.write("bad.tct", archive + behind)
                for args in (["-dc"], ["list"], ["cat", "--range", "0-1"]):
                    self.fails(ARCHIVE, "archive is damaged", *args, bad.name)
                self.fails(ARCHIVE, "lost: an unknown number", "recover", "-c", bad.name)

    def test_limit_of_the_content(self):
        n = len(DATA)
        both = self.write("both.tct", self.data + self.archive(b"more")).name
        for args, name, size in ((["-dc"], "a.tct", n), (["-t"], "a.tct", n), (["cat"], "a.tct", n), (["-t"], both, n + 4),
                                 (["recover", "-c"], "a.tct", n), (["recover", "-c"], both, n + 4)):
            self.run_tacit(*args, name, "--limit-size", size)
            self.fails(RESOURCES, f"{name}: content is larger than the limit.*--limit-size", *args, name, "--limit-size",
                       size - 1)
        self.fails(RESOURCES, "larger than the limit", "-d", "a.tct", "--limit-size", "10K")
        self.assertEqual(self.names(), ["a.tct", "both.tct"])
        self.assertEqual(self.run_tacit("cat", "--range", "0-9", "--limit-size", "4K", "a.tct").stdout, DATA[:10])
        self.fails(RESOURCES, "larger than the limit", "cat", "--range", "0-9", "--limit-size", "4095", "a.tct")
        self.assertEqual(self.archive(DATA, "-1", "--verify", "--limit-size", "1"), self.archive(DATA, "-1"))

    def test_bomb_is_refused_before_it_is_decoded(self):
        """A header that says a gibibyte is not decoded to find out."""
        bomb = self.archive(bytes(64 << 20), "-1", "--block-size", "64M")
        self.assertLess(len(bomb), 10_000)
        self.fails(RESOURCES, "larger than the limit", "-t", "--limit-size", "32M", "-M", "1M", stdin=bomb)

    def test_decompress_leaves_nothing(self):
        self.write("bad.tct", self.damaged(3))
        self.run_tacit("-d", "bad.tct", expect=ARCHIVE)
        self.assertEqual(self.names(), ["a.tct", "bad.tct"])

    def test_stdout_has_only_verified_blocks(self):
        result = self.run_tacit("-dc", stdin=self.damaged(2), expect=ARCHIVE)
        self.assertEqual(result.stdout, DATA[:2 * N_BLOCK])


class List(Archives):
    def test_table(self):
        lines = self.run_tacit("-l", "a.tct").stdout.decode().splitlines()
        self.assertEqual(len(lines), 2)
        fields = lines[1].split()
        self.assertEqual(fields[:4], ["1", "4", str(len(self.data)), str(len(DATA))])
        self.assertAlmostEqual(float(fields[4]), len(DATA) / len(self.data), places=3)
        self.assertAlmostEqual(float(fields[5]), 8 * len(self.data) / len(DATA), places=3)
        self.assertEqual(fields[6], "a.tct")

    def test_several(self):
        self.write("b.tct", self.archive(b""))
        lines = self.run_tacit("list", "a.tct", "b.tct").stdout.decode().splitlines()
        self.assertEqual(len(lines), 4)
        self.assertEqual(lines[3].split()[-1], "(total)")
        self.assertEqual(int(lines[3].split()[3]), len(DATA))

    def test_blocks(self):
        lines = self.run_tacit("-lv", "a.tct").stdout.decode().splitlines()
        self.assertEqual([line.split()[1] for line in lines[3:]],
                         ["0", "4096", "8192", "12288"])

    def test_json(self):
        self.write('b "\\\t\x7f ä.tct', self.archive(b"abc"))
        document = json.loads(self.run_tacit("list", "--json", 'b "\\\t\x7f ä.tct').stdout)
        self.assertEqual(document["files"][0]["name"], 'b "\\\t\x7f ä.tct')
        [file] = json.loads(self.run_tacit("-l", "--json", "a.tct").stdout)["files"]
        self.assertEqual(file, {"name": "a.tct", "format_version": file["format_version"],
                                "archives": 1, "blocks": 4, "archive_size": len(self.data),
                                "content_size": len(DATA)})

    def test_json_of_names_that_are_no_text(self):
        for name, shown in [(b"\xff\xfe", "\ufffd\ufffd"), (b"a\xc3", "a\ufffd"),
                            (b"\xe2\x82", "\ufffd\ufffd"), (b"\xed\xa0\x80", "\ufffd" * 3),
                            (b"\xf0\x9f\x98\x80", "\U0001f600"), (b"\xc0\x80", "\ufffd\ufffd"),
                            ("€".encode(), "€")]:
            (self.dir / name.decode(errors="surrogateescape")).write_bytes(self.data)
            path = name.decode(errors="surrogateescape")
            document = json.loads(self.run_tacit("-l", "--json", path).stdout)
            self.assertEqual(document["files"][0]["name"], shown)

    def test_json_blocks(self):
        blocks = self.blocks(self.data)
        self.assertEqual([b["content_offset"] for b in blocks], [0, 4096, 8192, 12288])
        self.assertEqual(sum(b["content_size"] for b in blocks), len(DATA))
        self.assertEqual(blocks[2]["method"], "stored", "noise")
        for a, b in zip(blocks, blocks[1:]):
            self.assertEqual(a["archive_offset"] + a["archive_size"], b["archive_offset"])

    def test_json_of_bad_files(self):
        self.write("bad.tct", b"no archive")
        result = self.run_tacit("-l", "--json", "bad.tct", "a.tct", expect=ARCHIVE)
        self.assertEqual([f["name"] for f in json.loads(result.stdout)["files"]], ["a.tct"])
        result = self.run_tacit("-l", "--json", "missing", expect=FAILED)
        self.assertEqual(json.loads(result.stdout), {"files": []})

    def test_concatenated(self):
        self.write("two.tct", self.data + self.archive(b"more"))
        [file] = json.loads(self.run_tacit("-l", "--json", "two.tct").stdout)["files"]
        self.assertEqual((file["archives"], file["content_size"]), (2, len(DATA) + 4))

    def test_damaged(self):
        self.write("cut.tct", self.data[:-20])
        self.fails(ARCHIVE, "cut.tct: .*recover", "-l", "cut.tct")

    def test_names(self):
        """A name cannot play with the terminal."""
        self.write("a\x1b[2J\nb", self.data)
        out = self.run_tacit("-l", "a\x1b[2J\nb").stdout
        self.assertTrue(out.endswith(b"  a?[2J?b\n"), out)
        out = self.run_tacit("-l", "-", before=["sh", "-c", 'exec "$@" < a.tct', "sh"]).stdout
        self.assertTrue(out.endswith(b"  (stdin)\n"), out)

    def test_pipe(self):
        self.fails(FAILED, "cannot jump about", "list", "-", stdin=self.data)


class Cat(Archives):
    def test_ranges(self):
        n = len(DATA)
        for text_range, first, end in [("0-0", 0, 1), ("0-", 0, n), (f"{n - 1}-{n - 1}", n - 1, n),
                                       ("4095-4096", 4095, 4097), ("5000-12000", 5000, 12001),
                                       ("-1", n - 1, n), (f"-{n}", 0, n), ("1K-2K", 1024, 2049),
                                       (f"{n}-", n, n)]:
            result = self.run_tacit("cat", "--range", text_range, "a.tct")
            self.assertEqual(result.stdout, DATA[first:end], text_range)
            result = self.run_tacit("cat", "--range=" + text_range, "a.tct")
            self.assertEqual(result.stdout, DATA[first:end], text_range)

    def test_outside(self):
        n = len(DATA)
        for text_range in (f"0-{n}", f"{n + 1}-", f"-{n + 1}", f"{n}-{n}"):
            result = self.fails(USAGE, f"content, which is {n} bytes", "cat", "--range",
                                text_range, "a.tct")
            self.assertEqual(result.stdout, b"")

    def test_across_archives(self):
        self.write("two.tct", self.data + self.archive(b"0123456789"))
        result = self.run_tacit("cat", "--range", f"{len(DATA) - 2}-{len(DATA) + 2}", "two.tct")
        self.assertEqual(result.stdout, DATA[-2:] + b"012")

    def test_several_files_and_output(self):
        self.write("b.tct", self.archive(b"0123456789"))
        self.run_tacit("cat", "--range", "2-3", "-o", "out", "a.tct", "b.tct")
        self.assertEqual(self.read("out"), DATA[2:4] + b"23")
        self.run_tacit("cat", "-o", "all", "a.tct", "b.tct")
        self.assertEqual(self.read("all"), DATA + b"0123456789")

    def test_only_needed_blocks_are_read(self):
        self.write("bad.tct", self.damaged(1))
        self.assertEqual(self.run_tacit("cat", "--range", "9000-9999", "bad.tct").stdout,
                         DATA[9000:10000])
        self.fails(ARCHIVE, "bad.tct: ", "cat", "--range", "4000-9000", "bad.tct")

    def test_failed_output_leaves_nothing(self):
        self.write("bad.tct", self.damaged(1))
        self.run_tacit("cat", "-o", "out", "a.tct", "bad.tct", expect=ARCHIVE)
        self.assertEqual(self.names(), ["a.tct", "bad.tct"])

    def test_range_of_a_pipe(self):
        self.fails(FAILED, "cannot jump about", "cat", "--range", "0-1", stdin=self.data)


class Recover(Archives):
    def recover(self, archive, expect=ARCHIVE):
        self.write("bad.tct", archive)
        return self.run_tacit("recover", "-fo", "out", "bad.tct", expect=expect)

    def test_nothing_wrong(self):
        self.assertEqual(self.recover(self.data, expect=0).err, "")
        self.assertEqual(self.read("out"), DATA)

    def test_one_block(self):
        result = self.recover(self.damaged(1))
        self.assertIn("lost: bytes 4096-8191 (4096)", result.err)
        self.assertEqual(self.read("out"), DATA[:4096] + bytes(4096) + DATA[8192:])

    def test_first_and_last(self):
        result = self.recover(self.damaged(0, 3))
        self.assertIn("lost: bytes 0-4095 (4096)", result.err)
        self.assertIn("lost: bytes 12288-15287 (3000)", result.err)
        self.assertEqual(self.read("out"), bytes(4096) + DATA[4096:12288] + bytes(3000))

    def test_standard_output(self):
        self.write("bad.tct", self.damaged(2))
        self.assertEqual(self.run_tacit("recover", "bad.tct", expect=ARCHIVE).stdout,
                         DATA[:8192] + bytes(4096) + DATA[12288:])

    def test_index_gone(self):
        last = self.blocks(self.data)[-1]
        self.recover(self.data[:last["archive_offset"] + last["archive_size"]])
        self.assertEqual(self.read("out"), DATA)

    def test_torn_in_the_middle(self):
        second = self.blocks(self.data)[2]
        self.recover(self.data[:second["archive_offset"] + 5])
        self.assertEqual(self.read("out")[:8192], DATA[:8192])

    def test_head_gone(self):
        self.recover(self.data[self.blocks(self.data)[1]["archive_offset"]:])
        self.assertEqual(self.read("out"), bytes(4096) + DATA[4096:])

    def test_two_versions(self):
        """Blocks of two versions of a file: all whole, and together what never existed."""
        new = DATA[:N_BLOCK] + noise(N_BLOCK, 7) + DATA[2 * N_BLOCK:]
        old = DATA[:N_BLOCK] + noise(N_BLOCK, 8) + DATA[2 * N_BLOCK:]
        old, new = (self.archive(data, "-1", "--block-size", N_BLOCK) for data in (old, new))
        cut = self.blocks(old)[2]["archive_offset"]
        self.assertEqual(cut, self.blocks(new)[2]["archive_offset"])
        result = self.recover(old[:cut] + new[cut:])
        self.assertIn(f"doubtful: bytes 0-{len(DATA) - 1} ({len(DATA)}); each block is right by itself", result.err)
        self.assertEqual(self.read("out"), DATA[:N_BLOCK] + noise(N_BLOCK, 8) + DATA[2 * N_BLOCK:])
        self.fails(ARCHIVE, r"bad\.tct: .*checksum", "cat", "--range", "0-", "bad.tct")
        self.run_tacit("cat", "--range", "0-5000", "bad.tct")

    def test_whole_blocks_out_of_order(self):
        first, second = self.blocks(self.data)[1:3]
        a, b, c = first["archive_offset"], second["archive_offset"], second["archive_offset"] + second["archive_size"]
        self.assertEqual(self.recover(self.data[:a] + self.data[b:c] + self.data[a:b] + self.data[c:], expect=0).err, "")
        self.assertEqual(self.read("out"), DATA)

    def test_archives_inside(self):
        """A damaged stored block full of archives: they are content, and what follows stands where it stood."""
        inner = b"".join(self.archive(noise(300, i), "-1") for i in range(14))
        content = text(N_BLOCK) + inner[:N_BLOCK] + text(N_BLOCK, seed=3)
        archive = bytearray(self.archive(content, "-1", "--block-size", N_BLOCK))
        block = self.blocks(bytes(archive))[1]
        self.assertEqual(block["method"], "stored")
        archive[block["archive_offset"] + 60] ^= 1
        self.recover(bytes(archive))
        first, end = block["content_offset"], block["content_offset"] + block["content_size"]
        self.assertEqual(self.read("out"), content[:first] + bytes(end - first) + content[end:])

    def test_nothing_left(self):
        for data in (b"", noise(5000), self.data[:40], self.damaged(0, 1, 2, 3)):
            self.write("bad.tct", data)
            self.fails(ARCHIVE, "no block that is whole", "recover", "-o", "out", "bad.tct")
        self.assertEqual(self.names(), ["a.tct", "bad.tct"])

    def test_pipe(self):
        self.fails(FAILED, "cannot jump about", "recover", "-", "-o", "out", stdin=self.data)


main()
