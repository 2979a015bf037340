#!/usr/bin/env python3
"""`lode pipeline NAME …`: drop, sync, trace, state, packages; a state that is broken; metrics of runs."""

import json
import os
import pty
import re
import subprocess

import case
from case import EXIT_FAILED, EXIT_USAGE
from counter_case import COUNTER, REFUSE, Lifecycle


class Drop(Lifecycle):
    def setUp(self):
        super().setUp()
        self.script()
        self.ok("run", "count.lua")

    def tables(self):
        found = self.query("SELECT name FROM sqlite_master WHERE type = 'table'")
        return sorted(name for (name,) in found if not name.startswith("_dlt"))

    def test_shows_what_it_would_do(self):
        answer = self.lode("pipeline", "count", "drop", "numbers")
        self.assertEqual(answer.code, EXIT_USAGE, answer)
        self.assertRegex(answer.out, r"tables +numbers, numbers__parts\n +state +sources.count.resources.numbers\n")
        self.assertEqual(self.tables(), ["letters", "numbers", "numbers__parts"])

    def test_drops_tables_and_state_of_a_resource(self):
        answer = self.ok("pipeline", "count", "drop", "numbers", "--yes", "--json").json()
        self.assertEqual(answer["drop"]["tables"], ["numbers", "numbers__parts"])
        self.assertEqual(self.tables(), ["letters"])
        self.assertEqual(self.query("SELECT max(load_id) FROM _dlt_loads"), [(answer["load_id"],)])
        self.assertNotIn("numbers", self.ok("pipeline", "count", "schema").out)
        self.ok("run", "count.lua", "--", "n=2")
        self.assertEqual(self.count("numbers"), 2)

    def test_patterns_and_all(self):
        self.ok("pipeline", "count", "drop", "re:^lett", "--yes")
        self.assertEqual(self.tables(), ["numbers", "numbers__parts"])
        self.ok("pipeline", "count", "drop", "--all", "--yes")
        self.assertEqual(self.tables(), [])
        self.assertIn("nothing to drop", self.ok("pipeline", "count", "drop", "--all", "--yes").out)

    def test_state_only(self):
        self.ok("pipeline", "count", "drop", "numbers", "--state-only", "--yes")
        self.assertEqual(self.tables(), ["letters", "numbers", "numbers__parts"])
        self.ok("run", "count.lua", "--", "n=2")
        self.assertEqual(self.count("numbers"), 5)

    def test_state_paths(self):
        path = "resources.numbers.incremental.id"
        words = ["--state-paths", path, "--state-paths", "no.such"]
        drop = self.ok("pipeline", "count", "drop", *words, "--yes", "--json").json()["drop"]
        self.assertEqual((drop["state_paths"], drop["unmatched"]), ([f"sources.count.{path}"], ["no.such"]))
        self.assertEqual(self.tables(), ["letters", "numbers", "numbers__parts"])
        self.assertNotIn("last_value", self.ok("pipeline", "count", "state").out)

    def test_what_is_not_there(self):
        answer = self.ok("pipeline", "count", "drop", "nubers")
        self.assertIn("nothing to drop", answer.out)
        self.assertIn("not found  nubers", answer.out)
        self.fails(EXIT_USAGE, "pipeline", "count", "drop", says="what is to be dropped is missing")
        self.fails(EXIT_USAGE, "pipeline", "count", "drop", "re:(", "--yes", says="no regular expression")
        self.fails(EXIT_FAILED, "pipeline", "cuont", "drop", "--all", says="did you mean 'count'?")

    def test_on_a_machine_that_does_not_know_the_pipeline(self):
        self.ok("pipeline", "count", "drop", "numbers", "--yes", "--to", "sqlite:///out.db", "--dataset", "main",
                env={"LODE_HOME": str(self.folder / "other")})
        self.assertEqual(self.tables(), ["letters"])


