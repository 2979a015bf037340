#!/usr/bin/env python3
"""The life of a pipeline: dev_mode, refresh, packages that wait, retries."""

import contextlib
import sqlite3

import case
from case import EXIT_FAILED, EXIT_TEMPORARY, EXIT_USAGE
from counter_case import COUNTER, REFUSE, Lifecycle


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

    def test_a_preview_says_what_would_go_and_takes_nothing(self):
        out = self.ok("preview", "count.lua", "--diff", "--refresh", "drop_resources", "--resource", "numbers").out
        self.assertRegex(out, r"drop +numbers  first, with all its rows\n +drop +numbers__parts ")
        answer = self.ok("preview", "count.lua", "--diff", "--full-refresh", "--json").json()
        comparison = answer["previews"][0]["comparison"]
        self.assertEqual(comparison["emptied_tables"], ["numbers", "numbers__parts", "letters"])
        self.assertEqual(comparison["dropped_tables"], [])
        self.assertEqual(self.numbers(), [1, 2, 3])

    def test_a_word_that_is_none(self):
        self.fails(EXIT_USAGE, "run", "count.lua", "--refresh", "drop_date", says="did you mean 'drop_data'?")
        self.script(', refresh = "all"')
        self.fails(EXIT_USAGE, "run", "count.lua", says="must be one of drop_sources, drop_resources, drop_data")


class Packages(Lifecycle):
    """A load that fails leaves a package that waits. SQLite refuses rows by a trigger."""

    def numbers(self):
        return [row[0] for row in self.rows("numbers", "id")]

    def run_count(self, n, *options, **more):
        return self.ok("run", "count.lua", *options, "--", f"n={n}", **more)

    def waiting(self):
        folder = self.work("load", "normalized")
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def setUp(self):
        super().setUp()
        self.script()
        self.run_count(2)
        self.query_all(REFUSE)
        self.fails(EXIT_FAILED, "run", "count.lua", "--", "n=4", says=["not today", "kept: the package",
                                                                           "lode pipeline count abort"])

    def test_failed_jobs_say_which_and_why(self):
        (load_id,) = self.waiting()
        answer = self.ok("pipeline", "count", "failed-jobs")
        for part in (f"package {load_id}", "table numbers, 2 rows of file numbers.", "not today", "tried 1 time",
                     "will not load as it is"):
            self.assertIn(part, answer.out)
        (failure,) = self.ok("pipeline", "count", "failed-jobs", "--json").json()["failed_jobs"]
        self.assertEqual((failure["load_id"], failure["table"], failure["rows"]), (load_id, "numbers", 2))
        self.assertEqual((failure["final"], failure["attempts"]), (True, 1))
        self.assertEqual(failure["error"]["code"], "load.integrity")
        self.assertIn("not today", failure["error"]["text"])
        # Also where one looks first.
        self.assertIn("not today", self.ok("pipeline", "count").out)
        self.assertIn("not today", self.ok("pipeline", "count", "packages").out)
        self.assertIn("not today", self.ok("pipeline", "count", "show").out)
        (entry,) = self.ok("pipeline", "--list", "--json").json()["pipelines"]
        self.assertEqual((entry["packages_waiting"], entry["last_run_ok"]), (1, False))

    def test_retry_loads_them(self):
        (load_id,) = self.waiting()
        self.fails(EXIT_FAILED, "pipeline", "count", "retry", says="not today")
        (failure,) = self.ok("pipeline", "count", "failed-jobs", "--json").json()["failed_jobs"]
        self.assertEqual(failure["attempts"], 2)
        self.query_all("DROP TRIGGER refuse")
        answer = self.ok("pipeline", "count", "retry")
        self.assertIn(f"loaded package {load_id}", answer.out)
        self.assertEqual(self.numbers(), [1, 2, 3, 4])
        self.assertEqual(self.waiting(), [])
        self.assertIn("id = 4", self.ok("pipeline", "count").out)
        trace = self.ok("pipeline", "count", "trace", "--json").json()
        self.assertEqual((trace["operation"], trace["resumed"], trace["ok"]), ("retry", [load_id], True))
        self.assertIn("no package of count waits", self.ok("pipeline", "count", "retry").out)
        self.assertIn("no package of count has failed", self.ok("pipeline", "count", "failed-jobs").out)
        self.run_count(6)
        self.assertEqual(self.numbers(), [1, 2, 3, 4, 5, 6])

    def test_a_run_finishes_them_and_goes_on(self):
        (load_id,) = self.waiting()
        self.query_all("DROP TRIGGER refuse")
        (report,) = self.run_count(6, "--json").json()["reports"]
        self.assertEqual(report["resumed"], [load_id])
        self.assertEqual(self.numbers(), [1, 2, 3, 4, 5, 6])

    def test_abort_gives_the_rows_up_and_not_the_cursor(self):
        (load_id,) = self.waiting()
        answer = self.lode("pipeline", "count", "abort")
        self.assertEqual(answer.code, EXIT_USAGE, answer)
        self.assertIn("the cursor of count.numbers id stays at 2 and does not advance to 4", answer.out)
        self.assertIn("add  --yes", answer.err)
        self.assertEqual(self.waiting(), [load_id])
        self.fails(EXIT_FAILED, "pipeline", "count", "abort", "17.5", "--yes", says=["no package 17.5", load_id])
        self.assertIn(f"gave up package {load_id}", self.ok("pipeline", "count", "abort", load_id, "--yes").out)
        self.assertEqual(self.waiting(), [])
        self.query_all("DROP TRIGGER refuse")
        self.run_count(6)
        self.assertEqual(self.numbers(), [1, 2, 3, 4, 5, 6])

    def test_drop_pending(self):
        (load_id,) = self.waiting()
        (gone,) = self.ok("pipeline", "count", "drop-pending", "--yes", "--json").json()["given_up"]
        self.assertEqual((gone["load_id"], gone["rows"]), (load_id, 5))
        self.assertEqual(self.waiting(), [])
        self.assertEqual(self.ok("pipeline", "count", "drop-pending", "--json").json(), {"given_up": []})

    def test_a_package_that_is_damaged_can_be_given_up(self):
        (load_id,) = self.waiting()
        self.work("load", "normalized", load_id, "manifest.json").write_text("{}")
        self.assertIn("cannot be read", self.ok("pipeline", "count", "packages").out)
        self.fails(EXIT_FAILED, "run", "count.lua", says="[package.corrupt]")
        self.assertIn("[package.corrupt]", self.ok("pipeline", "count", "failed-jobs").out)
        self.ok("pipeline", "count", "abort", "--yes")
        self.assertEqual(self.waiting(), [])

    def test_what_was_made_for_one_dataset_does_not_get_into_another(self):
        answer = self.fails(EXIT_FAILED, "run", "count.lua", "--dataset", "other", says="[package.waiting]")
        self.assertIn("waits to be loaded into dataset 'main', and this run loads into 'other'", answer.err)
        self.assertEqual(len(self.waiting()), 1)

    def test_drop_and_sync_wait_for_them(self):
        for words in (["drop", "numbers"], ["sync"]):
            self.fails(EXIT_FAILED, "pipeline", "count", *words, "--yes", says=["[package.waiting]", "count retry"])


