# SPDX-License-Identifier: Apache-2.0
"""tacit model fetch of an address, from a server on the loopback address that drops connections, lies about lengths
and parts, serves other bytes, and asks for a token."""
import hashlib
import http.server
import os
import re
import shutil
import subprocess
import threading

from harness import ARCHIVE, FAILED, TACIT, UNSUPPORTED, USAGE, CliTest, main
from toy_model import gguf, whole


class Server(http.server.ThreadingHTTPServer):
    """Serves files; each has a list of what to do with the requests for it, the last for all that follow."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.plans, self.requests = {}, {}, []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        pass


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        plan = self.server.plans.get(self.path, [{}])
        doing = plan.pop(0) if len(plan) > 1 else plan[0]
        self.server.requests.append((self.path, dict(self.headers)))
        data = doing.get("data", self.server.files.get(self.path))
        if "code" in doing or data is None:
            self.send_response(doing.get("code", 404))
            for name, text in doing.get("headers", {}).items():
                self.send_header(name, text)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        etag = doing.get("etag", f'"{hashlib.md5(data).hexdigest()}"')
        begin = 0
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and self.headers.get("If-Range") == etag and not doing.get("no_ranges"):
            begin = int(asked[1])
            self.send_response(206)
            shown = begin + doing.get("shift", 0)
            self.send_header("Content-Range", f"bytes {shown}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(data) - begin + doing.get("lie", 0)))
        self.end_headers()
        self.wfile.write(data[begin:begin + doing.get("drop", len(data))])
        self.close_connection = True


class Fetch(CliTest):
    def setUp(self):
        super().setUp()
        self.server = Server()
        self.home = self.dir / "data/tacit/models"
        self.env = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}
        self.env.update(XDG_DATA_HOME=str(self.dir / "data"), XDG_DATA_DIRS=str(self.dir / "system"),
                        HF_ENDPOINT=self.server.address)
        self.env.pop("HF_TOKEN", None)
        self.data = gguf()
        self.sha256 = hashlib.sha256(self.data).hexdigest()
        self.path = "/me/repo/resolve/main/toy.gguf"
        self.server.files[self.path] = self.data
        probe = subprocess.run([TACIT, "model", "fetch", "hf:me/repo/none.gguf"], env=self.env, capture_output=True)
        if b"built without libcurl" in probe.stderr:
            self.skipTest("built without libcurl")
        self.server.requests.clear()

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        super().tearDown()

    def fetch(self, address="hf:me/repo/toy.gguf"):
        return self.run_tacit("model", "fetch", address, env=self.env).stdout.decode()

    def refused(self, code, pattern, address="hf:me/repo/toy.gguf"):
        self.fails(code, pattern, "model", "fetch", address, env=self.env)

    def stored(self):
        return sorted(path.name for path in self.home.iterdir())

    def check_stored(self):
        self.assertEqual(self.stored(), ["toy.gguf", "toy.tmodel"])
        self.assertEqual((self.home / "toy.gguf").read_bytes(), self.data)

    def test_library_is_loaded_when_fetching(self):
        """libcurl brings some thirty libraries, which every start of the command would pay for."""
        if not shutil.which("readelf"):
            self.skipTest("no readelf")
        needed = subprocess.run(["readelf", "-d", TACIT], capture_output=True, text=True, check=False).stdout
        if "NEEDED" not in needed:
            self.skipTest("linked without shared libraries")
        self.assertNotIn("libcurl", needed)

    def test_whole(self):
        said = self.fetch(f"hf:me/repo/toy.gguf#sha256={self.sha256.upper()}")
        self.assertRegex(said, "toy: SHA-256 verified, stored as .*toy.gguf")
        self.check_stored()
        self.assertIn("is there already", self.fetch())
        self.assertEqual(len(self.server.requests), 1)

    def test_unknown_hash_is_told(self):
        self.assertIn(f"SHA-256 {self.sha256}, which the server does not vouch for", self.fetch())
        self.check_stored()

    def test_hash_of_the_server(self):
        """The first server names the hash and sends on to another, which gets no token."""
        self.server.files["/cdn"] = self.data
        self.env["HF_TOKEN"] = "secret"
        self.server.plans[self.path] = [{"code": 302, "headers": {
            "X-Linked-ETag": f'"{self.sha256}"', "Location": f"http://localhost:{self.server.server_address[1]}/cdn"}}]
        self.assertIn("SHA-256 verified", self.fetch())
        (_, first), (_, second) = self.server.requests
        self.assertEqual((first.get("Authorization"), second.get("Authorization")), ("Bearer secret", None))

    def test_revision_and_folder(self):
        self.server.files["/me/repo/resolve/v1.0/sub/toy.gguf"] = self.data
        self.fetch("hf:me/repo/sub/toy.gguf@v1.0")
        self.check_stored()

    def test_dropped_connections(self):
        self.server.plans[self.path] = [{"drop": 1000}, {"drop": 50000}, {"drop": 1}, {}]
        self.fetch()
        self.check_stored()
        self.assertEqual([headers.get("Range") for _, headers in self.server.requests],
                         [None, "bytes=1000-", "bytes=51000-", "bytes=51001-"])

    def test_next_run_goes_on(self):
        self.server.plans[self.path] = [{"drop": 70000}] + 9 * [{"drop": 0}]
        self.refused(FAILED, "toy: .*after 70000 bytes; the same command goes on from there")
        self.assertEqual(self.stored(), [".fetch"])
        self.server.requests.clear()
        self.server.plans.clear()
        self.fetch()
        self.check_stored()
        self.assertEqual(self.server.requests[0][1]["Range"], "bytes=70000-")

    def test_other_file_meanwhile(self):
        """What is there is of another file: the server sends the new one whole."""
        self.server.plans[self.path] = [{"drop": 70000, "data": gguf(seed=2)}, {}]
        self.fetch()
        self.check_stored()

    def test_server_without_parts(self):
        self.server.plans[self.path] = [{"drop": 70000}, {"no_ranges": True}]
        self.fetch()
        self.check_stored()

    def test_wrong_part(self):
        self.server.plans[self.path] = [{"drop": 70000}, {"shift": 1}]
        self.refused(FAILED, "the server sends another part than the one asked for")

    def test_lies_about_length(self):
        self.server.plans[self.path] = [{"lie": 1000}]
        self.refused(FAILED, f"after {len(self.data)} bytes")
        self.server.plans[self.path] = [{"lie": -1000, "etag": '"short"'}]
        self.refused(UNSUPPORTED, "toy: ")
        self.assertEqual(self.stored(), [])

    def test_other_bytes(self):
        other = gguf(seed=2)
        self.server.plans[self.path] = [{"data": other}]
        self.refused(ARCHIVE, f"has the SHA-256 {hashlib.sha256(other).hexdigest()} instead of {self.sha256}",
                     f"hf:me/repo/toy.gguf#sha256={self.sha256}")
        self.server.plans[self.path] = [{"data": b"<!DOCTYPE html><title>Not here</title>"}]
        self.refused(UNSUPPORTED, "what was fetched cannot be run: a web page.*; it is removed")
        self.assertFalse((self.home / "toy.gguf").exists())

    def test_server_refuses(self):
        self.refused(FAILED, "HTTP 404 to http://127.0.0.1", "hf:me/repo/none.gguf")
        self.server.plans[self.path] = [{"code": 403}]
        self.refused(FAILED, "HTTP 403.*set HF_TOKEN")
        self.server.plans[self.path] = [{"code": 503}, {}]
        self.fetch()
        self.check_stored()

    def test_several_files(self):
        down = "blk.0.ffn_down.weight"
        rest = ["token_embd.weight", "output_norm.weight"] + [f"blk.0.{part}.weight" for part in (
            "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "attn_norm", "ffn_norm")]
        for i, left_out in enumerate(([down], rest)):
            self.server.files[f"/me/repo/resolve/main/toy-{i + 1:05}-of-00002.gguf"] = gguf(
                more_values=[whole("split.no", i), whole("split.count", 2)], left_out=left_out)
        self.fetch("hf:me/repo/toy-00001-of-00002.gguf")
        self.assertEqual(self.stored(), ["toy.tmodel"])

    def test_addresses(self):
        for address, why in {"hf:me/toy.gguf": "a file is named as hf:OWNER", "hf:me/repo/../x.gguf": "a file is named as",
                             "https://host/page.html": "not the address of a .gguf", "https://host/": "not the address",
                             f"{self.server.address}/toy.gguf": "plain http:// is taken only with #sha256",
                             "hf:me/repo/toy.gguf#md5=1": "what follows #"}.items():
            self.refused(USAGE, why, address)
        self.refused(FAILED, "toy: ", "https://127.0.0.1:1/toy.gguf")
        self.server.files["/toy.gguf"] = self.data
        self.fetch(f"{self.server.address}/toy.gguf#sha256={self.sha256}")
        self.check_stored()

    def test_proxy(self):
        self.env["http_proxy"] = self.server.address
        self.server.files["http://models.invalid/toy.gguf"] = self.data
        self.fetch(f"http://models.invalid/toy.gguf#sha256={self.sha256}")
        self.check_stored()


main()