class Sync(Lifecycle):
    def test_restores_what_the_destination_has(self):
        self.script()
        self.ok("run", "count.lua")
        before = self.ok("pipeline", "count", "--json").json()
        self.work("state.json").write_text("not a state")
        self.assertIn("state.json cannot be read", self.ok("pipeline", "count").out)
        self.fails(EXIT_FAILED, "pipeline", "count", "sync", "--yes", says="--to URL")
        place = ["--to", "sqlite:///out.db", "--dataset", "main"]
        answer = self.ok("pipeline", "count", "sync", "--yes", *place)
        self.assertIn("schema count", answer.out)
        after = self.ok("pipeline", "count", "--json").json()
        for key in ("state", "cursors", "schemas", "destination", "dataset"):
            self.assertEqual(after[key], before[key], key)
        # From here on the place is known.
        self.ok("pipeline", "count", "sync", "--yes")

    def test_a_new_machine(self):
        self.script()
        self.ok("run", "count.lua")
        other = {"LODE_HOME": str(self.folder / "other")}
        says = ["no pipeline 'count'", "--to URL"]
        self.fails(EXIT_FAILED, "pipeline", "count", "sync", "--yes", env=other, says=says)
        place = ["--to", "sqlite:///out.db", "--dataset", "main"]
        self.ok("pipeline", "count", "sync", "--yes", *place, env=other)
        self.assertIn("id = 3", self.ok("pipeline", "count", env=other).out)
        self.fails(EXIT_FAILED, "pipeline", "cont", "sync", "--yes", *place, env=other,
                   says=["nothing of pipeline 'cont' is there to restore", "[pipeline.not_found]"])

    def test_credentials_come_from_the_configuration(self):
        self.file("count.lua", (COUNTER % "").replace('"sqlite:///out.db"', '"sqlite"'))
        self.file(".dlt/secrets.toml", '[destination.sqlalchemy]\ncredentials = "sqlite:///out.db"\n')
        self.ok("run", "count.lua")
        self.assertEqual(self.count("numbers"), 3)
        (self.folder / ".dlt/secrets.toml").unlink()
        env = {"DESTINATION__SQLITE__CREDENTIALS": "sqlite:///out.db"}
        self.ok("run", "count.lua", "--", "n=4", env=env)
        self.assertEqual(self.count("numbers"), 4)
        self.ok("pipeline", "count", "sync", "--yes", env=env)


class BrokenState(Lifecycle):
    """The row of _dlt_pipeline_state in the destination cannot be decoded."""

    def setUp(self):
        super().setUp()
        self.script()
        self.ok("run", "count.lua")
        self.query_all("UPDATE _dlt_pipeline_state SET state = 'rubbish'")

    def test_the_copy_of_the_same_load_takes_its_place(self):
        answer = self.ok("run", "count.lua", "--", "n=5")
        self.assertIn("cannot be decoded; the copy on this machine is of the same load", answer.err)
        self.assertEqual(self.rows("numbers", "id"), [(i,) for i in range(1, 6)])
        self.assertNotIn("cannot be decoded", self.ok("run", "count.lua", "--", "n=6").err)
        versions = [version for (version,) in self.query("SELECT version FROM _dlt_pipeline_state ORDER BY 1")]
        self.assertEqual(versions, [0, 1, 2])

    def test_without_such_a_copy_it_is_an_error_that_says_how_to_go_on(self):
        other = {"LODE_HOME": str(self.folder / "other")}
        self.fails(EXIT_FAILED, "run", "count.lua", env=other,
                   says=["the state of pipeline 'count'", "[state.corrupt]", "--refresh drop_sources"])
        self.assertEqual(self.count("numbers"), 3)
        self.ok("run", "count.lua", "--refresh", "drop_sources", env=other)
        self.assertEqual(self.rows("numbers", "id"), [(1,), (2,), (3,)])
        self.ok("run", "count.lua", "--", "n=4", env=other)
        self.assertEqual(self.count("numbers"), 4)

    def test_a_copy_of_an_older_load_does_not_count(self):
        self.query_all("INSERT INTO _dlt_loads (load_id, schema_name, status, inserted_at) "
                       "SELECT '99999999999.5', schema_name, 0, inserted_at FROM _dlt_loads LIMIT 1")
        self.fails(EXIT_FAILED, "run", "count.lua", "--", "n=5", says="[state.corrupt]")

    def test_a_higher_version_here_is_outnumbered(self):
        self.query_all("DELETE FROM _dlt_pipeline_state")
        path = self.work("state.json")
        path.write_text(path.read_text().replace('"_state_version":0', '"_state_version":41'))
        self.ok("run", "count.lua", "--", "n=5")
        self.assertEqual(self.query("SELECT version FROM _dlt_pipeline_state"), [(42,)])


