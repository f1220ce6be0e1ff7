# SPDX-License-Identifier: Apache-2.0
"""The pages of tacit report and tacit surprise in headless Chromium: no errors, readable in light and dark, everything
within reach of the keyboard, a megabyte of text without delay. Skipped where there is no chromium."""
import html
import json
import re
import shutil
import struct
import subprocess
import unittest
import zlib

from harness import CliTest, main, text
from sample_results import make_results

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

PROBE = """
<script>
(() => {
const press = (target, key) => target.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
const colors = element => { const s = getComputedStyle(element); return [s.color, s.backgroundColor]; };
const found = {colors: colors(document.body), ready: document.body.dataset.ready};
%s
document.body.dataset.probe = JSON.stringify(found);
})();
</script>
"""


def pixels(png):
    """Rows of (r, g, b) of a screenshot."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert depth == 8 and kind in (2, 6)
    n, at, packed = {2: 3, 6: 4}[kind], 8, b""
    while at < len(png):
        size, name = struct.unpack(">I4s", png[at:at + 8])
        packed += png[at + 8:at + 8 + size] if name == b"IDAT" else b""
        at += size + 12
    raw, stride, rows, last = zlib.decompress(packed), n * width, [], bytes(n * width)
    for y in range(height):
        kind, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for i in range(stride if kind else 0):
            left, above = line[i - n] if i >= n else 0, last[i]
            corner = last[i - n] if i >= n else 0
            p = left + above - corner
            nearest = min((left, above, corner), key=lambda v, p=p: abs(p - v))
            line[i] = (line[i] + (left, above, (left + above) // 2, nearest)[kind - 1]) % 256
        rows.append([tuple(line[i:i + 3]) for i in range(0, stride, n)])
        last = line
    return rows


def luminance(color):
    """As WCAG 2 has it."""
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + .055) / 1.055) ** 2.4 for c in color]
    return .2126 * linear[0] + .7152 * linear[1] + .0722 * linear[2]


@unittest.skipUnless(CHROMIUM, "no chromium here")
class Pages(CliTest):
    def chromium(self, name, *options):
        """Opens the page; returns its document at the end and what the console said."""
        result = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--window-size=1000,800",
             f"--user-data-dir={self.dir}/profile", *options, f"file://{self.dir}/{name}"],
            capture_output=True, text=True, timeout=300, check=True)
        return result.stdout, re.findall(r"CONSOLE.*", result.stderr)

    def probe(self, name, script, *options):
        """What the script finds on the page."""
        self.write("probed.html", self.read(name).replace(b"</body>", (PROBE % script).encode() + b"</body>"))
        document, console = self.chromium("probed.html", "--dump-dom", *options)
        self.assertEqual(console, [])
        found = json.loads(html.unescape(re.search(r'data-probe="([^"]*)"', document).group(1)))
        self.assertEqual(found["ready"], "yes")
        return found

    def check_looks(self, name):
        """Text stands out in light and dark, and the screenshot shows it."""
        grounds = []
        for options in ([], ["--force-dark-mode"]):
            ink, ground = ([int(n) for n in re.findall(r"\d+", color)[:3]]
                           for color in self.probe(name, "", *options)["colors"])
            light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
            self.assertGreater((light + .05) / (dark + .05), 7, "contrast")
            grounds.append(luminance(ground))
            self.chromium(name, f"--screenshot={self.dir}/shot.png", "--hide-scrollbars", *options)
            rows = pixels(self.read("shot.png"))
            counts = {}
            for row in rows:
                for pixel in row:
                    counts[pixel] = counts.get(pixel, 0) + 1
            self.assertEqual(max(counts, key=counts.get), tuple(ground))
            self.assertGreater(len(counts), 100, "a page with text and colours")
        self.assertGreater(grounds[0], .8)
        self.assertLess(grounds[1], .2)

    def test_an_error_would_be_seen(self):
        self.write("bad.html", b"<!DOCTYPE html><body><script>throw new Error('seen')</script></body>")
        self.assertRegex(self.chromium("bad.html", "--dump-dom")[1][0], "seen")

    def test_report(self):
        names = make_results(self)
        self.run_tacit("report", "-o", "page.html", *names)
        found = self.probe("page.html", """
            found.headings = [...document.querySelectorAll("h2")].map(e => e.textContent);
            found.plots = [...document.querySelectorAll("figcaption")].map(e => e.textContent);
            found.broken = /NaN|undefined|Infinity/.test(document.getElementById("main").innerHTML);
            found.stops = [...document.querySelectorAll("figure > svg")].every(e => e.tabIndex === 0);
            const figure = [...document.querySelectorAll("figure")].find(f => f.textContent.startsWith("Loss"));
            press(figure.querySelector(":scope > svg"), "ArrowRight");
            found.first = figure.querySelector(".readout").textContent;
            press(figure.querySelector(":scope > svg"), "ArrowRight");
            found.second = figure.querySelector(".readout").textContent;
            const map = [...document.querySelectorAll("figure")].find(f => f.textContent.startsWith("layers.gguf: bits"));
            press(map.querySelector(":scope > svg"), "ArrowRight");
            found.square = map.querySelector(".readout").textContent;
            found.squares = map.querySelectorAll("rect").length;
            const region = document.querySelector("[aria-label=Evaluations]"), button = region.querySelectorAll("button")[4];
            const column = () => [...region.querySelectorAll("tbody tr")].map(r => Number(r.children[4].textContent));
            button.click();
            found.sorted = column();
            button.click();
            found.reversed = column();
            found.order = button.parentElement.getAttribute("aria-sort");
            const ratio = [...document.querySelectorAll("figure")].filter(f => f.textContent.includes("Pareto"));
            found.fronts = ratio.map(f => f.querySelector("polyline").getAttribute("points").split(" ").length);""")
        self.assertEqual(found["headings"], ["Evaluation", "Ranking", "Size and speed", "Selection", "Training",
                                             "Inside a model"])
        for title in ("Bits per byte by corpus", "Ratio against speed (", "Model and data together", "All files together",
                      "Ratio against speed of compression", "Ratio against speed of decompression", "Cost by place",
                      "Loss", "Held-out text", "Held-out text by kind", "layers.gguf: layers", "layers.gguf: share of attention",
                      "layers.gguf: bits a byte more without a head", "toy.gguf: layers"):
            self.assertTrue(any(plot.startswith(title) for plot in found["plots"]), title)
        self.assertFalse(found["broken"])
        self.assertTrue(found["stops"])
        self.assertEqual([found["first"], found["second"]], [f"log.jsonl: tokens {n} k, loss {5 - n / 100:.2f}" for n in (1, 2)])
        self.assertRegex(found["square"], r"^layer 0, head 0: -?[0-9.]+$")
        self.assertEqual(found["squares"], 3)
        self.assertEqual(found["sorted"], sorted(found["sorted"]))
        self.assertEqual(found["reversed"], sorted(found["sorted"], reverse=True))
        self.assertEqual((len(found["sorted"]), found["order"]), (6, "descending"))
        self.assertTrue(all(n >= 1 for n in found["fronts"]) and len(found["fronts"]) == 3)
        self.check_looks("page.html")

    def test_cache_front(self):
        make_results(self)
        names = []
        for kv, keep in (("8", 0), ("4", 0), ("k4v3s", 30)):
            names.append(f"{kv}-{keep}.json")
            how = ["--kv", kv] + (["--kv-keep", str(keep)] if keep else [])
            self.write(names[-1], self.run_tacit("eval", "--json", "./toy.gguf", *how, "--", "a").stdout)
        self.run_tacit("report", "-o", "page.html", *names)
        found = self.probe("page.html", """
            const figure = [...document.querySelectorAll("figure")].find(f => f.textContent.startsWith("Bits per byte against"));
            found.names = [...figure.querySelectorAll(".legend li")].map(e => e.textContent);
            found.front = figure.querySelector("polyline").getAttribute("points").split(" ").length;
            found.broken = /NaN|undefined|Infinity/.test(document.getElementById("main").innerHTML);""")
        self.assertEqual(found["names"], ["toy.gguf", "toy.gguf, 4", "toy.gguf, k4v3s, 30 %"])
        self.assertTrue(1 <= found["front"] <= 3)
        self.assertFalse(found["broken"])

    def test_surprise(self):
        make_results(self)
        self.run_tacit("surprise", "-m", "./toy.gguf", "--compare", "./toy.gguf", "--html", "page.html", "a")
        found = self.probe("page.html", """
            const text = document.getElementById("text"), at = () => Number(text.querySelector(".at").dataset.i);
            found.moves = ["ArrowRight", "ArrowRight", "ArrowLeft", "PageDown", "PageUp", "ArrowDown"].map(key => {
              press(text, key);
              return at();
            });
            found.details = document.getElementById("details").textContent;
            press(document.getElementById("strip"), "ArrowRight");
            found.page = document.getElementById("page").textContent;
            document.querySelector("#passages button").click();
            found.focused = document.activeElement.id;""")
        self.assertEqual(found["moves"][:5], [0, 1, 0, 3000, 0])
        self.assertGreater(found["moves"][5], 0)
        self.assertIn("Likeliest here:", found["details"])
        self.assertRegex(found["details"], r"both, mixed[\d.]+the model saves-?[\d.]+context models save-?[\d.]+")
        self.assertRegex(found["details"], r"share: (model \d+ %, context \d+ %|neither)")
        self.assertEqual((found["page"], found["focused"]), ("Page 2 of 2", "text"))
        self.check_looks("page.html")

    def test_surprise_of_a_megabyte(self):
        self.write("large", text(1 << 20))
        self.run_tacit("surprise", "--html", "page.html", "large", timeout=300)
        found = self.probe("page.html", """
            found.spans = document.querySelectorAll("#text span").length;
            const start = performance.now();
            for (let i = 0; i < 10; i++) press(document.getElementById("strip"), "ArrowRight");
            found.ms = performance.now() - start;
            found.page = document.getElementById("page").textContent;""")
        self.assertEqual(found["spans"], 3000)
        self.assertRegex(found["page"], r"Page 11 of \d\d\d")
        self.assertLess(found["ms"], 3000)


main()
