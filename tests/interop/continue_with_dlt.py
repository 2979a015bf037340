"""One pipeline, run by dlt and by lode in turns: what the one began the other goes on with.

  python continue_with_dlt.py LODE [--destination sqlite|postgres]    (a Python with dlt[sqlalchemy,postgres])

A story is a list of runs. Each run is made by one of the two, with its own working folder of the run before or on a new
machine, from a source that has more rows each time. After each run the dataset must hold exactly the rows that one
engine alone would have loaded, each once; the other engine's cursor must have been honoured, rows at the cursor's last
value included; and a run whose rows fit the tables must change neither tables nor `_dlt_version`.
PostgreSQL is a server of the tool's own. Prints a line a story; exits with 1 if one fails.
"""

import argparse
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import dlt

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from postgres_server import PostgresServer  # noqa: E402

SCRIPT = """
local lode = require "lode"
local files = require "lode.files"
local args = lode.args { to = { required = true }, disposition = { required = true }, initial = { required = true } }
local cursor = args.initial ~= "none" and lode.incremental {
  cursor_path = "at", initial_value = tonumber(args.initial) or args.initial,
} or nil
local orders = files.resource {
  name = "orders", paths = "rows.jsonl", primary_key = "id", write_disposition = args.disposition, incremental = cursor,
}
lode.pipeline { name = "story", destination = args.to, dataset = "data" }
  :run(lode.source { name = "shop", resources = { orders } })
"""


class Sqlite:
    def __init__(self, folder):
        self.file = folder / "shop__data.db"
        self.url = f"sqlite:///{folder}/shop.db"

    def dlt(self):
        return dlt.destinations.sqlalchemy(self.url)

    def ask(self, sql):
        with sqlite3.connect(self.file) as connection:
            return [tuple("" if v is None else str(v) for v in row) for row in connection.execute(sql)]

    def columns(self, table):
        return [row[1:3] for row in self.ask(f"PRAGMA table_info({table})")]