class Traces(Lifecycle):
    def trace(self):
        return self.ok("pipeline", "count", "trace", "--json").json()

    def test_of_a_run(self):
        self.script()
        self.ok("run", "count.lua")
        trace = self.trace()
        self.assertEqual((trace["ok"], trace["operation"], trace["rows"], trace["error"]), (True, "run", 7, None))
        self.assertEqual([step["step"] for step in trace["steps"]],
                         ["connect", "restore", "normalize", "extract", "seal", "load", "done"])
        tables = {table["name"]: table for table in trace["tables"]}
        self.assertEqual((tables["numbers"]["rows"], tables["numbers"]["files"]), (3, 1))
        self.assertGreater(tables["numbers"]["bytes"], 0)
        self.assertEqual(trace["schema"]["name"], "count")
        self.assertEqual(trace["load_id"], self.query("SELECT max(load_id) FROM _dlt_loads")[0][0])
        answer = self.ok("pipeline", "count", "trace").out
        self.assertRegex(answer, r"numbers +3 rows +1 file .* append +new table\n")
        self.assertRegex(answer, r"numbers +id  \(first run\) -> 3\n")
        self.script(text=COUNTER.replace("{ id = i, ", "{ id = i, more = i, "))
        self.ok("run", "count.lua", "--", "n=4")
        self.assertIn("+1 column: more bigint", self.ok("pipeline", "count", "trace").out)

    def test_of_a_run_that_failed(self):
        breaks = 'numbers:add_map(function() error("the api_key=abcdef123 is wrong") end)\n'
        self.file("count.lua", (COUNTER % "").replace("local count =", breaks + "local count ="))
        self.fails(EXIT_FAILED, "run", "count.lua")
        trace = self.trace()
        self.assertEqual((trace["ok"], trace["load_id"] is not None), (False, True))
        self.assertEqual(trace["error"]["code"], "lua.error")
        self.assertIn("count.lua:", trace["error"]["text"])
        self.assertIn("numbers", trace["error"]["text"])
        self.assertNotIn("abcdef123", json.dumps(trace))
        self.assertEqual(trace["steps"][-1]["step"], "extract")
        out = self.ok("pipeline", "count", "trace").out
        self.assertIn("failed in", out)
        self.assertIn("[lua.error]", out)

    def test_the_last_twenty_are_kept(self):
        self.script()
        for i in range(22):
            self.file(f"home/pipelines/count/traces/{i:016}.json", "{}")
        self.ok("run", "count.lua")
        names = sorted(path.name for path in self.work("traces").iterdir())
        self.assertEqual(len(names), 20)
        self.assertEqual(names[0], f"{3:016}.json")
        self.assertTrue(self.trace()["ok"])

    def test_a_trace_that_is_damaged_is_left_out(self):
        self.script()
        self.ok("run", "count.lua")
        self.file("home/pipelines/count/traces/9999999999999999.json", '{"ok": tr')
        self.assertTrue(self.trace()["ok"])

    def test_without_a_run(self):
        (self.work()).mkdir(parents=True)
        self.assertIn("has not run", self.ok("pipeline", "count", "trace").out)
        self.assertEqual(self.ok("pipeline", "count", "trace", "--json").out, "null\n")

    def test_rows_in_the_destination(self):
        self.script(", trace_to_destination = true")
        self.ok("run", "count.lua")
        (load_id,) = self.query("SELECT max(load_id) FROM _dlt_loads")[0]
        self.assertEqual(self.rows("_lode_trace", "pipeline", "rows", "_dlt_load_id"), [("count", 7, load_id)])
        self.assertEqual(self.rows("_lode_trace__tables", "table_name", "rows", "is_new"),
                         [("letters", 1, 1), ("numbers", 3, 1), ("numbers__parts", 3, 1)])
        self.assertEqual(self.rows("_lode_trace__resources", "resource", "rows"), [("letters", 1), ("numbers", 3)])
        self.assertNotIn("_lode_trace", [table["name"] for table in self.trace()["tables"]])
        self.ok("run", "count.lua", "--refresh", "drop_sources")
        self.assertEqual(self.count("_lode_trace"), 2)


