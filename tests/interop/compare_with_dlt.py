"""Loads files with dlt and with lode and compares what is in the databases.

  python compare_with_dlt.py LODE FILE...        (a Python that has dlt[sqlalchemy])

Both get the same rows: a JSON list's items, a JSON object as one row, or JSON lines. Compared are tables,
columns in order with their SQL types, row counts, and all values but random ids and load ids. Prints every
difference and exits with 1 if there is one.
"""

import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

import dlt

ENGINE_COLUMNS = {"_dlt_id", "_dlt_parent_id", "_dlt_root_id", "_dlt_load_id"}


def rows_of(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix in (".jsonl", ".ndjson"):
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    value = json.loads(text)
    return value if isinstance(value, list) else [value]


def load_with_dlt(path, table, folder):
    pipeline = dlt.pipeline(
        "compare",
        destination=dlt.destinations.sqlalchemy(f"sqlite:///{folder}/dlt.db"),
        dataset_name="data",
        pipelines_dir=str(folder / "dlt_pipelines"),
    )
    pipeline.run(dlt.resource(rows_of(path), name=table))
    return folder / "dlt__data.db"


def load_with_lode(lode, path, table, folder):
    subprocess.run(
        [
            lode,
            "load",
            str(path),
            "--to",
            f"sqlite:///{folder}/lode.db",
            "--dataset",
            "data",
            "--table",
            table,
            "--progress",
            "none",
        ],
        check=True,
        env={**os.environ, "LODE_HOME": str(folder / "lode_home")},
    )
    return folder / "lode__data.db"


def contents(database):
    """Table -> (columns with types, rows without random values, sorted)."""
    found = {}
    with sqlite3.connect(database) as connection:
        names = [
            n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        for name in names:
            columns = [(c[1], c[2], c[3]) for c in connection.execute(f'PRAGMA table_info("{name}")')]
            kept = [c[0] for c in columns if c[0] not in ENGINE_COLUMNS]
            rows = []
            if not name.startswith("_dlt"):
                order = ", ".join(f'"{c}"' for c in kept) or "NULL"
                rows = sorted(
                    (tuple(normal(v) for v in row) for row in connection.execute(f'SELECT {order} FROM "{name}"')),
                    key=repr,
                )
            found[name] = (columns, rows, kept)
    return found


def normal(value):
    """JSON columns are compared by meaning: dlt writes blanks into them."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.dumps(json.loads(value), sort_keys=True)
        except ValueError:
            return value
    return value


def compare(path, ours, theirs):
    differences = []
    for table in sorted(set(ours) | set(theirs)):
        if table not in ours or table not in theirs:
            differences.append(f"table {table} only in {'lode' if table in ours else 'dlt'}")
            continue
        (our_columns, our_rows, names), (their_columns, their_rows, _) = ours[table], theirs[table]
        if our_columns != their_columns:
            differences.append(f"{table}: columns\n    lode {our_columns}\n    dlt  {their_columns}")
            continue
        if len(our_rows) != len(their_rows):
            differences.append(f"{table}: {len(our_rows)} rows, dlt has {len(their_rows)}")
            continue
        unequal = [(a, b) for a, b in zip(our_rows, their_rows) if a != b]
        if unequal:
            a, b = unequal[0]
            where = [(n, x, y) for n, x, y in zip(names, a, b) if x != y][:3]
            differences.append(f"{table}: {len(unequal)} rows differ, first: {where}")
    rows = sum(len(rows) for _, rows, _ in ours.values())
    print(f"{path.name}: {len(ours)} tables, {rows} rows, {len(differences)} differences")
    for difference in differences:
        print("  " + difference)
    return len(differences)


def main():
    lode = os.path.abspath(sys.argv[1])
    total = 0
    for name in sys.argv[2:]:
        path = pathlib.Path(name)
        table = re.sub(r"\W", "_", path.stem)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            theirs = contents(load_with_dlt(path, table, folder))
            ours = contents(load_with_lode(lode, path, table, folder))
            total += compare(path, ours, theirs)
    sys.exit(1 if total else 0)


if __name__ == "__main__":
    main()