class Postgres:
    def __init__(self, server, database):
        self.server = server
        self.database = database
        server.query("postgres", f"CREATE DATABASE {database}")
        self.url = server.url(database)

    def dlt(self):
        return dlt.destinations.postgres(self.url)

    def ask(self, sql):
        return self.server.query(self.database, "SET search_path TO data; SET timezone = 'UTC'; " + sql)

    def columns(self, table):
        return self.ask(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
            f"WHERE attrelid = 'data.{table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        )


class Machine:
    """Where an engine keeps its working folder."""

    def __init__(self, folder, number):
        self.folder = folder / f"machine{number}"
        self.folder.mkdir()


def run_dlt(place, machine, rows, disposition, initial):
    cursor = None if initial is None else dlt.sources.incremental("at", initial_value=initial)

    @dlt.resource(name="orders", primary_key="id", write_disposition=disposition)
    def orders(cursor=cursor):
        yield rows

    @dlt.source(name="shop")
    def shop():
        return orders

    pipeline = dlt.pipeline(
        "story", destination=place.dlt(), dataset_name="data", pipelines_dir=str(machine.folder / "dlt")
    )
    info = pipeline.run(shop())
    assert not info.has_failed_jobs, str(info)


def run_lode(lode, place, machine, rows, disposition, initial):
    (machine.folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (machine.folder / "story.lua").write_text(SCRIPT)
    arguments = [f"to={place.url}", f"disposition={disposition}", f"initial={'none' if initial is None else initial}"]
    done = subprocess.run(
        [lode, "run", "story.lua", "--progress", "none", "--", *arguments],
        cwd=machine.folder,
        env={**os.environ, "LODE_HOME": str(machine.folder / "lode")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def text_cursor(n):
    return f"2024-01-01T00:00:{n:02d}Z"


def make_row(n, cursor, **more):
    return {"id": n, "at": cursor(n), "customer": {"name": f"c{n}"}, "lines": [{"sku": f"s{n}"}], **more}


class Story:
    """`runs`: words like "dlt", "lode", "dlt new" (on a new machine)."""

    def __init__(self, name, runs, disposition="append", cursor=text_cursor, initial=text_cursor(0), grows=None):
        self.name = name
        self.runs = runs
        self.disposition = disposition
        self.cursor = cursor
        self.initial = initial
        self.grows = grows or {}  # by number of the run: the column that its new rows have

    def tell(self, lode, place, folder):
        machines = {}
        rows = []
        extra = {}
        versions = columns = None
        for number, word in enumerate(self.runs):
            engine, *how = word.split()
            if engine not in machines or how == ["new"]:
                machines[engine] = Machine(folder, f"{engine}{number}")
            if number in self.grows:
                extra = {**extra, self.grows[number]: f"since run {number}"}
            # Two more rows each time; the second run onwards also brings one with the cursor value of the last one.
            start = len(rows)
            for n in range(start + 1, start + 3):
                rows.append(make_row(n, self.cursor, **extra))
            if start > 0:
                late = make_row(start + 3, self.cursor, **extra)
                late["at"] = self.cursor(start)
                rows.append(late)
            run = run_dlt if engine == "dlt" else lambda *a: run_lode(lode, *a)
            run(place, machines[engine], rows, self.disposition, self.initial)
            self.check(place, rows, f"after run {number + 1} ({word})")
            seen = (place.ask("SELECT count(*) FROM _dlt_version"), place.columns("orders"))
            if versions is not None and number not in self.grows:
                assert seen[0] == versions, f"run {number + 1} ({word}) wrote another version of an unchanged schema"
                assert seen[1] == columns, f"run {number + 1} ({word}) changed the table: {seen[1]}, was {columns}"
            versions, columns = seen

    def check(self, place, rows, when):
        found = sorted(int(n) for (n,) in place.ask("SELECT id FROM orders"))
        wanted = sorted(row["id"] for row in rows)
        assert found == wanted, f"{when}: ids {found}, wanted {wanted}"
        lines = place.ask(
            "SELECT o.id, l.sku FROM orders__lines AS l JOIN orders AS o ON o._dlt_id = l._dlt_parent_id ORDER BY 1, 2"
        )
        assert sorted(lines) == sorted((str(r["id"]), f"s{r['id']}") for r in rows), f"{when}: nested rows {lines}"
        for column in self.grows.values():
            if any(column in row for row in rows):
                values = place.ask(f"SELECT id, {column} FROM orders WHERE {column} IS NOT NULL")
                assert sorted(values) == sorted(
                    (str(r["id"]), r[column]) for r in rows if column in r
                ), f"{when}: {column} {values}"
        twice = place.ask("SELECT load_id FROM _dlt_loads GROUP BY load_id HAVING count(*) > 1")
        assert twice == [], f"{when}: load {twice} is recorded twice"
        unknown = place.ask("SELECT count(*) FROM orders WHERE _dlt_load_id NOT IN (SELECT load_id FROM _dlt_loads)")
        assert unknown == [("0",)], f"{when}: {unknown} rows of loads that are not recorded"


def stories():
    both_ways = (["dlt", "lode", "dlt", "lode"], ["lode", "dlt", "lode", "dlt"])
    for runs in both_ways:
        first = runs[0]
        yield Story(f"append, a text as cursor, {first} first", runs)
        yield Story(f"append, a number as cursor, {first} first", runs, cursor=lambda n: n * 10, initial=0)
        yield Story(f"append, each run on a new machine, {first} first", [f"{word} new" for word in runs])
        yield Story(f"merge, {first} first", runs, disposition="merge")
        yield Story(f"merge, each run on a new machine, {first} first", [f"{w} new" for w in runs], "merge")
        yield Story(f"replace, {first} first", runs, disposition="replace", initial=None)
        yield Story(f"a column in the second and in the third run, {first} first", runs, grows={1: "city", 2: "coupon"})
        yield Story(
            f"a column in the second run, then new machines, {first} first",
            [runs[0], runs[1], f"{runs[2]} new", f"{runs[3]} new"],
            grows={1: "city"},
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lode")
    parser.add_argument("--destination", choices=["sqlite", "postgres"], action="append")
    parser.add_argument("--only", default="", help="stories with this in their names")
    arguments = parser.parse_args()
    lode = os.path.abspath(arguments.lode)
    failures = 0

    def tell_all(kind, make_place):
        nonlocal failures
        for number, story in enumerate(stories()):
            if arguments.only not in story.name:
                continue
            folder = pathlib.Path(tempfile.mkdtemp(prefix="lode-story-"))
            try:
                story.tell(lode, make_place(folder, number), folder)
                print(f"{kind}: {story.name}: {len(story.runs)} runs, equal", flush=True)
            except AssertionError as error:
                failures += 1
                print(f"{kind}: {story.name}: FAILED\n  {error}", flush=True)
            finally:
                shutil.rmtree(folder)

    destinations = arguments.destination or ["sqlite", "postgres"]
    if "sqlite" in destinations:
        tell_all("sqlite", lambda folder, number: Sqlite(folder))
    if "postgres" in destinations:
        with PostgresServer() as server:
            tell_all("postgres", lambda folder, number: Postgres(server, f"story_{number}"))
    print(f"{failures} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
