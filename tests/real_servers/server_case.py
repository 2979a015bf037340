"""What tests against other people's servers share: the server as a child in a folder of its own, and runs of lode.

A test whose software is not installed exits with 77, which ctest shows as skipped.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

SKIPPED = 77


def program(*candidates):
    """The first that is installed; otherwise the test is skipped."""
    for candidate in candidates:
        found = shutil.which(candidate) or next((str(p) for p in pathlib.Path("/").glob(candidate.lstrip("/"))), None)
        if found:
            return found
    print(f"skipped: {candidates[0]} is not installed")
    sys.exit(SKIPPED)


def free_ports(count):
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


class Place:
    """A folder with a server that runs in it, and lode beside it. A context manager."""

    def __init__(self, lode):
        self.lode = os.path.abspath(lode)

    def __enter__(self):
        self.holder = tempfile.TemporaryDirectory(prefix="lode-real-", ignore_cleanup_errors=True)
        self.folder = pathlib.Path(self.holder.name)
        self.servers = []
        return self

    def __exit__(self, *_):
        for server in self.servers:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()
        self.holder.cleanup()

    def start(self, command, **environment):
        """Starts a program in a process group of its own, which ends with this place."""
        log = open(self.folder / "server.log", "ab")
        env = {**os.environ, "HOME": str(self.folder), **environment}
        server = subprocess.Popen(command, cwd=self.folder, env=env, stdout=log, stderr=log, start_new_session=True)
        self.servers.append(server)
        return server

    def serve(self, command, url, seconds=90, **environment):
        """The same, and waits until it answers at `url`."""
        server = self.start(command, **environment)
        end = time.monotonic() + seconds
        while True:
            try:
                urllib.request.urlopen(url, timeout=5).close()
                return
            except urllib.error.HTTPError:
                return  # it answers
            except OSError:
                if time.monotonic() > end or server.poll() is not None:
                    raise RuntimeError((self.folder / "server.log").read_text()) from None
                time.sleep(0.2)

    def run(self, script, *arguments, **environment):
        (self.folder / "script.lua").write_text(script)
        env = {**os.environ, "LODE_HOME": str(self.folder / "home"), **environment}
        words = ["run", "script.lua", "--progress", "none", "--", *arguments]
        done = subprocess.run(
            [self.lode, *words], cwd=self.folder, env=env, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def query(self, sql):
        with contextlib.closing(sqlite3.connect(self.folder / "out.db")) as connection:
            return connection.execute(sql).fetchall()


def expect(found, wanted, what):
    assert found == wanted, f"{what}: {found!r}, not {wanted!r}"
