#!/usr/bin/env python3
"""Goal: a dataset that is not as the pipeline left it ends in recovery or a clear error, with no row lost or twice.

    altered_dataset_test.py LODE DEMO_API

Each story runs on SQLite and on PostgreSQL: a pipeline that counts (rows with a cursor and nested rows, and rows that
are merged), then somebody changes the dataset by hand or loads into it with another pipeline, then it runs again.
"""

import shutil
import sys

from lode_process import PostgresServer, PostgresTarget, SqliteTarget, Workplace

COUNTER = """
local lode = require "lode"
local args = lode.args { to = { required = true }, n = { default = 3 }, name = { default = "count" } }
local function row(i) return { id = i, label = "row " .. i, parts = lode.list { { p = i } } } end
local numbers = lode.resource {
  name = "numbers",
  incremental = lode.incremental { cursor_path = "id" },
  data = function() for i = 1, args.n do coroutine.yield(row(i)) end end,
}
local letters = lode.resource {
  name = "letters", primary_key = "k", write_disposition = "merge",
  data = function()
    coroutine.yield { k = "a", n = args.n }
    coroutine.yield { k = args.name, n = args.n }
  end,
}
lode.pipeline { name = args.name, destination = args.to, dataset = "data" }:run(lode.source {
  name = args.name, resources = { numbers, letters },
})
"""


class Story:
    """One dataset and the pipelines that load into it."""

    def __init__(self, program, target):
        self.target = target
        self.place = Workplace(program)
        self.place.write("count.lua", COUNTER)
        self.url = target.url(self.place)

    def lode(self, *words):
        return self.place.run(*words)

    def ok(self, *words):
        code, out, err = self.lode(*words)
        assert code == 0, f"{words}: exit code {code}\n{out}{err}"
        return out + err

    def run(self, n, *options, name="count"):
        script = ["run", "count.lua", "--progress", "none", *options, "--"]
        return self.ok(*script, f"to={self.url}", f"n={n}", f"name={name}")

    def fails(self, n, *says):
        words = ["run", "count.lua", "--progress", "none", "--", f"to={self.url}", f"n={n}"]
        code, out, err = self.lode(*words)
        assert code == 1, f"exit code {code}\n{out}{err}"
        for text in says:
            assert text in err, f"no '{text}' in\n{err}"

    def change(self, sql):
        self.target.change(self.place, sql)

    def rows(self, sql):
        return self.target.query(self.place, sql)

    def ids(self, table="numbers"):
        return [int(i) for (i,) in self.rows(f"SELECT id FROM {table} ORDER BY id")]

    def parts(self):
        return [int(i) for (i,) in self.rows("SELECT p FROM numbers__parts ORDER BY p")]

    def tables(self):
        return self.target.tables(self.place)

    def expect_numbers(self, n):
        assert self.ids() == list(range(1, n + 1)), self.ids()
        assert self.parts() == list(range(1, n + 1)), self.parts()


def second_pipeline_in_the_same_dataset(story):
    story.run(3)
    story.run(2, name="other")
    # Both have rows in the tables that they share; each goes on from its own cursor.
    assert story.ids() == [1, 1, 2, 2, 3], story.ids()
    story.run(4)
    story.run(4, name="other")
    assert story.ids() == [1, 1, 2, 2, 3, 3, 4, 4], story.ids()
    letters = story.rows("SELECT k, n FROM letters ORDER BY k")
    assert letters == [("a", "4"), ("count", "4"), ("other", "4")], letters
    assert story.rows("SELECT count(*) FROM _dlt_loads") == [("4",)]
    # A machine that has neither gets both back.
    shutil.rmtree(story.place.folder / "home")
    story.run(5, name="other")
    story.run(5)
    assert story.ids() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5], story.ids()


def dropping_one_pipeline_leaves_the_other(story):
    story.run(3)
    story.place.write("count.lua", COUNTER.replace('"numbers"', '"figures"').replace('"letters"', '"signs"'))
    story.run(2, name="other")
    story.ok("pipeline", "other", "drop", "--all", "--yes")
    assert [t for t in story.tables() if not t.startswith("_dlt")] == ["letters", "numbers", "numbers__parts"]
    story.run(2, name="other")
    assert story.ids("figures") == [1, 2]
    story.expect_numbers(3)


