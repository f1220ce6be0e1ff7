# SPDX-License-Identifier: Apache-2.0
"""A result of every kind that tacit report takes, made by the commands themselves on small files."""
import json

from harness import text
from toy_model import gguf

LOG = ([{"step": i, "tokens": 1000 * i, "loss": 5 - i / 100, "lr": 0.01, "tokens_per_s": 900, "seconds": i}
        for i in range(1, 101)] +
       [{"step": 100, "tokens": 100_000, "held": {"prose": 2.5, "code": 1.5}, "held_bpb": 2.0}])
COMPARED = {"machine": "m", "versions": {"xz": "5"}, "files": [
    {"name": "a", "class": "text", "content": 4000, "results": {
        "xz": {"codec": "xz", "size": 900, "encode_seconds": 0.1, "decode_seconds": 0.01},
        "slow": {"codec": "slow", "size": 1000, "encode_seconds": 0.2, "decode_seconds": 0.2}}}]}


def make_results(case):
    """Writes them into the folder of a CliTest; returns their names."""
    case.write("toy.gguf", gguf())
    case.write("a", text(4000))
    case.write("b <script>", text(3000, 2))
    models = ["./toy.gguf", "context", "context:1", "--", "a", "b <script>"]
    case.write("eval.json", case.run_tacit("eval", "--json", *models).stdout)
    case.write("rank.json", case.run_tacit("rank", "--json", "--rounds", "50", *models).stdout)
    case.write("bench.json", case.run_tacit("bench", "--json", "--levels", "1-3", "a", "b <script>").stdout)
    case.write("compare.json", json.dumps(COMPARED, indent=1).encode())
    pool = "\n".join(json.dumps({"text": text(200, i % 30).decode()}) for i in range(60))
    case.write("pool", pool.encode())
    case.run_tacit("select", "--budget", "40r", "--explain", "zip.jsonl", "-o", "chosen", "pool")
    case.write("log.jsonl", "".join(json.dumps(line) + "\n" for line in LOG).encode())
    case.write("layers.gguf", gguf(layers=3))
    case.write("inspect.json", case.run_tacit("inspect", "--json", "--limit", "600", "./layers.gguf", "a").stdout)
    case.write("matrices.json", case.run_tacit("inspect", "--json", "./toy.gguf").stdout)
    return ["eval.json", "rank.json", "bench.json", "compare.json", "zip.jsonl", "log.jsonl", "inspect.json", "matrices.json"]
