#!/usr/bin/env python3
"""Encrypted values with a pass phrase: written, shown, asked for at the terminal. The keyring: tests/real_servers."""

import re

import case
from case import EXIT_FAILED, EXIT_USAGE, CliCase

KEY = "sources.shop.api_key"
SECRET = "hunter2-hunter2"
PHRASE = {"LODE_PASSPHRASE": "correct horse"}
SHOW = f'local s = require("lode").secret "{KEY}" print(#s, s:reveal() == "{SECRET}")'
FITS = f"{len(SECRET)}\ttrue"


class Encryption(CliCase):
    def stored(self):
        return (self.folder / ".lode/secrets.toml").read_text()

    def set(self, key=KEY, secret=SECRET):
        return self.ok("secrets", "set", key, "--passphrase", stdin=secret.encode(), env=PHRASE)

    def test_set_and_use(self):
        self.file("show.lua", SHOW)
        self.assertIn(", encrypted", self.set().out)
        self.assertRegex(self.stored(), r'api_key = "lode-encrypted:v1:scrypt:15,8,3:[-_\w]{22}:[-_\w]+"\n')
        self.assertIn(FITS, self.ok("run", "show.lua", env=PHRASE).out)
        self.assertEqual(self.ok("config", "get", KEY, "--reveal", env=PHRASE).out, SECRET + "\n")

    def test_only_who_asks_for_the_value_needs_the_pass_phrase(self):
        self.set()
        self.assertIn("api_key  encrypted (pass phrase)", self.ok("config").out)
        self.assertIn("encrypted (pass phrase)", self.ok("config", "explain", KEY).out)
        self.ok("config", "check")
        self.file("show.lua", SHOW)
        self.ok("check", "show.lua", env=PHRASE)

    def test_rotate_keeps_it_encrypted(self):
        self.set(secret="old")
        before = self.stored()
        self.ok("secrets", "rotate", KEY, stdin=SECRET.encode(), env=PHRASE)
        self.assertNotIn(SECRET, self.stored())
        self.assertNotEqual(self.stored(), before)
        self.fails(EXIT_USAGE, "secrets", "rotate", KEY, stdin=SECRET.encode(), env=PHRASE, says="this value already")
        self.file("show.lua", SHOW)
        self.assertIn(FITS, self.ok("run", "show.lua", env=PHRASE).out)

    def test_encrypt_and_decrypt_what_is_there(self):
        self.file(".lode/secrets.toml", f"# mine\n[sources.shop]\napi_key = '{SECRET}' # why\n").chmod(0o600)
        self.assertIn("encrypted in", self.ok("secrets", "encrypt", KEY, "--passphrase", env=PHRASE).out)
        self.assertNotIn(SECRET, self.stored())
        self.assertIn("# why", self.stored())
        self.assertIn("already", self.ok("secrets", "encrypt", KEY, "--passphrase", env=PHRASE).out)
        self.fails(EXIT_FAILED, "secrets", "decrypt", KEY, env={"LODE_PASSPHRASE": "x"}, says="does not open")
        self.assertIn("decrypted in", self.ok("secrets", "decrypt", KEY, env=PHRASE).out)
        self.assertEqual(self.stored(), f'# mine\n[sources.shop]\napi_key = "{SECRET}" # why\n')
        self.fails(EXIT_FAILED, "secrets", "encrypt", "a.b", "--passphrase", env=PHRASE, says="there is no 'a.b'")

    def test_one_pass_phrase_a_file(self):
        self.set()
        before = self.stored()
        other = {"LODE_PASSPHRASE": "another"}
        answer = self.fails(EXIT_FAILED, "secrets", "set", "a.b", "--passphrase", stdin=b"x", env=other)
        self.assertIn(f"'{KEY}': it does not open: this is not its pass phrase", answer.err)
        self.assertEqual(self.stored(), before)

    def test_a_value_that_was_moved_or_changed_does_not_open(self):
        self.file("show.lua", SHOW)
        self.set(key="sources.shop.other")
        moved = self.stored().replace("other", "api_key")
        self.file(".lode/secrets.toml", moved)
        self.fails(EXIT_FAILED, "run", "show.lua", env=PHRASE, says=[KEY, "written for another key", "secrets.toml"])
        self.file(".lode/secrets.toml", re.sub(r"lode-encrypted:v1:[^\"]*", "lode-encrypted:v7:x", moved))
        self.fails(EXIT_FAILED, "run", "show.lua", env=PHRASE, says=[KEY, "version", "[config.encrypted_value]"])

    def test_without_a_terminal_nobody_is_asked(self):
        self.set()
        self.file("show.lua", SHOW)
        self.fails(EXIT_FAILED, "run", "show.lua", start_new_session=True, says="LODE_PASSPHRASE")

    def test_the_pass_phrase_is_asked_for_and_not_shown(self):
        self.set()
        self.file("show.lua", SHOW)
        answers = [("pass phrase: ", "wrong-one"), ("that is not it; pass phrase: ", PHRASE["LODE_PASSPHRASE"])]
        code, shown = self.at_terminal("run", "show.lua", answers=answers)
        self.assertEqual(code, 0, shown)
        self.assertIn(FITS, shown)
        self.assertNotIn("wrong-one", shown)
        self.assertNotIn("horse", shown)

    def test_a_new_pass_phrase_is_asked_for_twice(self):
        self.file(".lode/secrets.toml", f'[sources.shop]\napi_key = "{SECRET}"\n').chmod(0o600)
        words = ("secrets", "encrypt", KEY, "--passphrase")
        code, shown = self.at_terminal(*words, answers=[("new pass phrase: ", "one"), ("again: ", "two")])
        self.assertEqual(code, EXIT_FAILED, shown)
        self.assertIn("two pass phrases", shown)
        code, shown = self.at_terminal(*words, answers=[("new pass phrase: ", "one"), ("again: ", "one")])
        self.assertEqual(code, 0, shown)
        self.assertNotIn(SECRET, self.stored())

    def test_words_that_do_not_fit(self):
        self.fails(EXIT_USAGE, "secrets", "rm", "a.b", "--encrypt", says="--encrypt and --passphrase")
        self.fails(EXIT_USAGE, "secrets", "encrypt", says="a key is missing")


if __name__ == "__main__":
    case.main()
