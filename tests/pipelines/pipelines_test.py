#!/usr/bin/env python3
"""The pipelines of this repository, run from recordings: two runs each, the second a day later.

    pipelines_test.py LODE [PIPELINE]                   replay, and compare the tables with what the stand-ins say
    pipelines_test.py LODE --record DEMO_API            make the recordings anew: from the stand-ins and the demo API

The recordings are in recordings/PIPELINE/RUN.
"""

import contextlib
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

from stand_ins import GitHub, Stripe

HERE = pathlib.Path(__file__).resolve().parent
PIPELINES = HERE.parents[1] / "pipelines"
DEMO_PORT = 40483
TOKENS = ("GITHUB__TOKEN", "STRIPE__API_KEY", "GAME_STUDIO__TOKEN")


class Runs:
    """Runs of one pipeline into a database of their own. A context manager."""

    def __init__(self, lode, name, *arguments):
        self.lode, self.name, self.arguments = os.path.abspath(lode), name, arguments

    def __enter__(self):
        self.holder = tempfile.TemporaryDirectory(prefix="lode-pipelines-")
        self.folder = pathlib.Path(self.holder.name)
        return self

    def __exit__(self, *_):
        self.holder.cleanup()

    def run(self, number, option, token):
        recording = HERE / "recordings" / self.name / str(number)
        if option == "--record":
            shutil.rmtree(recording, ignore_errors=True)
        done = subprocess.run(
            [self.lode, "run", str(PIPELINES / self.name), "--progress", "none", option, str(recording),
             "--destination", "sqlite:///out.db", "--dataset", "main", "--", *self.arguments],
            cwd=self.folder, capture_output=True, text=True, timeout=120, check=False,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "LODE_HOME": str(self.folder / "home"),
                 **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")},
                 **{"SOURCES__" + name: token for name in TOKENS}},
        )  # fmt: skip
        assert done.returncode == 0, f"{self.name}, run {number}: {done.stdout}{done.stderr}"

    def query(self, sql):
        with contextlib.closing(sqlite3.connect(self.folder / "out.db")) as connection:
            return connection.execute(sql).fetchall()

    def expect(self, sql, wanted):
        found, wanted = sorted(self.query(sql), key=str), sorted(wanted, key=str)
        assert found == wanted, f"{self.name}: {sql}:\n  found  {found}\n  wanted {wanted}"


def check_github(runs, generation):
    rows = GitHub().rows(generation)
    issues = [issue for issue in rows["issues"] if "pull_request" not in issue]
    runs.expect("SELECT id, title, state, body FROM issues",
                [(i["id"], i["title"], i["state"], i["body"]) for i in issues])
    runs.expect("SELECT i.number, l.name FROM issues AS i JOIN issues__labels AS l ON l._dlt_parent_id = i._dlt_id",
                [(i["number"], label["name"]) for i in issues for label in i["labels"]])
    runs.expect("SELECT id, body FROM issue_comments", [(c["id"], c["body"]) for c in rows["comments"]])
    runs.expect("SELECT number, state, head__ref FROM pull_requests",
                [(p["number"], p["state"], p["head"]["ref"]) for p in rows["pulls"]])
    runs.expect("SELECT _pull_requests_number, id FROM reviews",
                [(pull, review["id"]) for pull, reviews in rows["reviews"].items() for review in reviews])
    runs.expect("SELECT full_name, stargazers_count FROM repository", [("studio/game", 42)])


def check_stripe(runs, generation):
    rows = Stripe().rows(generation)
    runs.expect("SELECT id, created, email FROM customers",
                [(c["id"], c["created"], c["email"]) for c in rows["customers"]])
    runs.expect("SELECT id, amount, amount_refunded, payment_method_details__card__last4 FROM charges",
                [(c["id"], c["amount"], c["amount_refunded"], "4242") for c in rows["charges"]])
    runs.expect("SELECT i.id, l.id, l.amount FROM invoices AS i JOIN invoices__lines__data AS l "
                "ON l._dlt_parent_id = i._dlt_id",
                [(i["id"], line["id"], line["amount"]) for i in rows["invoices"] for line in i["lines"]["data"]])
    runs.expect("SELECT id, status FROM subscriptions", [(s["id"], s["status"]) for s in rows["subscriptions"]])
    runs.expect("SELECT id, unit_amount_decimal FROM prices",
                [(p["id"], p["unit_amount_decimal"]) for p in rows["prices"]])
    runs.expect("SELECT id FROM products", [("prod_1",)])


def check_game_studio(runs, generation):
    # What the demo API says of itself is compared with in tests/lua/game_studio_test.cpp; here it is the recording.
    runs.expect("SELECT count(*), count(DISTINCT id) FROM players", [(12, 12)] if generation == 1 else [(13, 13)])
    runs.expect("SELECT count(*) - count(DISTINCT id) FROM purchases", [(0,)])
    runs.expect("SELECT count(*) FROM matches__teams WHERE _dlt_parent_id NOT IN (SELECT _dlt_id FROM matches)",
                [(0,)])


def github(lode):
    return Runs(lode, "github", f"base_url=http://127.0.0.1:{GitHub.port}", "repository=studio/game", "per_page=3")


def stripe(lode):
    return Runs(lode, "stripe", f"base_url=http://127.0.0.1:{Stripe.port}/v1", "limit=3", "days_of_grace=3")


def game_studio(lode):
    return Runs(lode, "game_studio", f"base_url=http://127.0.0.1:{DEMO_PORT}")


PIPELINES_OF = {"github": (github, check_github), "stripe": (stripe, check_stripe),
                "game_studio": (game_studio, check_game_studio)}  # fmt: skip


def record(lode, demo_api):
    for make, stand_in in ((github, GitHub), (stripe, Stripe)):
        with stand_in() as server, make(lode) as runs:
            for server.generation in (1, 2):
                runs.run(server.generation, "--record", server.token)
    with game_studio(lode) as runs:
        for generation in (0, 1):
            server = subprocess.Popen(
                [demo_api, "--port", str(DEMO_PORT), "--players", "12", "--matches", "4", "--purchases", "12",
                 "--generation", str(generation), "--token", "stand-in-token"],
                stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            try:
                server.stdout.readline()
                runs.run(generation + 1, "--record", "stand-in-token")
            finally:
                server.kill()
                server.wait()


def main():
    lode, words = sys.argv[1], sys.argv[2:]
    if words[:1] == ["--record"]:
        record(lode, words[1])
        return
    for name in words or PIPELINES_OF:
        make, check = PIPELINES_OF[name]
        with make(lode) as runs:
            for generation in (1, 2):
                runs.run(generation, "--replay", "any-token")
                check(runs, generation)
        print(f"{name}: ok")


if __name__ == "__main__":
    main()
