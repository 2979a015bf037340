"""What the tests of vaults share: a script that asks for secrets, and a canary that must not be seen."""

import os
import subprocess

from server_case import expect

CANARY = "cAnArY7Xq+/v9z"
SHOW = """
local lode = require "lode"
local function has(key, wanted)
  local value = lode.secret(key):reveal()
  if value ~= wanted then error(key .. " has " .. #value .. " bytes that are not the right ones") end
end
"""
# Variables that say where vaults are: none of the tester's own may count.
FOREIGN = ("AWS_", "VAULT_", "GOOGLE_", "AZURE_", "BAO_")


class VaultCase:
    """`base`: variables of every run."""

    def __init__(self, place, base):
        self.place = place
        self.base = base
        self.hidden = [CANARY]

    def run(self, body, **env):
        """Exit code and all output; no secret may be in it."""
        (self.place.folder / "script.lua").write_text(SHOW + body)
        own = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
        folder = str(self.place.folder)
        env = {**own, "LODE_HOME": folder + "/home", "HOME": folder, **self.base, **env}
        done = subprocess.run(
            [self.place.lode, "run", "script.lua", "--progress", "none"],
            cwd=self.place.folder, env=env, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        text = done.stdout + done.stderr
        for secret in self.hidden:
            assert secret not in text, text
        return done.returncode, text

    def passes(self, body, **env):
        code, text = self.run(body, **env)
        expect(code, 0, text)

    def fails(self, body, *words, **env):
        code, text = self.run(body, **env)
        assert code != 0, text
        for word in words:
            assert word in text, f"{word!r} is not in:\n{text}"
