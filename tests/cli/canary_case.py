"""What the canary tests share: the secret, the forms it could appear in, and the search for it."""

import base64
import json
import urllib.parse

from case import CliCase

CANARY = "cAnArY7Xq+/v9z"


def forms_of(secret):
    return (
        secret,
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
        base64.b64encode(secret.encode()).decode(),
        base64.b64encode(b"user:" + secret.encode()).decode(),
        json.dumps(secret)[1:-1].replace("/", "\\/"),
        secret.encode().hex(),
    )


FORMS = forms_of(CANARY)


class CanaryCase(CliCase):
    """`forms`: what must not be found. Files with the secret are made by plant()."""

    forms = FORMS

    def setUp(self):
        super().setUp()
        self.planted = set()

    def search(self, what, *texts):
        for text in texts:
            for form in self.forms:
                self.assertNotIn(form, text, what)
        for path in self.folder.rglob("*"):
            if path.is_file() and path not in self.planted:
                content = path.read_bytes()
                for form in self.forms:
                    self.assertNotIn(form.encode(), content, f"{what}: {path}")

    def plant(self, name, content):
        path = self.file(name, content)
        path.chmod(0o600)
        self.planted.add(path)
