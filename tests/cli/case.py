"""What the tests of the program share: a folder of their own, the program, its answers, the tables it leaves.

Usage: <name>_test.py PROGRAM [TEST]...
"""

import contextlib
import fcntl
import json
import os
import pathlib
import pty
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import termios
import unittest

PROGRAM = None
TIMEOUT_S = 120  # sanitized programs are slow; nothing here waits for it

EXIT_FAILED, EXIT_USAGE, EXIT_TEMPORARY, EXIT_INTERRUPTED = 1, 2, 3, 130


def own_terminal():
    """In a child: its standard input becomes the terminal that it can open as /dev/tty."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Answer:
    """How the program ended and what it said."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"exit code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class CliCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lode-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def env(self, **more):
        """Nothing of the machine's: no colours asked for, no secrets, no home."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LODE_HOME": str(self.folder / "home")}
        env.update((name, value) for name, value in os.environ.items() if name.endswith("SAN_OPTIONS"))
        env.update(more)
        return env

    def file(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def lode(self, *words, stdin=b"", env=None, **more):
        answer = subprocess.run(
            [PROGRAM, *words],
            input=stdin,
            capture_output=True,
            cwd=self.folder,
            check=False,
            env=self.env(**(env or {})),
            timeout=TIMEOUT_S,
            **more,
        )
        return Answer(answer.returncode, answer.stdout.decode(), answer.stderr.decode())

    def start(self, *words, env=None, **more):
        return subprocess.Popen([PROGRAM, *words], cwd=self.folder, env=self.env(**(env or {})), **more)

    def at_terminal(self, *words, answers=(), env=None):
        """Exit code and all that the terminal shows; `answers`: what is typed once a text has been shown."""
        control, terminal = pty.openpty()
        process = subprocess.Popen(
            [PROGRAM, *words],
            cwd=self.folder,
            env=self.env(**(env or {})),
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            preexec_fn=own_terminal,
        )
        os.close(terminal)
        shown, seen = b"", 0
        try:
            for question, answer in answers:
                while question.encode() not in shown[seen:]:
                    shown += os.read(control, 1000)
                seen = len(shown)
                os.write(control, answer.encode() + b"\n")
            while piece := os.read(control, 1000):
                shown += piece
        except OSError:  # the program has ended
            pass
        os.close(control)
        return process.wait(TIMEOUT_S), shown.decode().replace("\r\n", "\n")

    def ok(self, *words, **more):
        answer = self.lode(*words, **more)
        self.assertEqual(answer.code, 0, answer)
        return answer

    def fails(self, code, *words, says=(), **more):
        """The program ends with `code`, says all of `says` on standard error and nothing on standard output."""
        answer = self.lode(*words, **more)
        self.assertEqual(answer.code, code, answer)
        for text in [says] if isinstance(says, str) else says:
            self.assertIn(text, answer.err)
        self.assertEqual(answer.out, "", answer)
        return answer

    def databases(self):
        return sorted(self.folder.glob("*.db"))

    def query(self, sql, file=None):
        """Rows of the database that holds the loaded tables."""
        files = [file] if file else self.databases()
        for path in files:
            with contextlib.closing(sqlite3.connect(path)) as connection:
                loads = connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_dlt_loads'").fetchone()
                if loads:
                    return connection.execute(sql).fetchall()
        raise AssertionError(f"no dataset in {files}")

    def rows(self, table, *columns):
        return self.query(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {', '.join(columns)}")

    def count(self, table):
        return self.query(f"SELECT count(*) FROM {table}")[0][0]

    def nothing_loaded(self):
        for path in self.databases():
            with contextlib.closing(sqlite3.connect(path)) as connection:
                tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
                for (name,) in tables:
                    if not name.startswith("_dlt"):
                        self.assertEqual(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone(), (0,), name)


def main():
    global PROGRAM  # pylint: disable=global-statement
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell's background jobs ignore it, and so would children
    unittest.main(module="__main__", verbosity=1)
