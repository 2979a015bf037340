#!/usr/bin/env python3
"""Goal: no row is lost and none comes twice, whenever the process dies.

    kill_test.py LODE DEMO_API [--destination sqlite|postgres] [--kills N] [--only WORD]

Method: for each scenario, measure an undisturbed run. Then again and again start a run on a copy of what was there
before, kill it with SIGKILL at a random moment, run until a run succeeds, and compare the dataset with the one of the
undisturbed run. A scenario is a write disposition with rows from a file (never sealed: loaded while they are read) or
from the demo API (sealed first, and finished by the next run). Both have a dataset before: rows that change, that go,
and that come. `--kills` is the number of runs that were really killed, over all scenarios; default: 4 a scenario.
"""

import argparse
import random
import shutil
import signal
import time

from lode_process import DemoApi, PostgresServer, PostgresTarget, SqliteTarget, Workplace

KILLS_A_SCENARIO = 4
ROWS = 6000
MOMENTS_BEYOND = 1.05  # a run may take a little longer than the measured one

FILE_SCRIPT = """
local lode = require "lode"
local files = require "lode.files"
local args = lode.args { to = { required = true }, replace_strategy = {} }
local pipeline = lode.pipeline {
  name = "kill_file", dataset = "data",
  destination = { type = args.to:match "^%%a+", credentials = args.to, replace_strategy = args.replace_strategy },
}
pipeline:run(lode.source {
  name = "kill", resources = { files.resource { name = "rows", paths = "rows.jsonl", %s } },
})
"""

API_SCRIPT = """
local lode = require "lode"
local rest = require "lode.rest"
local args = lode.args { to = { required = true }, base_url = { required = true }, parallel_load_bytes_min = {} }
local api = rest.client {
  base_url = args.base_url, auth = { type = "bearer", token = lode.secret "sources.demo.token" },
}
local purchases = lode.resource {
  name = "purchases", primary_key = "id", write_disposition = "%s",
  incremental = lode.incremental { cursor_path = "updated_at", initial_value = "2000-01-01T00:00:00Z" },
  data = function(ctx)
    return api:paginate("v1/purchases", {
      params = { updated_since = ctx.incremental.start_value, limit = 20 },
      paginator = { type = "cursor", cursor_path = "meta.next_cursor", cursor_param = "cursor" },
    })
  end,
}
local pipeline = lode.pipeline {
  name = "kill_api", dataset = "data",
  destination = {
    type = args.to:match "^%%a+", credentials = args.to,
    parallel_load_bytes_min = tonumber(args.parallel_load_bytes_min),
  },
}
pipeline:run(lode.source { name = "kill", resources = { purchases } })
"""


MERGE = 'write_disposition = { disposition = "merge", strategy = "%s" }, primary_key = "id"'


def rows_before(out):
    for i in range(ROWS):
        out.write('{"id":%d,"name":"row %d","tags":["a","b%d"],"at":"2024-01-01T00:00:%02dZ"}\n' % (i, i, i, i % 60))


