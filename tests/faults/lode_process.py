"""What the fault tests share: running lode and the demo API, and looking into the database that comes out."""

import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import time
import urllib.request

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


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the condition did not come true")
        time.sleep(0.002)