def column_was_dropped(story):
    story.run(3)
    story.change("ALTER TABLE numbers DROP COLUMN label")
    story.run(5)
    story.expect_numbers(5)
    labels = [label for (label,) in story.rows("SELECT coalesce(label, '-') FROM numbers ORDER BY id")]
    assert labels == ["-", "-", "-", "row 4", "row 5"], labels


def needed_column_was_dropped(story):
    """The key that ties nested rows to theirs: new rows have it again, old ones cannot."""
    story.run(3)
    story.change("ALTER TABLE numbers__parts DROP COLUMN _dlt_parent_id")
    said = story.run(5)
    assert "'numbers__parts'" in said and "_dlt_parent_id" in said and "NOT NULL" in said, said
    story.expect_numbers(5)
    orphans = story.rows("SELECT count(*) FROM numbers__parts WHERE _dlt_parent_id IS NULL")
    assert orphans == [("3",)], orphans


def type_was_changed(story):
    if story.target.name == "sqlite":
        return  # its columns take every value
    story.run(3)
    story.change("ALTER TABLE numbers ALTER COLUMN id TYPE text")
    story.run(4)
    assert story.ids() == [1, 2, 3, 4]
    story.change("ALTER TABLE numbers ALTER COLUMN label TYPE integer USING 0")
    story.fails(5, "table 'numbers'", "row 5", "[load.integrity]")
    assert story.ids() == [1, 2, 3, 4]
    story.change("ALTER TABLE numbers ALTER COLUMN label TYPE text")
    # What had been extracted waits in its package, and comes first.
    story.run(6)
    assert story.ids() == [1, 2, 3, 4, 5, 6], story.ids()


def table_was_renamed(story):
    story.run(3)
    story.change("ALTER TABLE numbers RENAME TO numbers_before")
    story.run(5)
    assert story.ids() == [4, 5] and story.ids("numbers_before") == [1, 2, 3]
    assert story.parts() == [1, 2, 3, 4, 5]


def tables_were_dropped(story):
    story.run(3)
    for table in ("numbers", "numbers__parts", "letters"):
        story.change(f"DROP TABLE {table}")
    story.run(5)
    assert story.ids() == [4, 5] and story.parts() == [4, 5]
    # To have the others again, the resource starts anew.
    story.run(5, "--refresh", "drop_resources")
    story.expect_numbers(5)


def system_tables_were_dropped(story):
    """Without them lode takes the dataset for one that it never loaded; the merged rows are as they were."""
    story.run(3)
    for table in ("_dlt_loads", "_dlt_version", "_dlt_pipeline_state"):
        story.change(f"DROP TABLE {table}")
    story.run(3)
    assert story.ids() == [1, 1, 2, 2, 3, 3], story.ids()
    assert len(story.rows("SELECT k FROM letters")) == 2
    story.run(4)
    assert len(story.ids()) == 7


def state_cannot_be_decoded(story):
    story.run(3)
    story.change("UPDATE _dlt_pipeline_state SET state = 'rubbish'")
    said = story.run(4)
    assert "cannot be decoded; the copy on this machine is of the same load" in said, said
    story.expect_numbers(4)


def refreshes(story):
    story.run(3)
    story.run(2, "--refresh", "drop_data")
    story.expect_numbers(2)
    story.run(4, "--refresh", "drop_resources")
    story.expect_numbers(4)
    story.run(1, "--refresh", "drop_sources")
    story.expect_numbers(1)
    assert story.rows("SELECT count(*) FROM _dlt_version") == [("1",)]


def a_resource_is_dropped(story):
    story.run(3)
    story.ok("pipeline", "count", "drop", "numbers", "--yes")
    assert [t for t in story.tables() if not t.startswith("_dlt")] == ["letters"], story.tables()
    story.run(2)
    story.expect_numbers(2)


STORIES = [
    second_pipeline_in_the_same_dataset,
    dropping_one_pipeline_leaves_the_other,
    column_was_dropped,
    needed_column_was_dropped,
    type_was_changed,
    table_was_renamed,
    tables_were_dropped,
    system_tables_were_dropped,
    state_cannot_be_decoded,
    refreshes,
    a_resource_is_dropped,
]


def main():
    program, only = sys.argv[1], sys.argv[3:]
    with PostgresServer() as server:
        for target in (SqliteTarget(), PostgresTarget(server)):
            for story in STORIES:
                if only and story.__name__ not in only:
                    continue
                story(Story(program, target))
                print(f"{target.name}: {story.__name__}: ok", flush=True)


if __name__ == "__main__":
    main()
