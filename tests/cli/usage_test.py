#!/usr/bin/env python3
"""The command line itself: help, wrong words, exit code 2."""

import case
from case import EXIT_FAILED, EXIT_USAGE, CliCase


class Help(CliCase):
    def test_help_lists_commands_and_exit_codes(self):
        for words in (["--help"], ["-h"], ["help"]):
            answer = self.ok(*words)
            for text in ("run SCRIPT", "check SCRIPT", "load FILE", "preview FILE", "pipeline NAME"):
                self.assertIn(text, answer.out)
            self.assertIn("130  stopped by a signal", answer.out)
            self.assertEqual(answer.err, "")

    def test_each_command_explains_its_options(self):
        for command, option in (
            ("run", "--full-refresh"),
            ("check", "--dataset"),
            ("load", "--primary-key"),
            ("preview", "--rows"),
            ("pipeline", "--pipelines-dir"),
            ("init", "--openapi"),
        ):
            for words in ([command, "--help"], ["help", command]):
                answer = self.ok(*words)
                self.assertIn(f"usage: lode {command}", answer.out)
                self.assertIn(option, answer.out)

    def test_version(self):
        self.assertRegex(self.ok("--version").out, r"\Alode \d+\.\d+\.\d+\n\Z")


class WrongWords(CliCase):
    def wrong(self, *words, says):
        return self.fails(EXIT_USAGE, *words, says=[*([says] if isinstance(says, str) else says), "[cli.usage]"])

    def test_no_command(self):
        self.wrong(says="a command is missing")

    def test_unknown_command_is_guessed(self):
        self.wrong("rnu", "shop.lua", says=["unknown command 'rnu'", "did you mean 'run'?"])

    def test_unknown_command_without_a_guess(self):
        self.wrong("frobnicate", says="'lode --help' lists the commands")

    def test_unknown_option_is_guessed(self):
        self.wrong("run", "shop.lua", "--full-refesh", says=["'--full-refesh'", "did you mean '--full-refresh'?"])

    def test_misspelt_option_is_told_before_the_missing_one(self):
        self.wrong("load", "a.jsonl", "--too=sqlite:///x.db", says="did you mean '--to'?")

    def test_required_option_is_named(self):
        self.wrong(
            "load", "a.jsonl", "--to", "sqlite:///x.db", says=["--dataset is required", "usage: lode load FILE"]
        )

    def test_option_without_its_value(self):
        self.wrong("run", "shop.lua", "--dataset", says="--dataset")

    def test_word_that_is_not_allowed_is_guessed(self):
        self.wrong(
            "run", "shop.lua", "--progress", "ttyy", says=["auto, tty, log, json, none", "did you mean 'tty'?"]
        )

    def test_number_that_is_none(self):
        self.wrong("run", "shop.lua", "--limit", "many", says="--limit")

    def test_script_argument_without_the_separator(self):
        self.wrong("run", "shop.lua", "repo=lua", says="-- repo=lua")

    def test_script_argument_without_a_value(self):
        self.wrong("run", "shop.lua", "--", "repo", says="key=value")

    def test_not_utf8(self):
        self.wrong("run", b"sh\xff.lua", says="UTF-8")

    def test_failure_as_json(self):
        answer = self.lode("run", "--json")
        self.assertEqual(answer.code, EXIT_USAGE)
        self.assertEqual(answer.json()["ok"], False)
        self.assertEqual(answer.json()["exit_code"], EXIT_USAGE)
        self.assertEqual(answer.json()["error"]["code"], "cli.usage")


class StandardOutput(CliCase):
    def test_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "wb") as full:
            process = self.start("--help", stdout=full)
            self.assertEqual(process.wait(case.TIMEOUT_S), EXIT_FAILED)

    def test_whose_reader_went_away_is_none(self):
        process = self.start("--help", stdout=case.subprocess.PIPE)
        process.stdout.close()
        self.assertEqual(process.wait(case.TIMEOUT_S), 0)


if __name__ == "__main__":
    case.main()
