"""Datasets that are merged by dlt and lode in turns, compared with what dlt alone makes of the same runs.

  python merge_with_dlt.py LODE                     on SQLite (a Python that has dlt[sqlalchemy])
  python merge_with_dlt.py --postgres URL LODE      on PostgreSQL (dlt[postgres]); makes and drops schemas merge_…
  … --only NAME                                     one case

Each case is a resource with hints and the rows of three runs. Every run is made as on a machine of its own: state and
schema come from the dataset. Compared are tables, columns in order with their SQL types, and all rows: load ids and the
times of loads stand for the number of the run, random row ids for the rows that they name. Prints every difference and
exits with 1 if there is one.
"""

import argparse
import datetime
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

import dlt

TURNS = ["dld", "ldl", "lll", "dll"]  # who makes which run: dlt, lode

SCRIPT = """
local lode = require "lode"
local args = lode.args { case = { default = "" }, destination = { default = "" }, dataset = { default = "" } }
local case = lode.json_decode(args.case)
case.hints.name = "t"
case.hints.data = function() coroutine.yield(case.rows) end
lode.pipeline { name = "turns", destination = args.destination, dataset = args.dataset }:run(lode.resource(case.hints))
"""


def merge(strategy, **more):
    options = more.pop("options", {})
    return {"write_disposition": {"disposition": "merge", "strategy": strategy, **options}, **more}


NESTED = [
    [{"id": 1, "v": "a", "l": [{"s": "x", "m": [1, 2]}]}, {"id": 2, "v": "b", "l": [{"s": "y"}, {"s": "z"}]}],
    [{"id": 2, "v": "B", "l": [{"s": "y2", "m": [3]}]}, {"id": 3, "v": "c", "l": [{"s": "w"}]}],
    [{"id": 1, "v": "a"}, {"id": 3, "v": "c", "w": 1.5, "l": [{"s": "w", "m": [4, 5]}]}],
]
VERSIONS = [
    [{"id": 1, "v": "a", "l": [1, 2]}, {"id": 2, "v": "b", "l": [{"m": [3]}]}, {"id": 3, "v": "c"}],
    [{"id": 1, "v": "A", "l": [1, 2]}, {"id": 2, "v": "b", "l": [{"m": [3]}]}, {"id": 4, "v": "d"}],
    [
        {"id": 1, "v": "a", "l": [1, 2]},
        {"id": 3, "v": "c"},
        {"id": 2, "v": "b", "l": [{"m": [3, 4]}]},
        {"id": 5, "n": 1},
    ],
]
PARTS = [
    [{"day": "mon", "id": 1, "v": 1}, {"day": "mon", "id": 2, "v": 1}, {"day": "tue", "id": 3, "v": 1}],
    [{"day": "mon", "id": 2, "v": 1}, {"day": "mon", "id": 4, "v": 1}],
    [{"day": "tue", "id": 3, "v": 2}, {"day": "wed", "id": 1, "v": 1}],
]
DELETIONS = [
    [{"id": 1, "v": 1, "gone": False, "l": [1]}, {"id": 2, "v": 1, "gone": False, "l": [2, 3]}, {"id": 3, "v": 1}],
    [{"id": 2, "v": 2, "gone": True, "l": [4]}, {"id": 3, "v": 2, "gone": False, "l": [5]}],
    [{"id": 2, "v": 3, "gone": False, "l": [6]}, {"id": 3, "v": 3, "gone": True}],
]
DELETE = {"gone": {"data_type": "bool", "hard_delete": True}}

