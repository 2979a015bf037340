"""What the fault tests share: running lode and the demo API, and looking into the database that comes out."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from postgres_server import PostgresServer  # noqa: E402, F401

TOKEN = "fault-token"


class DemoApi:
    """The demo API on a free port, as a context manager."""

    def __init__(self, program, *arguments):
        self.command = [os.path.abspath(program), "--port", "0", "--seed", "7", "--token", TOKEN, *arguments]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def truth(self):
        with urllib.request.urlopen(self.url + "/admin/truth") as answer:
            return json.load(answer)

    def post(self, path, body=b""):
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data=body, method="POST")) as answer:
            return answer.read()


class Workplace:
    """A folder with a script, a database and lode's working folder."""

    def __init__(self, program):
        self.program = os.path.abspath(program)
        self.holder = tempfile.TemporaryDirectory(prefix="lode-faults-")
        self.folder = pathlib.Path(self.holder.name)
        self.database = self.folder / "out__data.db"

    def environment(self, **more):
        return {**os.environ, "LODE_HOME": str(self.folder / "home"), "SOURCES__DEMO__TOKEN": TOKEN, **more}

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return name

    def start(self, *arguments, **options):
        return subprocess.Popen(
            [self.program, *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def run(self, *arguments, timeout=120, **options):
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=timeout)
        return process.returncode, out, err

    def query(self, sql):
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30) as connection:
            return connection.execute(sql).fetchall()

    def tables(self):
        if not self.database.exists():
            return []
        return sorted(name for (name,) in self.query("SELECT name FROM sqlite_master WHERE type = 'table'"))


class SqliteTarget:
    """Databases for the dataset "data" of workplaces: a file in each."""

    name = "sqlite"

    def url(self, workplace):
        return "sqlite:///out.db"

    def is_there(self, workplace):
        return workplace.database.exists()

    def copy(self, source, workplace):
        """Gives `workplace` the dataset as it is in `source`."""
        with sqlite3.connect(source.database) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(source.database, workplace.database)

    def query(self, workplace, sql):
        return [tuple("" if v is None else str(v) for v in row) for row in workplace.query(sql)]

    def change(self, workplace, sql):
        with contextlib.closing(sqlite3.connect(workplace.database)) as connection, connection:
            connection.execute(sql)

    def tables(self, workplace):
        return workplace.tables()

    def drop(self, workplace):
        pass


class PostgresTarget:
    """The same on a server of our own: a database each."""

    name = "postgres"

    def __init__(self, server):
        self.server = server

    def _database(self, workplace):
        return "w_" + re.sub(r"\W", "_", workplace.folder.name.lower())

    def make(self, workplace, template="template0"):
        self.server.query("postgres", f"CREATE DATABASE {self._database(workplace)} TEMPLATE {template}")

    def url(self, workplace):
        if not self.is_there(workplace):
            self.make(workplace)
        return self.server.url(self._database(workplace))

    def is_there(self, workplace):
        return self.server.query(
            "postgres", f"SELECT 1 FROM pg_database WHERE datname = '{self._database(workplace)}'"
        )

    def copy(self, source, workplace):
        self.make(workplace, self._database(source))

    def query(self, workplace, sql):
        return self.server.query(self._database(workplace), "SET search_path TO data; " + sql)

    change = query

    def tables(self, workplace):
        found = self.query(workplace, "SELECT tablename FROM pg_tables WHERE schemaname = 'data' ORDER BY 1")
        return [name for (name,) in found]

    def drop(self, workplace):
        self.server.query("postgres", f"DROP DATABASE IF EXISTS {self._database(workplace)} WITH (FORCE)")


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the condition did not come true")
        time.sleep(0.002)