def rows_after(out):
    """A third is changed, a tenth is gone, a tenth is new."""
    for i in range(ROWS // 10, ROWS + ROWS // 10):
        name = "changed" if i % 3 == 0 else "row %d" % i
        out.write('{"id":%d,"name":"%s","tags":["a","b%d"],"at":"2024-01-01T00:00:%02dZ"}\n' % (i, name, i, i % 60))


class FileScenario:
    """Rows from a file. `appends`: each run that is committed adds all rows once more."""

    def __init__(self, name, resource, strategy="", appends=False):
        self.name = name
        self.script = FILE_SCRIPT % resource
        self.strategy = strategy
        self.appends = appends

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def write(self, workplace, rows):
        workplace.write("script.lua", self.script)
        with open(workplace.folder / "rows.jsonl", "w", encoding="utf-8") as out:
            rows(out)

    def before(self, workplace):
        self.write(workplace, rows_before)

    def after(self, workplace):
        self.write(workplace, rows_after)

    def command(self, url):
        extra = [f"replace_strategy={self.strategy}"] if self.strategy else []
        return ["run", "script.lua", "--progress", "none", "--", f"to={url}", *extra]


class ApiScenario:
    """Rows from the demo API, which has more of them in the second run."""

    appends = False

    def __init__(self, name, program, disposition):
        self.name = name
        self.program = program
        self.script = API_SCRIPT % disposition

    def __enter__(self):
        self.api = DemoApi(self.program, "--purchases", "800").__enter__()
        return self

    def __exit__(self, *_):
        self.api.__exit__()

    def before(self, workplace):
        workplace.write("script.lua", self.script)

    def after(self, workplace):
        workplace.write("script.lua", self.script)

    def command(self, url):
        # Staged rows go to PostgreSQL over several connections.
        extra = ["parallel_load_bytes_min=0"] if url.startswith("postgres") else []
        return ["run", "script.lua", "--progress", "none", "--", f"to={url}", f"base_url={self.api.url}", *extra]


def must_run(workplace, command, what):
    code, out, err = workplace.run(*command)
    assert code == 0, f"{what} failed: {out}{err}"


def columns_of(target, workplace, table):
    if target.name == "sqlite":
        return [row[1] for row in target.query(workplace, f"PRAGMA table_info({table})")]
    return [
        name
        for (name,) in target.query(
            workplace,
            "SELECT attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped AND "
            f"attrelid = 'data.{table}'::regclass ORDER BY attnum",
        )
    ]


def tables_of(target, workplace):
    if target.name == "sqlite":
        found = target.query(workplace, "SELECT name FROM sqlite_master WHERE type = 'table'")
    else:
        found = target.query(workplace, "SELECT tablename FROM pg_tables WHERE schemaname = 'data'")
    return sorted(name for (name,) in found if not name.startswith("_dlt"))


def look(target, workplace):
    """What must be equal: rows without their random ids and times of loads. Also checks what must always hold."""
    facts = {}
    for table in tables_of(target, workplace):
        assert not table.startswith("_lode"), f"a table was left behind: {table}"
        kept = []
        for column in columns_of(target, workplace, table):
            if column == "_dlt_valid_to":
                kept.append(f"CASE WHEN {column} IS NULL THEN 'active' ELSE 'retired' END")
            elif not column.startswith("_dlt"):
                kept.append(column)
        facts[table] = sorted(target.query(workplace, f"SELECT {', '.join(kept)} FROM {table}"))
    doubles = target.query(workplace, "SELECT load_id FROM _dlt_loads GROUP BY load_id HAVING count(*) > 1")
    assert doubles == [], f"a load is recorded twice: {doubles}"
    if "rows__tags" in facts:
        orphans = target.query(
            workplace, "SELECT count(*) FROM rows__tags WHERE _dlt_parent_id NOT IN (SELECT _dlt_id FROM rows)"
        )
        assert orphans == [("0",)], f"{orphans} nested rows have no parent"
    return facts


def loads_in(target, workplace):
    return int(target.query(workplace, "SELECT count(*) FROM _dlt_loads")[0][0])


def sweep(target, scenario, program, kills):
    base = Workplace(program)
    scenario.before(base)
    must_run(base, scenario.command(target.url(base)), f"{scenario.name}: the first run")
    if isinstance(scenario, ApiScenario):
        scenario.api.post("/admin/advance?minutes=20000")
    loads_before = loads_in(target, base)

    def copy():
        place = Workplace(program)
        target.copy(base, place)
        shutil.copytree(base.folder / "home", place.folder / "home")
        scenario.after(place)
        return place

    calm = copy()
    command = scenario.command(target.url(calm))
    start = time.monotonic()
    must_run(calm, command, f"{scenario.name}: the undisturbed run")
    length = time.monotonic() - start
    expected = {loads_in(target, calm): look(target, calm)}
    assert sum(len(rows) for rows in expected[loads_before + 1].values()) > 0
    if scenario.appends:
        must_run(calm, command, f"{scenario.name}: the second undisturbed run")
        expected[loads_before + 2] = look(target, calm)
    target.drop(calm)

    killed = runs = 0
    while killed < kills:
        runs += 1
        assert runs < 20 * kills, f"{scenario.name}: runs end before they can be killed"
        place = copy()
        command = scenario.command(target.url(place))
        delay = length * MOMENTS_BEYOND * random.random()
        process = place.start(*command)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        what = f"{scenario.name}: after a kill at {1000 * delay:.1f} ms the next run"
        must_run(place, command, what)
        found, loads = look(target, place), loads_in(target, place)
        # Rows of a file without a cursor come once more if the first run had been committed; else the second run made
        # the one load there is.
        wanted = expected[loads] if scenario.appends else expected[loads_before + 1]
        assert found == wanted, f"{what} left other rows: {({t: len(r) for t, r in found.items()})} in {loads} loads"
        target.drop(place)
    target.drop(base)
    within = f"{1000 * length:.0f} ms"
    print(f"  {scenario.name}: {killed} of {runs} runs killed within {within}; every row once", flush=True)


def scenarios(demo_api):
    return [
        FileScenario("append", "", appends=True),
        FileScenario("replace, truncate-and-insert", 'write_disposition = "replace"'),
        FileScenario("replace, insert-from-staging", 'write_disposition = "replace"', "insert-from-staging"),
        FileScenario("replace, staging-optimized", 'write_disposition = "replace"', "staging-optimized"),
        *(
            FileScenario(f"merge, {strategy}", MERGE % strategy)
            for strategy in ("delete-insert", "upsert", "insert-only", "scd2")
        ),
        ApiScenario("incremental append", demo_api, "append"),
        ApiScenario("incremental merge", demo_api, "merge"),
    ]


def run_all(target, arguments):
    wanted = [s for s in scenarios(arguments.demo_api) if arguments.only in s.name]
    kills = arguments.kills or KILLS_A_SCENARIO * len(wanted)
    print(f"{target.name}:", flush=True)
    for number, scenario in enumerate(wanted):
        share = kills * (number + 1) // len(wanted) - kills * number // len(wanted)
        with scenario:
            sweep(target, scenario, arguments.lode, share)
    print(f"  {kills} kills, 0 rows lost, 0 rows twice", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lode")
    parser.add_argument("demo_api")
    parser.add_argument("--destination", choices=["sqlite", "postgres"], action="append")
    parser.add_argument("--kills", type=int, help="a destination")
    parser.add_argument("--only", default="", help="scenarios with this in their names")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    print(f"seed {arguments.seed}", flush=True)
    destinations = arguments.destination or ["sqlite", "postgres"]
    if "sqlite" in destinations:
        run_all(SqliteTarget(), arguments)
    if "postgres" in destinations:
        with PostgresServer() as server:
            run_all(PostgresTarget(server), arguments)


if __name__ == "__main__":
    main()
