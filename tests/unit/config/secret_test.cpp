// Secrets do not show.
#include "config/secret.h"

#include <sstream>

#include "support/catch.h"

using namespace lode;

TEST_CASE("A secret renders as stars and is revealed only when asked") {
  const Secret secret("hunter2");
  std::ostringstream out;
  out << secret;
  CHECK(out.str() == "***");
  CHECK(fmt::format("{} and {}", secret, Secret()) == "*** and ***");
  CHECK(secret.reveal() == "hunter2");
}

TEST_CASE("Copies share, comparison reveals nothing, empty is empty") {
  const Secret secret("hunter2");
  const Secret copy = secret;
  CHECK(copy.reveal().data() == secret.reveal().data());
  CHECK(copy == Secret("hunter2"));
  CHECK_FALSE(copy == Secret("hunter3"));
  CHECK(Secret().empty());
  CHECK(Secret("").reveal() == "");
}

TEST_CASE("Secrets that live are found in any text, the longest first") {
  const std::string text = "Bearer living-token, living-token, short";
  {
    const Secret token("living-token");
    const Secret header("Bearer living-token");
    const Secret copy = token;
    const Secret brief("short");
    CHECK(hide_living_secrets(text) == "***, ***, short");
    { const Secret equal("living-token"); }
    CHECK(hide_living_secrets(text) == "***, ***, short");
  }
  CHECK(hide_living_secrets(text) == text);
}

TEST_CASE("Wiping leaves no byte of a text behind") {
  std::string text = "a secret that is too long to be kept inside the string";
  const char* bytes = text.data();
  wipe(text);
  CHECK(text.empty());
  CHECK(std::string_view(bytes, 8) == std::string_view("\0\0\0\0\0\0\0\0", 8));
}
