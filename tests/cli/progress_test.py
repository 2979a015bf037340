#!/usr/bin/env python3
"""What is seen of a run while it lasts, and how it is stopped."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import case
from case import EXIT_INTERRUPTED, CliCase

# Yields a row, then a second one when the file "go" is there.
SLOW = """
local lode = require "lode"
local slow = lode.resource { name = "slow", data = function()
  coroutine.yield { id = 1 }
  while true do
    local file = io.open "go"
    if file then file:close() break end
    lode.sleep(0.02)
  end
  coroutine.yield { id = 2 }
end }
lode.pipeline { name = "shop", destination = "sqlite:///shop.db", dataset = "main" }:run(slow)
"""


class Modes(CliCase):
    def setUp(self):
        super().setUp()
        self.file("shop.lua", SLOW)
        self.file("go", "")

    def test_log_lines(self):
        answer = self.ok("run", "shop.lua", "--progress", "log")
        self.assertRegex(answer.err, r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ shop: slow: 2 rows.*, done in ")
        self.assertIn("shop: loaded package", answer.err)

    def test_auto_is_log_lines_without_a_terminal(self):
        self.assertIn("Z shop: slow: 2 rows", self.ok("run", "shop.lua").err)

    def test_json_lines(self):
        answer = self.ok("run", "shop.lua", "--progress", "json")
        events = [json.loads(line) for line in answer.err.splitlines()]
        done = [event for event in events if event["event"] == "resource"]
        self.assertEqual([(event["resource"], event["rows"], event["done"]) for event in done], [("slow", 2, True)])
        self.assertEqual((events[-1]["event"], events[-1]["ok"], events[-1]["exit_code"]), ("end", True, 0))

    def test_json_lines_of_a_failure(self):
        self.file("bad.lua", "error 'no'\n")
        events = [json.loads(line) for line in self.lode("run", "bad.lua", "--progress", "json").err.splitlines()]
        self.assertEqual([event["event"] for event in events], ["error", "end"])
        self.assertEqual(events[0]["error"]["code"], "lua.error")

    def test_none(self):
        self.assertEqual(self.ok("run", "shop.lua", "--progress", "none").err, "")

    def test_logs_of_the_script(self):
        self.file("log.lua", 'local lode = require "lode"\nlode.log.warning("careful")\nlode.log.debug("hidden")\n')
        self.assertEqual(self.ok("run", "log.lua", "--progress", "none").err, "warning: careful\n")


class Terminal(CliCase):
    """Standard error is a terminal."""

    def setUp(self):
        super().setUp()
        self.file("shop.lua", SLOW)
        self.main, self.side = pty.openpty()
        self.addCleanup(os.close, self.main)
        fcntl.ioctl(self.side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        self.seen = ""

    def start_run(self, **env):
        process = self.start(
            "run",
            "shop.lua",
            env={"TERM": "xterm", "LANG": "C.UTF-8", **env},
            stderr=self.side,
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        os.close(self.side)
        self.addCleanup(process.stdout.close)
        return process

    def read_until(self, text):
        end = time.monotonic() + case.TIMEOUT_S
        while text not in self.seen:
            self.assertLess(time.monotonic(), end, self.seen)
            self.read(0.1)

    def read(self, wait_s):
        """Whether more may come."""
        if not select.select([self.main], [], [], wait_s)[0]:
            return True
        try:
            data = os.read(self.main, 65536)
        except OSError:  # the other side is closed
            return False
        self.seen += data.decode()
        return bool(data)

    def read_to_end(self):
        while self.read(1):
            pass

    def test_live_lines_come_and_go(self):
        process = self.start_run()
        self.read_until("1 row")
        self.file("go", "")
        self.assertEqual(process.wait(case.TIMEOUT_S), 0)
        self.read_to_end()
        self.assertIn("extracting", self.seen)
        self.assertRegex(self.seen, "\x1b\\[\\d+A\r")
        after = re.split("\x1b\\[\\d+A\r\x1b\\[J", self.seen)[-1]
        self.assertRegex(after, r"\Ashop: loaded package [^\n]*\n\Z", "live lines are taken away at the end")

    def test_no_line_is_wider_than_the_terminal(self):
        fcntl.ioctl(self.main, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 24, 0, 0))
        process = self.start_run()
        self.read_until("1 row")
        process.send_signal(signal.SIGINT)
        process.wait(case.TIMEOUT_S)
        picture = self.seen[: self.seen.index("1 row")]
        for line in re.sub("\x1b\\[[0-9;]*[A-Za-z]", "", picture).split("\n"):
            self.assertLess(len(line.strip("\r")), 24)

    def test_colours_can_be_turned_off(self):
        process = self.start_run(NO_COLOR="1")
        self.read_until("1 row")
        self.file("go", "")
        process.wait(case.TIMEOUT_S)
        self.read_to_end()
        self.assertNotRegex(self.seen, "\x1b\\[[0-9;]*m")

    def test_terminal_that_cannot_redraw_gets_log_lines(self):
        self.file("go", "")
        process = self.start_run(TERM="dumb")
        process.wait(case.TIMEOUT_S)
        self.read_to_end()
        self.assertNotIn("\x1b", self.seen)
        self.assertIn("Z shop: slow: 2 rows", self.seen)


class Interrupt(CliCase):
    def start_slow(self, script=SLOW):
        self.file("shop.lua", script + "\nprint 'end'")
        process = self.start(
            "run",
            "shop.lua",
            "--progress",
            "json",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def wait_for(self, process, text):
        lines = []
        for line in process.stderr:
            lines.append(line.decode())
            if text in lines[-1]:
                return
        self.fail(f"never said {text}: {lines}")

    def test_first_signal_undoes_and_says_so(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start_slow()
            self.wait_for(process, '"rows":1')
            process.send_signal(number)
            out, err = process.communicate(timeout=case.TIMEOUT_S)
            self.assertEqual(process.returncode, EXIT_INTERRUPTED, err)
            events = [json.loads(line) for line in err.decode().splitlines()]
            error = [event["error"] for event in events if event["event"] == "error"][0]
            self.assertEqual(error["code"], "run.cancelled")
            self.assertIn("kept: nothing of this run", json.dumps(error))
            self.assertEqual(out, b"")
            self.nothing_loaded()

    def test_run_after_an_interrupted_one_loads_everything(self):
        process = self.start_slow()
        self.wait_for(process, '"rows":1')
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=case.TIMEOUT_S)
        self.file("go", "")
        self.ok("run", "shop.lua")
        self.assertEqual(self.rows("slow", "id"), [(1,), (2,)])

    def test_second_signal_kills(self):
        process = self.start_slow("require('lode').log.warning('busy') while true do end")
        self.wait_for(process, "busy")
        process.send_signal(signal.SIGINT)  # nobody can look at it
        while process.poll() is None:
            time.sleep(0.05)
            process.send_signal(signal.SIGINT)
        self.assertEqual(process.returncode, -signal.SIGINT)


if __name__ == "__main__":
    case.main()
