#!/usr/bin/env python3
"""`lode load`: files into tables without a script."""

import contextlib
import os
import shutil
import sqlite3
import stat

import case
from case import EXIT_FAILED, EXIT_TEMPORARY, EXIT_USAGE, CliCase

EVENTS = b'{"id": 1, "name": "start"}\n{"id": 2, "name": "stop"}\n'


class Load(CliCase):
    def load(self, *words, **more):
        return self.ok("load", *words, "--to", "sqlite:///out.db", "--dataset", "main", **more)

    def load_fails(self, code, *words, **more):
        return self.fails(code, "load", *words, "--to", "sqlite:///out.db", "--dataset", "main", **more)

    def test_json_lines(self):
        self.file("events.jsonl", EVENTS)
        answer = self.load("events.jsonl")
        self.assertEqual(self.rows("events", "id", "name"), [(1, "start"), (2, "stop")])
        self.assertRegex(
            answer.out, r"(?s)loaded package .* into sqlite:///out.db.*events +2 rows +append +new table\n\Z"
        )

    def test_json_and_csv(self):
        self.file("users.json", '[{"id": 1, "tags": ["a", "b"]}, {"id": 2}]')
        self.file("sums.csv", "day,sum\n2024-01-01,10\n2024-01-02,20\n")
        self.load("users.json", "sums.csv")
        self.assertEqual(self.count("users"), 2)
        self.assertEqual(self.rows("users__tags", "value"), [("a",), ("b",)])
        self.assertEqual([total for (total,) in self.rows("sums", "sum")], [10, 20])

    def test_standard_input(self):
        self.load("-", "--format", "jsonl", "--table", "events", stdin=EVENTS)
        self.assertEqual(self.count("events"), 2)

    def test_selected_rows(self):
        self.load(
            "-",
            "--format",
            "json",
            "--select",
            "data.items",
            "--table",
            "items",
            stdin=b'{"data": {"items": [{"id": 1}, {"id": 2}]}, "page": 1}',
        )
        self.assertEqual(self.rows("items", "id"), [(1,), (2,)])

    def test_files_into_one_table(self):
        self.file("a.jsonl", EVENTS)
        self.file("b.csv", "id,name\n3,pause\n")
        self.load("a.jsonl", "b.csv", "--table", "events")
        self.assertEqual(self.rows("events", "id"), [(1,), (2,), (3,)])

    def test_table_is_named_after_the_file(self):
        for name in ("2024 Orders.jsonl", "sub/2024 Orders.jsonl", "Ünïcode-Names.v2.jsonl"):
            self.file(name, EVENTS)
        answer = self.load("2024 Orders.jsonl", "sub/2024 Orders.jsonl", "Ünïcode-Names.v2.jsonl", "--json").json()
        tables = {table["name"]: table["rows"] for table in answer["reports"][0]["tables"]}
        self.assertEqual(tables["_2024_orders"], 4, "files of one name share a table")
        self.assertEqual(len(tables), 2)

    def test_append_twice(self):
        self.file("events.jsonl", EVENTS)
        for _ in range(2):
            self.load("events.jsonl")
        self.assertEqual(self.rows("events", "id"), [(1,), (1,), (2,), (2,)])

    def test_replace(self):
        self.file("events.jsonl", EVENTS)
        self.load("events.jsonl")
        self.file("events.jsonl", '{"id": 9, "name": "new"}\n')
        self.load("events.jsonl", "--write-disposition", "replace")
        self.assertEqual(self.rows("events", "id", "name"), [(9, "new")])

    def test_merge(self):
        self.file("events.jsonl", EVENTS)
        for _ in range(2):
            self.load("events.jsonl", "--write-disposition", "merge", "--primary-key", "id")
        self.file("events.jsonl", '{"id": 2, "name": "changed"}\n{"id": 3, "name": "new"}\n')
        self.load("events.jsonl", "--write-disposition", "merge", "--primary-key", "id")
        self.assertEqual(self.rows("events", "id", "name"), [(1, "start"), (2, "changed"), (3, "new")])

    def test_two_datasets_do_not_meet(self):
        self.file("events.jsonl", EVENTS)
        self.load("events.jsonl")
        self.ok("load", "events.jsonl", "--to", "sqlite:///out.db", "--dataset", "second")
        names = {path.name for path in (self.folder / "home" / "pipelines").iterdir()}
        self.assertEqual(len(names), 2)
        self.ok("load", "events.jsonl", "--to", "sqlite:///out.db", "--dataset", "main", "--name", "mine")
        self.assertTrue((self.folder / "home" / "pipelines" / "mine").exists())

    def test_json_answer(self):
        self.file("events.jsonl", EVENTS)
        outcome = self.load("events.jsonl", "--json").json()
        self.assertEqual((outcome["ok"], outcome["reports"][0]["rows"]), (True, 2))

    # What is wrong, and that nothing is half loaded

    def test_missing_file(self):
        self.file("events.jsonl", EVENTS)
        self.load_fails(EXIT_FAILED, "events.jsonl", "evnts.jsonl", says=["evnts.jsonl", "[file.not_found]"])
        self.nothing_loaded()

    def test_line_that_is_no_json(self):
        self.file("events.jsonl", EVENTS + b'{"id": 3, "name": oops}\n{"id": 4}\n')
        self.load_fails(
            EXIT_FAILED, "events.jsonl", says=["events.jsonl", "line 3", "kept: nothing", "[json.syntax]"]
        )
        self.nothing_loaded()

    def test_json_that_is_cut_off(self):
        self.file("users.json", '[{"id": 1}, {"id": 2')
        self.load_fails(EXIT_FAILED, "users.json", says=["users.json", "[json.syntax]"])
        self.nothing_loaded()

    def test_format_that_is_not_clear(self):
        self.file("events.data", EVENTS)
        self.load_fails(EXIT_USAGE, "events.data", says=["events.data", "jsonl, json or csv"])
        self.load_fails(EXIT_USAGE, "-", says="--format")
        self.load("events.data", "--format", "jsonl")
        self.assertEqual(self.count("events"), 2)

    def test_merge_without_a_key(self):
        self.file("events.jsonl", EVENTS)
        self.load_fails(
            EXIT_USAGE, "events.jsonl", "--write-disposition", "merge", says=["--primary-key", "[cli.usage]"]
        )

    def test_bad_path(self):
        self.file("users.json", "[]")
        self.load_fails(EXIT_USAGE, "users.json", "--select", "a[", says="[json.bad_path]")

    def test_unknown_destination(self):
        self.file("events.jsonl", EVENTS)
        self.fails(
            EXIT_USAGE,
            "load",
            "events.jsonl",
            "--to",
            "sqlit:///x.db",
            "--dataset",
            "d",
            says=["sqlit", "[destination.unknown]"],
        )

    def test_database_that_may_not_be_written(self):
        self.file("events.jsonl", EVENTS)
        self.load("events.jsonl")
        before = [(path, path.read_bytes()) for path in self.databases()]
        more = {}
        if os.geteuid() == 0:  # who is root may write everything: somebody else runs a copy of the program
            more["user"] = 65534
            shutil.copy(case.PROGRAM, self.folder / "lode")
            for path in [self.folder, *self.folder.rglob("*")]:
                path.chmod(path.stat().st_mode | stat.S_IRWXO | stat.S_IRWXG)
        for path, _ in before:
            path.chmod(0o444)
        program, case.PROGRAM = case.PROGRAM, str(self.folder / "lode") if more else case.PROGRAM
        try:
            self.load_fails(EXIT_FAILED, "events.jsonl", says=["read-only", "[destination.read_only]"], **more)
        finally:
            case.PROGRAM = program
        self.assertEqual([(path, path.read_bytes()) for path, _ in before], before)

    def test_database_that_another_program_holds(self):
        self.file("events.jsonl", EVENTS)
        self.load("events.jsonl")
        with contextlib.ExitStack() as holders:
            for path in self.databases():
                connection = holders.enter_context(contextlib.closing(sqlite3.connect(path, isolation_level=None)))
                connection.execute("BEGIN EXCLUSIVE")
            self.load_fails(EXIT_TEMPORARY, "events.jsonl", says=["kept: nothing of this run", "[destination.busy]"])
        self.assertEqual(self.count("events"), 2)
        self.load("events.jsonl")
        self.assertEqual(self.count("events"), 4, "the load that failed left nothing behind")


if __name__ == "__main__":
    case.main()
