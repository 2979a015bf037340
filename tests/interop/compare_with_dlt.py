"""Loads files with dlt and with lode and compares what is in the databases.

  python compare_with_dlt.py LODE FILE...                   into SQLite (a Python that has dlt[sqlalchemy])
  python compare_with_dlt.py --postgres URL LODE FILE...    into PostgreSQL (dlt[postgres]); makes and drops the
                                                            schemas compare_dlt and compare_lode

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


class Sqlite:
    """Two files, dlt.db and lode.db, in a folder of the comparison's own."""

    def __init__(self, folder):
        self.folder = folder

    def dlt_destination(self):
        return dlt.destinations.sqlalchemy(f"sqlite:///{self.folder}/dlt.db")

    def lode_destination(self):
        return f"sqlite:///{self.folder}/lode.db"

    def contents(self, engine):
        with sqlite3.connect(self.folder / f"{engine}__compare_{engine}.db") as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            return {
                name: contents(
                    connection,
                    f'"{name}"',
                    name,
                    [(c[1], c[2], c[3]) for c in connection.execute(f'PRAGMA table_info("{name}")')],
                )
                for (name,) in names.fetchall()
            }


class Postgres:
    """Two schemas of one database."""

    def __init__(self, url):
        self.url = url
        for engine in ("dlt", "lode"):
            self.ask(f"DROP SCHEMA IF EXISTS compare_{engine} CASCADE", fetch=False)

    def connect(self):
        import psycopg2

        return psycopg2.connect(self.url)

    def ask(self, sql, *parameters, fetch=True):
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if fetch else None

    def dlt_destination(self):
        return dlt.destinations.postgres(self.url)

    def lode_destination(self):
        return self.url

    def contents(self, engine):
        schema = f"compare_{engine}"
        names = self.ask("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", schema)
        found = {}
        for (name,) in names:
            columns = self.ask(
                "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, EXISTS (SELECT 1 FROM pg_index i"
                " WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indkey::text = a.attnum::text)"
                " FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT attisdropped"
                " ORDER BY a.attnum",
                f'"{schema}"."{name}"',
            )
            with self.connect() as connection, connection.cursor() as cursor:
                cursor.execute("SET timezone = 'UTC'")
                found[name] = contents(CursorAsConnection(cursor), f'"{schema}"."{name}"', name, columns)
        return found


class CursorAsConnection:
    def __init__(self, cursor):
        self.cursor = cursor

    def execute(self, sql):
        self.cursor.execute(sql)
        return self.cursor.fetchall()


def load_with_dlt(path, table, place, folder):
    pipeline = dlt.pipeline(
        "compare",
        destination=place.dlt_destination(),
        dataset_name="compare_dlt",
        pipelines_dir=str(folder / "dlt_pipelines"),
    )
    pipeline.run(dlt.resource(rows_of(path), name=table))
    return place.contents("dlt")


def load_with_lode(lode, path, table, place, folder):
    command = [lode, "load", str(path), "--to", place.lode_destination(), "--dataset", "compare_lode"]
    subprocess.run(
        command + ["--table", table, "--progress", "none"],
        check=True,
        env={**os.environ, "LODE_HOME": str(folder / "lode_home")},
    )
    return place.contents("lode")


def contents(connection, qualified, name, columns):
    """(columns with types, rows without random values, sorted; names of the columns in the rows)."""
    kept = [c[0] for c in columns if c[0] not in ENGINE_COLUMNS]
    if name.startswith("_dlt"):
        return (columns, [], kept)
    order = ", ".join(f'"{c}"' for c in kept) or "NULL"
    rows = [tuple(normal(v) for v in row) for row in connection.execute(f"SELECT {order} FROM {qualified}")]
    return (columns, sorted(rows, key=repr), kept)


def normal(value):
    """JSON columns are compared by meaning: dlt writes blanks into them."""
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True)
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
    arguments = sys.argv[1:]
    url = None
    if arguments[0] == "--postgres":
        url = arguments[1]
        arguments = arguments[2:]
    lode = os.path.abspath(arguments[0])
    total = 0
    for name in arguments[1:]:
        path = pathlib.Path(name)
        table = re.sub(r"\W", "_", path.stem)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            place = Postgres(url) if url else Sqlite(folder)
            theirs = load_with_dlt(path, table, place, folder)
            ours = load_with_lode(lode, path, table, place, folder)
            total += compare(path, ours, theirs)
    sys.exit(1 if total else 0)


if __name__ == "__main__":
    main()