# Name: destinations, hints, the rows of three runs. dlt has no upsert and no insert-only on SQLite.
CASES = {
    "delete_insert": ("sp", merge("delete-insert", primary_key="id"), NESTED),
    "delete_insert_merge_key": ("sp", merge("delete-insert", merge_key="day"), PARTS),
    "delete_insert_hard_delete": ("sp", merge("delete-insert", primary_key="id", columns=DELETE), DELETIONS),
    "upsert": ("p", merge("upsert", primary_key="id"), NESTED),
    "upsert_composite": ("p", merge("upsert", primary_key=["day", "id"]), PARTS),
    "upsert_hard_delete": ("p", merge("upsert", primary_key="id", columns=DELETE), DELETIONS),
    "upsert_skip": ("p", merge("upsert", primary_key="id", options={"skip_unchanged_rows": True}), NESTED),
    "insert_only": ("p", merge("insert-only", primary_key=["day", "id"]), PARTS),
    "scd2": ("sp", merge("scd2"), VERSIONS),
    "scd2_natural_key": ("sp", merge("scd2", merge_key="id"), VERSIONS),
    "scd2_partitions": ("sp", merge("scd2", merge_key="day"), PARTS),
    "scd2_names_and_times": (
        "sp",
        merge(
            "scd2",
            options={
                "validity_column_names": ["since", "until"],
                "active_record_timestamp": "9999-12-31T00:00:00Z",
                "boundary_timestamp": "2024-01-01T00:00:00Z",
            },
        ),
        VERSIONS,
    ),
    "scd2_row_version": (
        "sp",
        merge("scd2", options={"row_version_column_name": "sha"}),
        [
            [{"id": 1, "sha": "h1"}, {"id": 2, "sha": "h2"}],
            [{"id": 1, "sha": "h3"}, {"id": 2, "sha": "h2"}],
            [{"id": 1, "sha": "h1"}],
        ],
    ),
}


class Sqlite:
    letter = "s"

    def __init__(self, folder):
        self.folder = folder

    def url(self, dataset):
        return f"sqlite:///{self.folder}/{dataset}.db"

    def destination(self, dataset):
        return dlt.destinations.sqlalchemy(self.url(dataset))

    def tables(self, dataset):
        with sqlite3.connect(self.folder / f"{dataset}__{dataset}.db") as connection:
            names = [n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: self.table(connection, name) for name in names}

    @staticmethod
    def table(connection, name):
        columns = [(c[1], c[2], c[3]) for c in connection.execute(f'PRAGMA table_info("{name}")')]
        return columns, connection.execute(f'SELECT * FROM "{name}"').fetchall()


class Postgres:
    letter = "p"

    def __init__(self, url):
        self.address = url

    def url(self, _dataset):
        return self.address

    def destination(self, _dataset):
        return dlt.destinations.postgres(self.address)

    def tables(self, dataset):
        import psycopg2

        with psycopg2.connect(self.address) as connection, connection.cursor() as cursor:
            cursor.execute("SET timezone = 'UTC'")
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (dataset,))
            found = {name: self.table(cursor, dataset, name) for (name,) in cursor.fetchall()}
            cursor.execute(f'DROP SCHEMA "{dataset}" CASCADE')
            cursor.execute(f'DROP SCHEMA IF EXISTS "{dataset}_staging" CASCADE')
            return found

    @staticmethod
    def table(cursor, dataset, name):
        cursor.execute(
            "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, EXISTS (SELECT 1 FROM pg_index i"
            " WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indkey::text = a.attnum::text)"
            " FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT attisdropped"
            " ORDER BY a.attnum",
            (f'"{dataset}"."{name}"',),
        )
        columns = cursor.fetchall()
        texts = ", ".join(f'"{c[0]}"::text' for c in columns)
        cursor.execute(f'SELECT {texts} FROM "{dataset}"."{name}"')
        return columns, cursor.fetchall()


def run_dlt(place, dataset, hints, rows, folder):
    pipeline = dlt.pipeline(
        "turns", destination=place.destination(dataset), dataset_name=dataset, pipelines_dir=str(folder)
    )
    pipeline.run(dlt.resource(rows, name="t", **hints))


def run_lode(lode, place, dataset, hints, rows, folder):
    script = folder / "turns.lua"
    script.write_text(SCRIPT, encoding="utf-8")
    words = {"case": json.dumps({"hints": hints, "rows": rows}), "destination": place.url(dataset), "dataset": dataset}
    answer = subprocess.run(
        [lode, "run", str(script), "--"] + [f"{name}={value}" for name, value in words.items()],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "LODE_HOME": str(folder / "home")},
    )
    if answer.returncode != 0:
        raise RuntimeError(answer.stderr)


