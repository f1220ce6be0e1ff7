# SPDX-License-Identifier: Apache-2.0
"""Text between what is none: the language model is used, and what lies between costs little."""
import base64
import io
import json
import os
import subprocess
import tarfile

from harness import SOURCE_DIR, TACIT, CliTest, identity_size, main, noise

FILES = ["cli/base/commands.h", "cli/base/signals.h", "cli/base/number_text.h"]
TEXT = (SOURCE_DIR / "docs/glossary.md").read_bytes()[:1600]


class SegmentsTest(CliTest):
    def setUp(self):
        super().setUp()
        if identity_size(self.archive(TEXT)) == 0:
            self.skipTest("built without the default model")

    def size_by_model(self, data):
        """Of an archive that the model coded, and that comes back."""
        archive = self.archive(data)
        self.assertEqual(self.run_tacit("-dc", stdin=archive).stdout, data)
        self.assertEqual({block["method"] for block in self.blocks(archive)}, {"model"})
        return len(archive)

    def test_tar(self):
        """As tar -I tacit makes it, of every format that Python writes, and cut anywhere."""
        contents = [(SOURCE_DIR / name).read_bytes() for name in FILES]
        joined = self.size_by_model(b"".join(contents))
        for kind in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode="w", format=kind) as tar:
                for name, content in zip(FILES, contents):
                    info = tarfile.TarInfo(name + "/" + "long" * 30 if kind != tarfile.USTAR_FORMAT else name)
                    info.size, info.mtime = len(content), 1700000000
                    tar.addfile(info, io.BytesIO(content))
            self.assertLess(self.size_by_model(packed.getvalue()), joined + 220)
        self.size_by_model(packed.getvalue()[700:4000])

    def test_tar_uses_it(self):
        for name in FILES:
            path = self.dir / "project" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes((SOURCE_DIR / name).read_bytes())
        env = {**os.environ, "PATH": f"{os.path.dirname(TACIT)}:{os.environ['PATH']}"}
        subprocess.run(["tar", "-I", "tacit", "-cf", "project.tar.tct", "project"], cwd=self.dir, env=env, check=True)
        (self.dir / "project").rename(self.dir / "was")
        subprocess.run(["tar", "-I", "tacit", "-xf", "project.tar.tct"], cwd=self.dir, env=env, check=True)
        subprocess.run(["diff", "-r", "was", "project"], cwd=self.dir, check=True)
        self.assertEqual({block["method"] for block in self.blocks(self.read("project.tar.tct"))}, {"model"})

    def test_holes(self):
        plain = self.size_by_model(TEXT)
        for n_zeros in (8, 4096):
            self.assertLess(self.size_by_model(TEXT[:1000] + bytes(n_zeros) + TEXT[1000:]), plain + 30, n_zeros)

    def test_separators(self):
        plain = self.size_by_model(TEXT)
        for separator in (b"\0", b"\x01"):
            self.assertLess(self.size_by_model(TEXT.replace(b" | ", separator)), plain * 1.2, separator)

    def test_mail(self):
        """What base64 holds is paid for at its price, or nearly, and text around it is text."""
        plain, content = self.size_by_model(TEXT), noise(1500)
        head = (b"\n--=_next\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\n")
        mail = TEXT[:1000] + head + base64.encodebytes(content) + b"\n--=_next--\n" + TEXT[1000:]
        self.assertLess(self.size_by_model(mail), plain + len(content) * 1.06 + 120)

    def test_notebook(self):
        image = base64.b64encode(noise(900)).decode()
        cells = [{"cell_type": "markdown", "source": TEXT.decode()[:1000].splitlines(True)},
                 {"cell_type": "code", "outputs": [{"data": {"image/png": image + "\n"}}]}]
        plain = self.size_by_model(json.dumps(cells[:1], indent=1).encode())
        self.assertLess(self.size_by_model(json.dumps(cells, indent=1).encode()), plain + 900 * 1.06 + 80)

    def test_other_forms(self):
        """Text in another encoding, and as digits, takes hardly more than as it is."""
        plain, text = self.size_by_model(TEXT), TEXT.decode()
        windows = text.replace("\n", "\r\n")
        forms = [text.encode("utf-16"), windows.encode("utf-16-be"), text.encode("utf-32"), base64.b64encode(TEXT),
                 base64.encodebytes(TEXT).replace(b"\n", b"\r\n"), base64.urlsafe_b64encode(TEXT).rstrip(b"="),
                 TEXT.hex().encode(), b"".join(TEXT[i:i + 30].hex().upper().encode() + b"\n" for i in range(0, 1600, 30))]
        for i, form in enumerate(forms):
            self.assertLess(self.size_by_model(form), plain * 1.03 + 2, i)

    def test_forms_within(self):
        """A letter of base64 in mail; base64 in JSON strings; UTF-16 behind a line."""
        letter = base64.encodebytes(TEXT[:800])
        head = b"\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
        plain = self.size_by_model(TEXT[800:] + head + TEXT[:800])
        self.assertLess(self.size_by_model(TEXT[800:] + head + letter), plain + 30)
        strings = [TEXT[i:i + 150] for i in range(0, 1500, 150)]
        plain = self.size_by_model(json.dumps([s.decode() for s in strings]).encode())
        coded = json.dumps([base64.b64encode(s).decode() for s in strings]).encode()
        self.assertLess(self.size_by_model(coded), plain + 10 * len(strings))
        plain = self.size_by_model(TEXT)
        self.assertLess(self.size_by_model(b"part 1\n" + TEXT.decode().encode("utf-16-le")), plain + 30)

    def test_binary_within(self):
        """Like the streams of a PDF."""
        plain, content = self.size_by_model(TEXT), noise(2000)
        parts = [TEXT[:1000], b"\nstream\n", content, b"\nendstream\n", TEXT[1000:]]
        self.assertLess(self.size_by_model(b"".join(parts)), plain + len(content) * 1.04 + 60)


main()
