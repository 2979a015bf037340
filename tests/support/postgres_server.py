"""A PostgreSQL server of our own for tests in Python: a new cluster in a temporary folder."""

import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time


def programs():
    """The folder of initdb and postgres; Debian keeps them off the PATH. None: not installed."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if found:
        return found[0].parent
    on_path = shutil.which("initdb")
    return pathlib.Path(on_path).parent if on_path else None


def ordinary_user():
    """Who runs the server when we are root: initdb refuses root."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("neither the user postgres nor nobody exists")


class PostgresServer:
    """A context manager. Its databases go with it."""

    def __enter__(self):
        self._make_folder()
        data = str(self.folder / "data")
        encoding = ("--locale=C", "--encoding=UTF8")
        self._must(self._spawn("initdb", "-D", data, "-U", "lode", "-A", "trust", "--no-sync", *encoding))
        self.start()
        return self

    def _make_folder(self):
        self.programs = programs()
        if self.programs is None:
            raise RuntimeError("no PostgreSQL server is installed: apt-get install postgresql")
        self.holder = tempfile.TemporaryDirectory(prefix="lode-postgres-")
        self.folder = pathlib.Path(self.holder.name)
        self.user = ordinary_user() if os.geteuid() == 0 else None
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        os.chmod(self.folder, 0o755)
        self.log = open(self.folder / "log", "ab")

    def _must(self, process):
        if process.wait() != 0:
            raise RuntimeError((self.folder / "log").read_text())

    def __exit__(self, *_):
        self.stop(signal.SIGINT)
        self.log.close()
        self.holder.cleanup()

    def _spawn(self, program, *arguments):
        libc = ctypes.CDLL(None)
        parent_death_signal = 1

        def become_ordinary():
            if self.user:
                os.setgid(self.user.pw_gid)
                os.setuid(self.user.pw_uid)
            libc.prctl(parent_death_signal, signal.SIGQUIT)

        return subprocess.Popen(
            [str(self.programs / program), *arguments],
            stdout=self.log,
            stderr=subprocess.STDOUT,
            cwd="/",
            preexec_fn=become_ordinary,
        )

    def start(self, *settings, port=None):
        """Without a port, one that is free."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = port or probe.getsockname()[1]
        address = ["listen_addresses=127.0.0.1", f"port={self.port}"]
        options = [*address, "fsync=off", "full_page_writes=off", "max_connections=50", *settings]
        words = [word for option in options for word in ("-c", option)]
        self.process = self._spawn("postgres", "-D", str(self.folder / "data"), "-k", str(self.folder), *words)
        end = time.monotonic() + 60
        while self._psql("postgres", "SELECT 1").returncode != 0:
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.02)

    def stop(self, how=signal.SIGQUIT):
        """SIGQUIT: at once, as a crash would. SIGINT: ends its sessions and then itself."""
        self.process.send_signal(how)
        self.process.wait()

    def standby(self):
        """A server that follows this one and can only be read: a context manager."""
        return Standby(self)

    def url(self, database):
        """The password is asked of nobody; some clients want to send one."""
        return f"postgresql://lode:any@127.0.0.1:{self.port}/{database}"

    def _psql(self, database, sql):
        command = ["psql", "-X", "-q", "-At", "-F", "\x1f", "-R", "\x1e", "-v", "ON_ERROR_STOP=1"]
        return subprocess.run(
            [*command, "-h", str(self.folder), "-p", str(self.port), "-U", "lode", "-d", database, "-c", sql],
            capture_output=True,
            text=True,
        )

    def query(self, database, sql):
        """Rows as tuples of texts; null is empty."""
        done = self._psql(database, sql)
        if done.returncode != 0:
            raise RuntimeError(f"{sql}: {done.stderr}")
        text = done.stdout.rstrip("\n")
        return [tuple(line.split("\x1f")) for line in text.split("\x1e") if line] if text else []


class Standby(PostgresServer):
    def __init__(self, primary):
        self.primary = primary

    def __enter__(self):
        self._make_folder()
        source = ("-h", str(self.primary.folder), "-p", str(self.primary.port), "-U", "lode")
        self._must(self._spawn("pg_basebackup", "-D", str(self.folder / "data"), "-R", "-c", "fast", "-N", *source))
        self.start()
        return self