def make(lode, place, dataset, case, turns, folder):
    """The tables that the runs leave, one engine a run."""
    _, hints, runs = CASES[case]
    for number, (engine, rows) in enumerate(zip(turns, runs)):
        machine = folder / f"{dataset}_{number}"
        machine.mkdir()
        if engine == "d":
            run_dlt(place, dataset, hints, rows, machine)
        else:
            run_lode(lode, place, dataset, hints, rows, machine)
    return comparable(place.tables(dataset))


def stamp(load_id):
    """The time of a load as both databases show it, without a zone."""
    at = datetime.datetime.fromtimestamp(float(load_id), datetime.timezone.utc)
    return at.strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".")


def comparable(tables):
    """Values that differ from run to run get names; random ids the rows that they stand for."""
    loads = tables["_dlt_loads"]
    place = [c[0] for c in loads[0]].index("load_id")
    names = {}
    for number, load_id in enumerate(sorted(row[place] for row in loads[1]), 1):
        names[load_id] = f"load {number}"
        names[stamp(load_id)] = f"time of load {number}"
    data = {name: table for name, table in tables.items() if not name.startswith("_dlt")}
    rows_by_id = {}
    for name, (columns, rows) in data.items():
        own = [i for i, c in enumerate(columns) if not c[0].startswith("_dlt_") or c[0] == "_dlt_list_idx"]
        identity = [c[0] for c in columns].index("_dlt_id")
        for row in rows:
            rows_by_id.setdefault(row[identity], f"{name}: {[row[i] for i in own]}")

    def shown(column, value):
        if column in ("_dlt_id", "_dlt_parent_id", "_dlt_root_id"):
            return rows_by_id.get(value, "no row")
        if isinstance(value, str):
            bare = value.replace("+00:00", "").removesuffix("+00") if value[:2].isdigit() else value
            known = bare.rstrip("0").rstrip(".") if "." in bare else bare
            return names.get(value, names.get(known, value))
        return value

    found = {name: columns for name, (columns, _) in tables.items()}
    rows = {
        name: sorted(([shown(c[0], v) for c, v in zip(columns, row)] for row in rows), key=repr)
        for name, (columns, rows) in data.items()
    }
    ids = {name: sorted(row[[c[0] for c in columns].index("_dlt_id")] for row in rows)
           for name, (columns, rows) in data.items()}
    return found, rows, ids


def differences(case, expected, actual):
    columns, rows, ids = expected
    found_columns, found_rows, found_ids = actual
    for name in sorted(columns.keys() | found_columns.keys()):
        if columns.get(name) != found_columns.get(name):
            yield f"{name}: columns\n    dlt:   {columns.get(name)}\n    turns: {found_columns.get(name)}"
    for name in sorted(rows.keys() | found_rows.keys()):
        mine, theirs = rows.get(name, []), found_rows.get(name, [])
        for row in [r for r in mine if r not in theirs]:
            yield f"{name}: only dlt alone has      {row}"
        for row in [r for r in theirs if r not in mine]:
            yield f"{name}: only taking turns gives {row}"
        if len(mine) != len(theirs):
            yield f"{name}: {len(mine)} rows, and {len(theirs)}"
    is_hashed = not case.startswith("delete_insert") and case != "scd2_row_version"
    if is_hashed and ids != found_ids:
        yield f"row ids that are hashes\n    dlt:   {ids}\n    turns: {found_ids}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", metavar="URL")
    parser.add_argument("--only", metavar="NAME")
    parser.add_argument("lode")
    options = parser.parse_args()
    lode = os.path.abspath(options.lode)
    os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")
    failed = count = 0
    with tempfile.TemporaryDirectory(prefix="merge_with_dlt_") as text:
        folder = pathlib.Path(text)
        os.environ["DLT_DATA_DIR"] = str(folder / "dlt_home")
        place = Postgres(options.postgres) if options.postgres else Sqlite(folder)
        for case, (places, _, _) in CASES.items():
            if place.letter not in places or options.only not in (None, case):
                continue
            alone = make(lode, place, f"merge_{case}_ddd", case, "ddd", folder)
            for turns in TURNS:
                actual = make(lode, place, f"merge_{case}_{turns}", case, turns, folder)
                found = list(differences(case, alone, actual))
                count += 1
                failed += bool(found)
                print(f"{'differs' if found else 'equal  '} {case} {turns}")
                for line in found:
                    print("  " + line)
    print(f"{count - failed} equal, {failed} different")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
