#!/usr/bin/env python3
"""The life of a pipeline: dev_mode, refresh, packages that wait, traces, `lode pipeline NAME …`."""


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


if __name__ == "__main__":
    case.main()
