// Environment variables and the home folder.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "env_testing.h"

using namespace lode;

namespace {

/// Sets a variable and puts the old value back at the end.
class VariableGuard {
 public:
  VariableGuard(const char* name, const char* value) : name_(name), old_(Env::real().variable(name)) {
    ::setenv(name, value, 1);
  }
  ~VariableGuard() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

}  // namespace

TEST_CASE("a variable is there, empty, or not there", "[env][surroundings]") {
  const VariableGuard guard("LODE_ENV_TEST", "value");
  CHECK(Env::real().variable("LODE_ENV_TEST") == "value");
  ::setenv("LODE_ENV_TEST", "", 1);
  CHECK(Env::real().variable("LODE_ENV_TEST") == "");
  ::unsetenv("LODE_ENV_TEST");
  CHECK_FALSE(Env::real().variable("LODE_ENV_TEST"));
}

TEST_CASE("home is HOME when it can be written", "[env][surroundings]") {
  const Scratch scratch;
  const VariableGuard guard("HOME", scratch.path().c_str());
  CHECK(Env::real().home() == scratch.path());
  ::setenv("HOME", (scratch / "no").c_str(), 1);
  CHECK_FALSE(Env::real().home());
}

TEST_CASE("without HOME the user's entry counts", "[env][surroundings]") {
  const VariableGuard guard("HOME", "");
  const auto home = Env::real().home();
  CHECK((!home || home->is_absolute()));
}

TEST_CASE("is_root tells who runs", "[env][surroundings]") { CHECK(Env::real().is_root() == (::geteuid() == 0)); }