class Retries(Lifecycle):
    """A destination that is busy is tried again as often as load.* says."""

    def busy(self, **settings):
        self.file("count.lua", (COUNTER % "").replace(
            '"sqlite:///out.db"', '{ type = "sqlite", file = "out.db", busy_timeout_ms = 1 }'))
        self.ok("run", "count.lua")
        with contextlib.closing(sqlite3.connect(self.folder / "out.db")) as connection:
            connection.execute("BEGIN IMMEDIATE")
            return self.lode("run", "count.lua", "--", "n=5", env=settings)

    def test_attempts_are_configured(self):
        answer = self.busy(LOAD__RAISE_ON_MAX_RETRIES="2", LOAD__RETRY_DELAY_S="0.001")
        self.assertEqual(answer.code, EXIT_TEMPORARY, answer)
        self.assertIn("tried 2 times", answer.err)
        (failure,) = self.ok("pipeline", "count", "failed-jobs", "--json").json()["failed_jobs"]
        self.assertEqual((failure["attempts"], failure["final"], failure["table"]), (2, False, None))
        self.assertIn("may load when it is tried again", self.ok("pipeline", "count", "failed-jobs").out)
        self.ok("pipeline", "count", "retry")
        self.assertEqual(self.count("numbers"), 5)

    def test_attempts_can_be_configured_for_one_pipeline(self):
        answer = self.busy(COUNT__LOAD__RAISE_ON_MAX_RETRIES="1", LOAD__RAISE_ON_MAX_RETRIES="9")
        self.assertNotIn("tried", answer.err)
        self.assertEqual(answer.code, EXIT_TEMPORARY, answer)

    def test_settings_that_make_no_sense(self):
        self.script()
        for name, value in (("RAISE_ON_MAX_RETRIES", "-1"), ("RETRY_DELAY_S", "-3"), ("RETRY_DELAY_S_MAX", "x")):
            self.fails(EXIT_FAILED, "run", "count.lua", says=[f"load.{name.lower()}", "[config.invalid_value]"],
                       env={f"LOAD__{name}": value})


class Boundary(Lifecycle):
    def test_more_rows_at_the_boundary_than_are_remembered(self):
        self.script(text=COUNTER.replace('cursor_path = "id"', 'cursor_path = "at"').replace(
            "{ id = i, parts = lode.list { { p = i } } }", "{ id = i, at = 7 }"))
        self.assertNotIn("remembered", self.ok("run", "count.lua", "--", "n=10000").err)
        answer = self.ok("run", "count.lua", "--json", "--", "n=10003")
        (warning,) = answer.json()["reports"][0]["warnings"]
        self.assertIn("10003 rows share the last value of cursor 'at', 7; 10000 are remembered", warning)
        self.assertIn(warning, answer.err)
        state = self.ok("pipeline", "count", "state", "--json").json()
        hashes = state["sources"]["count"]["resources"]["numbers"]["incremental"]["at"]["unique_hashes"]
        self.assertEqual(len(hashes), 10000)


if __name__ == "__main__":
    case.main()
