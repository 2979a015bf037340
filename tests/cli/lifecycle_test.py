#!/usr/bin/env python3
"""The life of a pipeline: dev_mode, refresh, packages that wait, traces, `lode pipeline NAME …`."""

import contextlib
import sqlite3

import case
from case import EXIT_FAILED, EXIT_USAGE, CliCase

COUNTER = """
local lode = require "lode"
local args = lode.args { n = { default = 3 }, fail = { default = "" } }
local numbers = lode.resource {
  name = "numbers",
  incremental = lode.incremental { cursor_path = "id" },
  data = function(ctx)
    for i = 1, args.n do coroutine.yield { id = i, parts = lode.list { { p = i } } } end
  end,
}
local letters = lode.resource {
  name = "letters", primary_key = "k", write_disposition = "merge",
  data = function() coroutine.yield { k = "a" } end,
}
local count = lode.source { name = "count", resources = { numbers, letters } }
local pipeline = lode.pipeline { name = "count", destination = "sqlite:///out.db", dataset = "main"%s }
pipeline:run(count)
"""


class Lifecycle(CliCase):
    def script(self, options="", text=COUNTER, name="count.lua"):
        return self.file(name, text % options)

    def query_all(self, sql):
        """Changes the tables by hand."""
        with contextlib.closing(sqlite3.connect(self.folder / "out.db")) as connection, connection:
            connection.execute(sql)

    def work(self, *parts):
        return self.folder.joinpath("home", "pipelines", "count", *parts)


class DevMode(Lifecycle):
    DEV = ", dev_mode = true"

    def datasets(self):
        return sorted(path.name for path in self.databases())

    def test_each_start_has_a_dataset_of_its_own(self):
        self.script(self.DEV)
        self.ok("run", "count.lua")
        (name,) = self.datasets()
        self.assertRegex(name, r"^out__main_20\d{12}\.db$")
        self.assertEqual(self.count("numbers"), 3)
        # Nothing is restored: the same rows come once more, into another dataset. Its name has a resolution of seconds.
        self.databases()[0].rename(self.folder / "out__main_20000101000000.db")
        self.ok("run", "count.lua", "--", "n=4")
        self.assertEqual(len(self.datasets()), 2)
        newest = self.databases()[-1]
        self.assertEqual(self.query("SELECT count(*) FROM numbers", newest), [(4,)])

    def test_runs_of_one_start_go_on(self):
        self.file("twice.lua", COUNTER % self.DEV + "args.n = 5\npipeline:run(count)\n")
        self.ok("run", "twice.lua")
        self.assertEqual(len(self.datasets()), 1)
        self.assertEqual(self.rows("numbers", "id"), [(i,) for i in range(1, 6)])

    def test_the_working_folder_is_fresh(self):
        self.script()
        self.ok("run", "count.lua")
        self.file("home/pipelines/count/left", "over")
        self.script(self.DEV)
        self.ok("run", "count.lua")
        self.assertFalse(self.work("left").exists())
        self.assertTrue(self.work("state.json").exists())
        # Back in the real dataset, nothing of dev_mode is left.
        self.file("home/pipelines/count/left", "over")
        self.script()
        self.ok("run", "count.lua", "--", "n=4")
        self.assertFalse(self.work("left").exists())
        self.assertEqual(self.query("SELECT count(*) FROM numbers", self.folder / "out.db"), [(4,)])

    def test_packages_of_the_real_dataset_are_not_thrown_away(self):
        self.script(self.DEV)
        self.file("home/pipelines/count/load/normalized/1700000000.000000/manifest.json", "{}")
        self.fails(EXIT_FAILED, "run", "count.lua", says=["[package.waiting]", "lode pipeline count retry"])
        self.assertTrue(self.work("load", "normalized", "1700000000.000000").exists())
        self.assertEqual(self.datasets(), [])