class Metrics(Lifecycle):
    SAMPLE = re.compile(r'^([a-z_]+)\{([a-z]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*)\} (\S+)$')

    def metrics(self, path="out.prom"):
        """The samples by name and labels. The file must be what Prometheus reads."""
        text = (self.folder / path).read_text()
        self.assertTrue(text.endswith("\n"))
        samples, typed, helped = {}, None, None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                helped = line.split()[2]
                self.assertNotIn(helped, {name for name, _ in samples})
            elif line.startswith("# TYPE "):
                typed = line.split()[2]
                self.assertEqual((typed, line.split()[3]), (helped, "gauge"))
            else:
                match = self.SAMPLE.match(line)
                self.assertTrue(match, line)
                self.assertEqual(match[1], typed)
                self.assertNotIn((match[1], match[2]), samples)
                samples[match[1], match[2]] = float(match[3])
        return samples

    def test_of_a_run(self):
        self.script()
        self.ok("run", "count.lua", "--metrics", "out.prom")
        samples = self.metrics()
        of_run = 'pipeline="count",dataset="main"'
        self.assertEqual(samples["lode_run_ok", of_run], 1)
        self.assertEqual(samples["lode_table_rows", of_run + ',table="numbers"'], 3)
        self.assertEqual(samples["lode_resource_rows", 'pipeline="count",resource="letters"'], 1)
        began, ended = (samples[f"lode_run_{word}_time_seconds", of_run] for word in ("start", "end"))
        self.assertGreaterEqual(ended, began)
        self.assertIn(("lode_step_duration_seconds", 'pipeline="count",step="load"'), samples)

    def test_of_a_run_that_failed(self):
        self.script(', metrics_file = "m.prom"')
        self.ok("run", "count.lua")
        self.query_all(REFUSE)
        self.fails(EXIT_FAILED, "run", "count.lua", "--", "n=5")
        samples = self.metrics("m.prom")
        of_run = 'pipeline="count",dataset="main"'
        self.assertEqual((samples["lode_run_ok", of_run], samples["lode_packages_waiting", of_run]), (0, 1))

    def test_pipelines_of_one_script_share_a_file(self):
        second = 'lode.pipeline { name = "more", destination = "memory", dataset = "a\\"b\\\\c" }:run(numbers)\n'
        self.file("count.lua", COUNTER % "" + second)
        env = {"RUNTIME__METRICS_FILE": str(self.folder / "all.prom")}
        self.ok("run", "count.lua", env=env)
        samples = self.metrics("all.prom")
        self.assertEqual(samples["lode_run_ok", 'pipeline="count",dataset="main"'], 1)
        self.assertEqual(samples["lode_run_ok", 'pipeline="more",dataset="a\\"b\\\\c"'], 1)

    def test_a_file_that_cannot_be_written_is_a_warning(self):
        self.script()
        answer = self.ok("run", "count.lua", "--metrics", "no/such/folder/out.prom")
        self.assertIn("the metrics could not be written", answer.err)


class Commands(Lifecycle):
    def test_list(self):
        self.assertIn("no pipeline has run", self.ok("pipeline").out)
        self.script()
        self.ok("run", "count.lua")
        self.assertRegex(self.ok("pipeline").out, r"^count  ok .* sqlite:///.*/out.db, dataset main\n$")
        (entry,) = self.ok("pipeline", "--list", "--json").json()["pipelines"]
        self.assertEqual((entry["name"], entry["last_run_ok"], entry["dataset"]), ("count", True, "main"))

    def test_show_and_packages(self):
        self.script()
        self.ok("run", "count.lua")
        load_id = self.query("SELECT max(load_id) FROM _dlt_loads")[0][0]
        self.assertIn(f"{load_id}  7 rows", self.ok("pipeline", "count", "packages").out)
        for words in ([], [load_id]):
            self.assertRegex(self.ok("pipeline", "count", "show", *words).out, r"numbers +3 rows")
        packages = self.ok("pipeline", "count", "packages", "--json").json()
        self.assertEqual((packages["waiting"], packages["loaded"][0]["load_id"]), ([], load_id))
        self.fails(EXIT_FAILED, "pipeline", "count", "show", "17.5", says="no package 17.5")

    def test_state(self):
        self.script()
        self.ok("run", "count.lua")
        state = self.ok("pipeline", "count", "state", "--json").json()
        self.assertEqual(state["sources"]["count"]["resources"]["numbers"]["incremental"]["id"]["last_value"], 3)
        self.assertEqual(json.loads(self.ok("pipeline", "count", "state").out), state)

    def test_options_at_the_wrong_place(self):
        self.script()
        self.ok("run", "count.lua")
        for words, says in (
            (["info", "--yes"], "--yes is not for this operation"),
            (["trace", "--to", "sqlite:///x.db"], "--to is not"),
            (["retry", "--all"], "--all is not"),
            (["state", "word"], "'word' is one word too many"),
            (["drop", "a", "--all"], "either resources or --all"),
            (["explode"], "'explode' is none of"),
        ):
            self.fails(EXIT_USAGE, "pipeline", "count", *words, says=says)

    def test_the_terminal_is_asked(self):
        self.script()
        self.ok("run", "count.lua")
        for answer, code, left in (("n\n", EXIT_FAILED, 3), ("y\n", 0, None)):
            master, slave = pty.openpty()
            try:
                os.write(master, answer.encode())
                words = [case.PROGRAM, "pipeline", "count", "drop", "numbers"]
                done = subprocess.run(words, stdin=slave, env=self.env(), cwd=self.folder, capture_output=True,
                                      check=False, timeout=case.TIMEOUT_S)
            finally:
                os.close(master)
                os.close(slave)
            self.assertEqual(done.returncode, code, done)
            self.assertIn(b"go on? [y/N]", done.stderr)
            if left is not None:
                self.assertEqual(self.count("numbers"), left)
        self.assertEqual(self.query("SELECT name FROM sqlite_master WHERE name = 'numbers'"), [])


if __name__ == "__main__":
    case.main()
