#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py TACIT CORPUS [--teacher MODEL] [--new CONFIG] [--budget STEPS] [--same-steps] [--seeds N] [--only ARM...]: students of
one teacher, by itself the linked-in model, at the same cost or, with --same-steps, of as many steps, one for each set of things
that it sees. In a folder with `human` and `written` (make_texts.sh). CORPUS has the texts that judge."""
import argparse
import csv
import io
import math
import os
import subprocess

TEXTS = [("en_wiki_2025-01b.txt", 20000), ("code_go_mcp_b.go", 10000), ("de_wiki_2024-08b.txt", 10000)]
# name, text, --see
ARMS = [("text by people", "human", "text"),
        ("text by the teacher", "written", "text"),
        ("distributions", "human", "distributions"),
        ("text, distributions", "human", "text,distributions"),
        ("text, hidden", "human", "text,hidden"),
        ("text, attention", "human", "text,attention"),
        ("text, gradients", "human", "text,gradients"),
        ("distributions, gradients", "human", "distributions,gradients"),
        ("text, distributions, hidden", "human", "text,distributions,hidden"),
        ("all four", "human", "text,distributions,hidden,attention"),
        ("all four, text by the teacher", "written", "text,distributions,hidden,attention")]


def user_time(command):
    before = os.times().children_user
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return os.times().children_user - before, out


def distil(args, arm, steps, seed, to="made.tmodel"):
    student = ["--config", args.new] if args.new else ["student.tmodel"]
    return user_time([args.tacit, "train", "distil", "-qq", "-f", "-T1", "--teacher", args.teacher, "--text", arm[1], "--see", arm[2],
                      "--seed", str(seed), "--steps", str(steps), "-o", to, *student])[0]


def cost_of_step(args, arm):
    """The lesser of two differences between 9 steps and 1."""
    return min(distil(args, arm, 9, 0) - distil(args, arm, 1, 0) for _ in range(2)) / 8


def measure(args, model):
    """Bits a byte of each text, and bits a token of passages when they come and when they come again."""
    names = [name for name, _ in TEXTS]
    out = user_time([args.tacit, "eval", "-q", "-T1", "--csv", model, "--", *names])[1]
    bits = {row["file"]: float(row["bits_per_byte"]) for row in csv.DictReader(io.StringIO(out)) if row["file"] in names}
    out = user_time([args.tacit, "eval", "-q", "-T1", "--csv", "--probe", "copy", "--window", "512", model, "--", names[0]])[1]
    rows = list(csv.DictReader(io.StringIO(out)))
    copy = [float(rows[0][f"{time}_bits_per_token"]) for time in ("first", "again")]
    return [bits[name] for name in names] + copy


def show(name, steps, cost, figures):
    mean = math.exp(sum(math.log(x) for x in figures[:3]) / 3)
    print(f"| {name} | {steps} | {cost:.3f} | " + " | ".join(f"{x:.4f}" for x in figures[:3]) +
          f" | {mean:.4f} | {figures[3]:.2f} | {figures[4]:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tacit")
    parser.add_argument("corpus")
    parser.add_argument("--teacher", default="default")
    parser.add_argument("--new")
    parser.add_argument("--budget", type=int, default=120)
    parser.add_argument("--same-steps", action="store_true")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--only", nargs="+", default=[arm[0] for arm in ARMS])
    args = parser.parse_args()
    for name, size in TEXTS:
        with open(f"{args.corpus}/{name}", "rb") as whole, open(name, "wb") as part:
            part.write(whole.read(size))
    if not args.new:
        subprocess.run([args.tacit, "model", "prune", "-qq", "-f", "--what", "layers", "--ratio", "0.5", "--calibrate", "human",
                        "-o", "student.tmodel", args.teacher], check=True)
        show("student before", 0, 0, measure(args, "./student.tmodel"))
    show("teacher", 0, 0, measure(args, args.teacher))
    arms = [ARMS[0]] + [arm for arm in ARMS[1:] if arm[0] in args.only]
    costs = [cost_of_step(args, arm) for arm in arms]
    steps = [args.budget if args.same_steps else round(args.budget * costs[0] / cost) for cost in costs]
    runs = [[] for _ in arms]
    for seed in range(args.seeds):
        for arm, n, cost, done in zip(arms, steps, costs, runs):
            distil(args, arm, n, seed)
            done.append(measure(args, "./made.tmodel"))
            show(f"{arm[0]}, seed {seed}", n, cost, done[-1])
    for arm, n, cost, done in zip(arms, steps, costs, runs):
        show(arm[0], n, cost, [sum(column) / len(done) for column in zip(*done)])


main()
