# SPDX-License-Identifier: Apache-2.0
"""tacit report: what it takes and hands to its page; bad input. test_pages.py opens the page in a browser."""
import json
import re

from harness import FAILED, OK, USAGE, CliTest, main
from sample_results import LOG, make_results


class Report(CliTest):
    def report(self, *args, expect=OK, **options):
        """The page's data."""
        page = self.run_tacit("report", *args, expect=expect, **options).stdout.decode()
        self.assertEqual(page.count("</script>"), 2)
        self.assertNotRegex(page, r'(src|href)="(?!data:)')
        return json.loads(re.search(r'id="data">(.*?)</script>', page, re.S).group(1))

    def test_all_kinds(self):
        names = make_results(self)
        data = self.report("--title", "A </script> title", *names)
        self.assertEqual(data["title"], "A </script> title")
        self.assertEqual([s["kind"] for s in data["sources"]], ["eval", "rank", "bench", "compare", "select", "train", "inspect", "inspect"])
        self.assertEqual([s["name"] for s in data["sources"]], names)
        for source in data["sources"][:4] + data["sources"][6:]:
            self.assertEqual(source["data"], json.loads(self.read(source["name"])))
        chosen = [json.loads(line) for line in self.read("zip.jsonl").splitlines()]
        self.assertEqual(data["sources"][4]["lines"], chosen)
        self.assertEqual(data["sources"][4]["head"], chosen[:20])
        self.assertEqual(data["sources"][4]["bytes"], sum(line["bytes"] for line in chosen))
        self.assertEqual((data["sources"][4]["n"], data["sources"][4]["chosen"]), (40, 40))
        self.assertEqual(data["sources"][5]["lines"], LOG)

    def test_output_whole_or_not_at_all(self):
        self.write("log.jsonl", json.dumps(LOG[0]).encode())
        self.write("page.html", b"old")
        self.fails(FAILED, "nowhere: cannot open", "report", "-fo", "page.html", "log.jsonl", "nowhere")
        self.fails(FAILED, "page.html: already exists", "report", "-o", "page.html", "log.jsonl")
        self.assertEqual(self.read("page.html"), b"old")
        self.run_tacit("report", "-fo", "page.html", "log.jsonl")
        self.assertIn(b'"step":1,', self.read("page.html"))
        self.assertEqual(self.names(), ["log.jsonl", "page.html"])
        self.fails(FAILED, "no/where", "report", "-o", "no/where", "log.jsonl")

    def test_many_lines_are_thinned(self):
        lines = (json.dumps({"rank": i, "line": i, "bytes": 10, "bits_per_byte": 1 / i, "why": "x"})
                 for i in range(1, 30_001))
        data = self.report("-", stdin="\n".join(lines).encode())
        source, = data["sources"]
        self.assertEqual((source["n"], source["bytes"]), (30_000, 300_000))
        ranks = [line["rank"] for line in source["lines"]]
        self.assertEqual(ranks, list(range(1, 30_001, 8)))
        self.assertEqual([line["rank"] for line in source["head"]], list(range(1, 21)))

    def test_bad_input(self):
        good = json.dumps(LOG[0])
        for data, pattern in [(b"", "holds no results"), (b"\xff\xfe", "line 1 is not JSON"),
                              (b"[1, 2]", "line 1 is no result"), (b'{"tacit": "eval"}', "line 1 is no result"),
                              (good.encode() + b'\n\n{"step": 2', "line 3 is not JSON"),
                              (good.encode() + b'\n{"rank": 1, "why": ""}', "line 2 is no result of train"),
                              (b"[" * 100_000, "line 1 is not JSON")]:
            self.write("bad", data)
            self.fails(FAILED, "bad: " + pattern, "report", "bad")
        self.write("torn", f'{good}\n{{"step": 2, "lo\n{good}\n'.encode())
        for data in (b"\xef\xbb\xbf" + good.encode(), b"  \n" + good.encode() + b"\n \t\r\n"):
            self.write("python", data)
            self.assertEqual(len(self.report("python")["sources"][0]["lines"]), 1)
        data = self.report("--skip-broken", "torn")
        self.assertEqual(len(data["sources"][0]["lines"]), 2)

    def test_refused(self):
        self.fails(USAGE, "name files", "report")
        self.fails(USAGE, "unrecognized option '--bogus'", "report", "--bogus")
        self.fails(USAGE, "requires an argument", "report", "-o")
        self.assertIn("Usage: tacit report", self.run_tacit("report", "--help").stdout.decode())


main()