class Refresh(Lifecycle):
    """What each mode leaves, after two runs with another script in between."""

    def numbers(self):
        return [row[0] for row in self.rows("numbers", "id")]

    def tables(self):
        found = self.query("SELECT name FROM sqlite_master WHERE type = 'table'")
        return sorted(name for (name,) in found if not name.startswith("_dlt"))

    def load(self, *options, n=3):
        return self.ok("run", "count.lua", *options, "--", f"n={n}")

    def setUp(self):
        super().setUp()
        self.script()
        self.load()

    def test_without_it_nothing_is_forgotten(self):
        self.load(n=4)
        self.assertEqual(self.numbers(), [1, 2, 3, 4])

    def test_drop_data_empties_and_starts_anew(self):
        self.load("--refresh", "drop_data", n=2)
        self.assertEqual(self.numbers(), [1, 2])
        self.assertEqual(self.count("numbers__parts"), 2)
        self.assertEqual(self.rows("letters", "k"), [("a",)])
        # The cursor is where the rows are.
        self.load(n=4)
        self.assertEqual(self.numbers(), [1, 2, 3, 4])

    def test_drop_data_also_empties_tables_that_get_no_rows(self):
        answer = self.load("--refresh", "drop_data", "--json", n=0)
        (report,) = answer.json()["reports"]
        self.assertEqual(report["refresh"], "drop_data")
        self.assertEqual(report["emptied_tables"], ["numbers", "numbers__parts", "letters"])
        self.assertEqual(self.numbers(), [])
        self.assertEqual(self.count("numbers__parts"), 0)
        self.assertEqual(self.rows("letters", "k"), [("a",)])

    def test_drop_data_of_one_resource_leaves_the_others(self):
        self.query_all("INSERT INTO letters (k, _dlt_id, _dlt_load_id) VALUES ('z', 'z', 'z')")
        self.load("--refresh", "drop_data", "--resource", "numbers", n=1)
        self.assertEqual(self.numbers(), [1])
        self.assertEqual(self.rows("letters", "k"), [("a",), ("z",)])

    def test_drop_resources_drops_tables(self):
        self.query_all("ALTER TABLE numbers ADD COLUMN by_hand TEXT")
        answer = self.load("--refresh", "drop_resources", "--resource", "numbers", n=2)
        self.assertIn("loaded package", answer.err)
        self.assertEqual(self.numbers(), [1, 2])
        columns = [row[1] for row in self.query("PRAGMA table_info(numbers)")]
        self.assertNotIn("by_hand", columns)
        self.assertEqual(self.tables(), ["letters", "numbers", "numbers__parts"])

    def test_drop_resources_without_rows_leaves_no_table(self):
        self.load("--refresh", "drop_resources", "--resource", "numbers", n=0)
        self.assertEqual(self.tables(), ["letters"])
        # Nothing brings them back but rows.
        self.load("--resource", "letters")
        self.assertEqual(self.tables(), ["letters"])
        self.load(n=5)
        self.assertEqual(self.numbers(), [1, 2, 3, 4, 5])

    def test_drop_sources_forgets_all(self):
        self.load("--refresh", "drop_sources", "--resource", "letters")
        self.assertEqual(self.tables(), ["letters"])
        versions = self.query("SELECT count(*) FROM _dlt_version WHERE schema_name = 'count'")
        self.assertEqual(versions, [(1,)])
        self.load(n=2)
        self.assertEqual(self.numbers(), [1, 2])

    def test_a_schema_that_was_there_before_comes_back(self):
        # The content of the schema after the refresh equals one that was stored long ago.
        self.script(text=COUNTER.replace("{ id = i, ", "{ id = i, more = i, "))
        self.load(n=5)
        self.script()
        self.load("--refresh", "drop_resources", n=3)
        info = self.ok("pipeline", "count", "schema", "--json")
        self.assertNotIn("more", info.out)
        self.load("--resource", "letters")
        columns = [row[1] for row in self.query("PRAGMA table_info(numbers)")]
        self.assertNotIn("more", columns)

    def test_a_run_that_fails_drops_nothing(self):
        breaks = 'letters:add_map(function() error("no") end)\n'
        self.file("count.lua", (COUNTER % "").replace("local count =", breaks + "local count ="))
        self.fails(EXIT_FAILED, "run", "count.lua", "--refresh", "drop_sources", says="no")
        self.assertEqual(self.numbers(), [1, 2, 3])
        self.script()
        self.load(n=4)
        self.assertEqual(self.numbers(), [1, 2, 3, 4])

    def test_the_script_can_ask_for_it(self):
        self.script(', refresh = "drop_data"')
        self.load(n=2)
        self.assertEqual(self.numbers(), [1, 2])
        self.file("count.lua", (COUNTER % "").replace("run(count)", 'run(count, { refresh = "drop_resources" })'))
        self.load(n=1)
        self.assertEqual(self.numbers(), [1])

    def test_full_refresh_keeps_the_disposition(self):
        self.load("--full-refresh", n=2)
        self.assertEqual(self.numbers(), [1, 2])
        self.assertIn("write_disposition: merge", self.ok("pipeline", "count", "schema").out)
        self.fails(EXIT_USAGE, "run", "count.lua", "--full-refresh", "--refresh", "drop_data", says="--refresh")

    def test_a_word_that_is_none(self):
        self.fails(EXIT_USAGE, "run", "count.lua", "--refresh", "drop_date", says="did you mean 'drop_data'?")
        self.script(', refresh = "all"')
        self.fails(EXIT_USAGE, "run", "count.lua", says="must be one of drop_sources, drop_resources, drop_data")


if __name__ == "__main__":
    case.main()
