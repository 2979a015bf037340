// Runs files of REST cases (README.md has the format): each one a declarative source, a server's answers, and what has
// to come of them. Usage: rest_cases FILE... [--only TEXT] [--differences FILE]
//   --only TEXT         only cases whose name has TEXT in it
//   --differences FILE  what to expect instead of cases that lode answers differently on purpose; the project's own
//                       differences.json unless another is named
// Prints a line a case, then "N passed, N failed". Exit code: 0 all passed, 1 any failed, 2 wrong usage.
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/text.h"
#include "json/parse.h"
#include "json/write.h"
#include "rest_cases/case_check.h"
#include "rest_cases/case_run.h"
#include "rest_cases/case_server.h"

namespace {

using lode::json::Value;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "rest_cases: %s\n", why.c_str());
  std::exit(2);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) give_up("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Value read_json(const std::string& path) {
  lode::Result<Value> value = lode::json::parse_value(read_file(path));
  if (!value.ok()) give_up(path + ": " + value.status().render());
  return std::move(*value);
}

struct Options {
  std::vector<std::string> files;
  std::string only;
  std::string differences = REST_CASES_FOLDER "/differences.json";
};

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool has_next = i + 1 < argc;
    if (word == "--only" && has_next) {
      options.only = argv[++i];
    } else if (word == "--differences" && has_next) {
      options.differences = argv[++i];
    } else if (word.starts_with("--")) {
      give_up("unknown option " + word);
    } else {
      options.files.push_back(word);
    }
  }
  if (options.files.empty()) give_up("usage: rest_cases FILE... [--only TEXT] [--differences FILE]");
  return options;
}

// PEM text of an RSA key that nobody else has.
std::string fresh_private_key() {
  EVP_PKEY* const key = EVP_RSA_gen(2048);
  BIO* const out = BIO_new(BIO_s_mem());
  if (PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr) != 1) give_up("no private key");
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(out);
  EVP_PKEY_free(key);
  return text;
}

// The case with the server's address in every text.
Value with_address(const Value& test_case, const lode::CaseServer& server) {
  std::string text = lode::replace_all(lode::json::write(test_case), "$BASE", server.url());
  text = lode::replace_all(std::move(text), "$OTHER", server.other_url());
  if (text.find("$PRIVATE_KEY") != std::string::npos) {
    const std::string quoted = lode::quote_json(fresh_private_key());
    text = lode::replace_all(std::move(text), "$PRIVATE_KEY", quoted.substr(1, quoted.size() - 2));
  }
  return *lode::json::parse_value(text);
}

// Lays what the project expects instead over what the case expects; says why. "" if the case holds as it is.
std::string apply_difference(const Value& all, Value& test_case) {
  const Value* difference = all.find(test_case.text_or("name", ""));
  if (difference == nullptr) return "";
  Value& expect = test_case["expect"];
  if (const Value* changed = difference->find("expect")) {
    for (const auto& [key, value] : changed->members()) {
      if (value.is_null()) {
        expect.erase(key);
      } else {
        expect.set(key, value);
      }
    }
  }
  return difference->text_or("why", "?");
}

// Runs one case and prints its line. True if it passed.
bool run_one(Value test_case, const Value& known_differences, const std::string& script) {
  const std::string name = test_case.text_or("name", "(no name)");
  const std::string why = apply_difference(known_differences, test_case);
  lode::CaseServer server;
  const Value ready = with_address(test_case, server);
  if (const Value* rules = ready.find("server")) server.set_rules(*rules);
  const lode::CaseOutcome outcome = lode::run_case(ready, server, script);
  const Value* expect = ready.find("expect");
  if (expect == nullptr) give_up("case " + name + " expects nothing");
  const std::vector<std::string> found = lode::differences(*expect, outcome);
  std::printf("%s %s%s\n", found.empty() ? "ok     " : "FAILED ", name.c_str(),
              why.empty() ? "" : (" (differs from dlt: " + why + ")").c_str());
  for (const std::string& difference : found) {
    std::printf("          %s\n", lode::replace_all(difference, "\n", "\n            ").c_str());
  }
  std::fflush(stdout);
  return found.empty();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv);
  const std::string script = read_file(REST_CASES_FOLDER "/rest_case.lua");
  const Value known_differences = read_json(options.differences);
  int passed = 0;
  int failed = 0;
  for (const std::string& file : options.files) {
    const Value cases = read_json(file);
    if (!cases.is_list()) give_up(file + ": a list of cases was expected");
    for (const Value& test_case : cases.items()) {
      if (test_case.text_or("name", "").find(options.only) == std::string::npos) continue;
      ++(run_one(test_case, known_differences, script) ? passed : failed);
    }
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed > 0 || passed == 0 ? 1 : 0;
}
