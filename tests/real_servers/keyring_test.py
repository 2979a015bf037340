#!/usr/bin/env python3
"""The key of encrypted values in a real Secret Service: GNOME Keyring on a D-Bus of its own. Open, locked, without a
default keyring, refused by the bus, gone.

    keyring_test.py LODE
"""

import os
import re
import shutil
import subprocess
import sys
import time

from server_case import Place, expect, program

SECRET = "cAnArY7Xq+/v9z"
KEY = "sources.shop.api_key"
SHOW = 'local s = require("lode").secret "sources.shop.api_key" print(#s, s:reveal() == "%s")' % SECRET
REFUSING = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=@</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    <deny send_destination="org.freedesktop.secrets"/>
  </policy>
</busconfig>
"""


class Session:
    """A D-Bus session with, or without, a keyring on it."""

    def __init__(self, place, dbus, keyring):
        self.place, self.dbus, self.keyring = place, dbus, keyring
        self.daemon = None

    def bus(self, *words):
        server = subprocess.Popen(
            [self.dbus, "--nofork", "--print-address=1", *words],
            cwd=self.place.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        )  # fmt: skip
        self.place.servers.append(server)
        self.address = server.stdout.readline().strip()

    def env(self, **more):
        keep = {name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS") or name == "PATH"}
        home = str(self.place.folder)
        return {**keep, "HOME": home, "XDG_RUNTIME_DIR": home, "DBUS_SESSION_BUS_ADDRESS": self.address,
                "LODE_HOME": home + "/lode", **more}  # fmt: skip

    def start_keyring(self, password=None):
        words = ["--foreground", "--components=secrets", *(["--unlock"] if password else [])]
        self.daemon = subprocess.Popen(
            [self.keyring, *words], cwd=self.place.folder, env=self.env(), stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.place.servers.append(self.daemon)
        self.daemon.stdin.write((password or "").encode())
        self.daemon.stdin.close()
        end = time.monotonic() + 60
        while not self.has_keyring():
            assert time.monotonic() < end and self.daemon.poll() is None, "the keyring does not start"
            time.sleep(0.1)

    def has_keyring(self):
        call = ["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus",
                "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"]  # fmt: skip
        answer = subprocess.run(call, env=self.env(), capture_output=True, text=True, check=False)
        return "true" in answer.stdout

    def stop_keyring(self):
        self.daemon.terminate()
        self.daemon.wait(30)

    def lode(self, *words, stdin="", **more):
        """Exit code and all output; the secret must not be in it."""
        done = subprocess.run(
            [self.place.lode, *words], cwd=self.place.folder, env=self.env(**more), input=stdin, capture_output=True,
            text=True, timeout=120, check=False, start_new_session=True,
        )  # fmt: skip
        text = done.stdout + done.stderr
        assert SECRET not in text, text
        return done.returncode, text

    def ok(self, *words, **more):
        code, text = self.lode(*words, **more)
        expect(code, 0, text)
        return text

    def fails(self, wanted, *words, **more):
        started = time.monotonic()
        code, text = self.lode(*words, **more)
        assert code != 0, text
        for each in wanted:
            assert each in text, f"{each!r} is not in:\n{text}"
        assert time.monotonic() - started < 60, "it hung"


def stored(session):
    return (session.place.folder / ".lode/secrets.toml").read_text()


def an_open_keyring(session):
    assert "encrypted" in session.ok("secrets", "set", KEY, "--encrypt", stdin=SECRET)
    assert re.search('api_key = "lode-encrypted:v1:keyring:[0-9a-f]{16}:[-_A-Za-z0-9]+"\n', stored(session))
    assert f"{len(SECRET)}\ttrue" in session.ok("run", "show.lua", "--progress", "none")
    assert "encrypted (keyring)" in session.ok("config", "show")
    assert "encrypted (keyring)" in session.ok("config", "explain", KEY)
    # All values have one key, and the next program finds it.
    session.ok("secrets", "set", "a.b", "--encrypt", stdin=SECRET)
    expect(len(set(re.findall("keyring:([0-9a-f]{16})", stored(session)))), 1, "keys")
    before = stored(session)
    session.ok("secrets", "rotate", "a.b", stdin="new")
    assert "new" not in stored(session) and stored(session) != before
    session.ok("secrets", "decrypt", "a.b")
    assert 'b = "new"' in stored(session)
    session.ok("secrets", "encrypt", "a.b")
    assert 'b = "new"' not in stored(session)


def a_locked_keyring(session):
    session.stop_keyring()
    session.start_keyring()  # the same keyring, without its password
    session.fails(["keyring is locked", "[config.keyring]", KEY], "run", "show.lua", "--progress", "none")
    session.fails(["keyring is locked"], "secrets", "set", "c.d", "--encrypt", stdin=SECRET)
    assert "encrypted (keyring)" in session.ok("config", "show")
    session.stop_keyring()


def no_keyring(session):
    session.fails(["no keyring backend", "gnome-keyring", "[config.keyring]"], "run", "show.lua", "--progress", "none")
    session.fails(["no keyring backend"], "run", "show.lua", "--progress", "none", DBUS_SESSION_BUS_ADDRESS="")
    session.fails(["no keyring backend", "--passphrase"], "secrets", "set", "c.d", "--encrypt", stdin=SECRET)


def another_keyring(session):
    shutil.rmtree(session.place.folder / ".local", ignore_errors=True)
    session.start_keyring("another password")
    session.fails(["credential not found", "lode auth"], "run", "show.lua", "--progress", "none")
    session.stop_keyring()


def no_default_keyring(session):
    shutil.rmtree(session.place.folder / ".local", ignore_errors=True)
    session.start_keyring()
    session.fails(["no default keyring"], "secrets", "set", "c.d", "--encrypt", stdin=SECRET)
    session.stop_keyring()


def a_bus_that_refuses(session):
    config = session.place.folder / "bus.conf"
    config.write_text(REFUSING.replace("@", str(session.place.folder)))
    session.bus(f"--config-file={config}")
    session.start_keyring("password")
    session.fails(["permission denied", "[config.keyring]"], "run", "show.lua", "--progress", "none")


def main():
    dbus, keyring = program("dbus-daemon"), program("gnome-keyring-daemon")
    program("dbus-send")
    with Place(sys.argv[1]) as place:
        (place.folder / "show.lua").write_text(SHOW)
        session = Session(place, dbus, keyring)
        bare = place.folder / "bare.conf"  # without services that start when they are asked
        allowing = REFUSING.replace('<deny send_destination="org.freedesktop.secrets"/>', "")
        bare.write_text(allowing.replace("@", str(place.folder)))
        session.bus(f"--config-file={bare}")
        session.start_keyring("password")
        an_open_keyring(session)
        a_locked_keyring(session)
        no_keyring(session)
        another_keyring(session)
        no_default_keyring(session)
        a_bus_that_refuses(session)
        print("keyring: ok")


if __name__ == "__main__":
    main()
