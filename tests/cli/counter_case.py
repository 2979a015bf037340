"""A pipeline that counts: what the tests of a pipeline's life share."""

import contextlib
import sqlite3

from case import CliCase

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

# SQLite loads nothing into the table numbers as long as this is there.
REFUSE = "CREATE TRIGGER refuse BEFORE INSERT ON numbers BEGIN SELECT RAISE(ABORT, 'not today'); END"


class Lifecycle(CliCase):
    def script(self, options="", text=COUNTER, name="count.lua"):
        return self.file(name, text % options)

    def query_all(self, sql):
        """Changes the tables by hand."""
        with contextlib.closing(sqlite3.connect(self.folder / "out.db")) as connection, connection:
            connection.execute(sql)

    def work(self, *parts):
        return self.folder.joinpath("home", "pipelines", "count", *parts)
