// HashiCorp Vault and OpenBao, the key/value store of either version, as a vault.
#include "config/vaults/hashicorp_vault.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "config/secret.h"
#include "http/form.h"
#include "json/write.h"

namespace lode {
namespace {

// Of a list: more is a vault that is not meant for this.
constexpr std::size_t kNamesMax = 20'000;
constexpr std::size_t kFoldersMax = 2'000;

// What the server says, in one line: "permission denied; invalid token".
std::string errors_of(const VaultAnswer& answer) {
  const json::Value* errors = answer.body.is_object() ? answer.body.find("errors") : nullptr;
  if (errors == nullptr || !errors->is_list()) return "";
  std::vector<std::string> lines;
  for (const json::Value& error : errors->items()) {
    if (!error.is_text()) continue;
    for (const std::string_view line : split(error.as_text(), '\n')) {
      const std::string_view text = trim(line);
      if (!text.empty() && !text.ends_with("occurred:"))
        lines.emplace_back(text.starts_with("* ") ? text.substr(2) : text);
    }
  }
  return answer.show(join(lines, "; "));
}

bool says(const VaultAnswer& answer, std::string_view words) {
  return to_lower(errors_of(answer)).find(words) != std::string::npos;
}

std::string encode_path(std::string_view path) {
  std::string out;
  for (const std::string_view part : split(path, '/')) {
    if (!out.empty()) out += '/';
    out += replace_all(form_encode(std::string(part)), "+", "%20");
  }
  return out;
}

// "mount/path?version=2" in its parts.
struct Name {
  std::string path;
  std::string version;
};

std::optional<Name> read_name(const std::string& text) {
  Name name;
  const std::size_t mark = text.find("?version=");
  name.path = text.substr(0, mark);
  if (mark != std::string::npos) {
    name.version = text.substr(mark + 9);
    if (name.version.empty() || name.version.size() > 9 ||
        name.version.find_first_not_of("0123456789") != std::string::npos) {
      return std::nullopt;
    }
  }
  const std::vector<std::string_view> parts = split(name.path, '/');
  const bool is_path = parts.size() >= 2 && name.path.size() <= 1024 &&
                       std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
                         return !part.empty() && part != "." && part != ".." &&
                                std::none_of(part.begin(), part.end(),
                                             [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '?'; });
                       });
  return is_path ? std::optional(name) : std::nullopt;
}

}  // namespace

HashicorpLogin::~HashicorpLogin() {
  wipe(token);
  wipe(question);
}

HashicorpVault::HashicorpVault(Env& env, std::shared_ptr<HttpTransport> http, HashicorpOptions options,
                               FindLogin find_login)
    : env_(env),
      transport_(std::move(http)),
      options_(std::move(options)),
      http_(env, *transport_, "HashiCorp Vault", options_.patience),
      find_login_(std::move(find_login)) {}

HashicorpVault::~HashicorpVault() { wipe(token_); }

std::string HashicorpVault::name_of(const KeyPath& key) const {
  std::vector<std::string> parts = {options_.mount};
  if (!options_.prefix.empty()) parts.push_back(options_.prefix);
  parts.insert(parts.end(), key.parts.begin(), key.parts.end());
  return join(parts, "/");
}

Result<VaultAnswer> HashicorpVault::send(const Call& call, const std::stop_token& stop) {
  VaultQuestion question;
  question.what = call.what;
  question.make = [&]() -> Result<HttpRequest> {
    HttpRequest request;
    request.method = call.method;
    request.url = options_.address + "/v1/" + call.path;
    request.headers = {{"X-Vault-Request", "true"}};
    if (!token_.empty()) request.headers.emplace_back("X-Vault-Token", token_);
    if (!options_.name_space.empty()) request.headers.emplace_back("X-Vault-Namespace", options_.name_space);
    request.body = call.body;
    request.verify_tls = options_.verify_tls;
    request.certificate = options_.certificate;
    return request;
  };
  question.is_busy = [](const HttpResponse& response) { return response.status == 412; };  // behind its leader
  if (!token_.empty()) question.secrets = {token_};
  return http_.ask(question, stop);
}

Status HashicorpVault::unexpected(const VaultAnswer& answer, const std::string& what) const {
  Status error = Status::error(Code::kConfigUnreadable,
                               fmt::format("{} answered {} to the question for {}", title(), answer.status, what));
  if (const std::string errors = errors_of(answer); !errors.empty()) error.note(errors);
  const std::string* location = find_header(answer.headers, "Location");
  if (answer.status >= 300 && answer.status < 400 && location != nullptr) {
    error.note("it leads to " + answer.show(*location));
    return error.hint("set address to that of the active server");
  }
  return error.hint("is address that of a Vault or OpenBao server?");
}

// --- The token

// `life`: {lease_duration or ttl, renewable}.
void HashicorpVault::keep_token(const json::Value& life) {
  const json::Value* seconds = life.find("lease_duration");
  if (seconds == nullptr) seconds = life.find("ttl");
  const json::Value* renewable = life.find("renewable");
  life_s_ = seconds != nullptr && seconds->is_int() ? static_cast<double>(seconds->as_int()) : 0;
  is_renewable_ = renewable != nullptr && renewable->is_bool() && renewable->as_bool();
  begun_us_ = env_.steady_us();
}

Status HashicorpVault::token_refused(const std::string& what) const {
  return Status::error(
             Code::kConfigUnreadable,
             fmt::format("{} cannot be asked for {}: it does not take the token of {}", title(), what, token_from_))
      .note("it is not valid, or no longer")
      .hint(can_log_in_ ? "what the login gives does not hold: is the role's token_ttl very short?"
                        : "get a new one ('vault login'), or let lode log in: role_id and secret_id under "
                          "[providers.hashicorp_vault] of secrets.toml");
}

Status HashicorpVault::log_in(HashicorpLogin login, const std::string& what, const std::stop_token& stop) {
  token_from_ = login.from;
  needs_token_ = login.needs_token;
  can_log_in_ = !login.path.empty();
  wipe(token_);
  if (!can_log_in_) {
    token_ = std::move(login.token);
    if (!needs_token_) return {};
    LODE_ASSIGN(const VaultAnswer life, send({.path = "auth/token/lookup-self", .what = what}, stop));
    if (life.status == 403 && (says(life, "invalid token") || says(life, "bad token"))) return token_refused(what);
    const json::Value* data = life.body.is_object() ? life.body.find("data") : nullptr;
    keep_token(life.status == 200 && data != nullptr ? *data : json::Value::object());
    return {};
  }
  Call call{.method = "POST", .path = login.path, .body = json::write(login.question), .what = what};
  Result<VaultAnswer> sent = send(call, stop);
  wipe(call.body);
  if (!sent.ok()) return std::move(sent).status();
  const json::Value* auth = sent->body.is_object() ? sent->body.find("auth") : nullptr;
  const std::string token = auth != nullptr && auth->is_object() ? auth->text_or("client_token", "") : "";
  if (sent->status == 200 && !token.empty()) {
    token_ = token;
    keep_token(*auth);
    return {};
  }
  // The answer repeats no secrets of its own accord, but who knows what stands between.
  for (const auto& [name, value] : login.question.members()) {
    if (value.is_text() && name != "role") sent->secrets.push_back(value.as_text());
  }
  Status error = Status::error(Code::kConfigUnreadable, fmt::format("{} cannot be asked for {}: {} failed with {}",
                                                                    title(), what, login.from, sent->status));
  if (const std::string errors = errors_of(*sent); !errors.empty()) error.note(errors);
  return error.hint(
      fmt::format("check what it logs in with, and that this way is open there: POST v1/{} (auth_mount)", login.path));
}

// Makes a token hold for longer. That it does not is no error: it is used to its end.
Status HashicorpVault::renew(const std::string& what, const std::stop_token& stop) {
  LODE_ASSIGN(const VaultAnswer answer,
              send({.method = "POST", .path = "auth/token/renew-self", .body = "{}", .what = what}, stop));
  const json::Value* auth = answer.body.is_object() ? answer.body.find("auth") : nullptr;
  const double before_s = life_s_;
  if (answer.status == 200 && auth != nullptr && auth->is_object()) keep_token(*auth);
  const bool holds = answer.status == 200 && life_s_ >= before_s / 2;
  if (!holds && can_log_in_) {
    wipe(token_);  // the next login gives a fresh one
  } else if (!holds) {
    is_renewable_ = false;
  }
  return {};
}

// A token that is there and holds, as far as can be known without asking.
Status HashicorpVault::have_token(const std::string& what, const std::stop_token& stop) {
  const double age_s = static_cast<double>(env_.steady_us() - begun_us_) / 1e6;
  if (!token_.empty() && life_s_ > 0 && age_s > life_s_ * 2 / 3) {
    if (is_renewable_ && age_s < life_s_) {
      LODE_TRY(renew(what, stop));
    } else if (can_log_in_) {
      wipe(token_);
    }
  }
  if (!token_.empty() || !needs_token_) return {};
  Result<HashicorpLogin> login = find_login_();
  if (!login.ok()) return http_.cannot_ask(what, std::move(login).status());
  return log_in(std::move(*login), what, stop);
}

// "permission denied" is said of both: a token that is none, and one that may not. Newer servers tell them apart.
Result<bool> HashicorpVault::is_token_dead(const VaultAnswer& refused, const std::string& what,
                                           const std::stop_token& stop) {
  if (!needs_token_) return false;
  if (says(refused, "invalid token") || says(refused, "bad token")) return true;
  LODE_ASSIGN(const VaultAnswer life, send({.path = "auth/token/lookup-self", .what = what}, stop));
  return life.status == 403;
}

Result<VaultAnswer> HashicorpVault::ask(const Call& call, const std::stop_token& stop) {
  for (bool is_second = false;; is_second = true) {
    LODE_TRY(have_token(call.what, stop));
    LODE_ASSIGN(VaultAnswer answer, send(call, stop));
    if (answer.status != 403) return answer;
    LODE_ASSIGN(const bool is_dead, is_token_dead(answer, call.what, stop));
    if (!is_dead) return answer;
    if (is_second) return token_refused(call.what);
    wipe(token_);  // a login, or a file that has a newer one
  }
}

// --- Secrets

// Where the store of a path is mounted, and of which version it is: asked once a mount, as Vault's own program does.
Result<HashicorpVault::Mount> HashicorpVault::mount_of(const std::string& path, const std::stop_token& stop) {
  for (const Mount& mount : mounts_) {
    if (path.starts_with(mount.path + "/")) return mount;
  }
  Mount mount;
  mount.path = path.starts_with(options_.mount + "/") ? options_.mount : path.substr(0, path.find('/'));
  if (options_.kv_version) {
    mount.version = *options_.kv_version;
    return mount;
  }
  Call call{.path = "sys/internal/ui/mounts/" + encode_path(path), .what = fmt::format("the mount of '{}'", path)};
  LODE_ASSIGN(const VaultAnswer answer, ask(call, stop));
  const json::Value* data = answer.body.is_object() ? answer.body.find("data") : nullptr;
  if (answer.status != 200 || data == nullptr || !data->is_object()) {
    mount.is_guess = true;  // it may not be asked for; what is wrong will show
    return mount;
  }
  mount.path = data->text_or("path", mount.path + "/");
  while (mount.path.ends_with('/')) mount.path.pop_back();
  if (mount.path.empty() || !path.starts_with(mount.path + "/")) {
    return Status::error(Code::kConfigUnreadable,
                         fmt::format("{} says that '{}' is mounted at '{}'", title(), path, answer.show(mount.path)));
  }
  const std::string type = data->text_or("type", "kv");
  if (type != "kv" && type != "generic") mount.other_type = type;
  const json::Value* version = data->find_path({"options", "version"});
  mount.version = version != nullptr && version->is_text() && version->as_text() == "2" ? 2 : 1;
  mounts_.push_back(mount);
  return mount;
}

Status HashicorpVault::fetch(const std::string& name, VaultEntry& entry, const std::stop_token& stop) {
  const std::optional<Name> read = read_name(name);
  if (!read) {
    entry.why = "cannot be a name there: vault://mount/path#field is expected";
    return {};
  }
  LODE_ASSIGN(const Mount mount, mount_of(read->path, stop));
  if (!mount.other_type.empty()) {
    entry.why = fmt::format("no such secret ('{}' is of the type {}, not kv)", mount.path, mount.other_type);
    return {};
  }
  const std::string inner = read->path.substr(mount.path.size() + 1);
  const std::string place = mount.path + (mount.version == 2 ? "/data/" : "/") + inner;
  Call call{.path = encode_path(place), .what = fmt::format("'{}'", name)};
  if (!read->version.empty() && mount.version == 2) call.path += "?version=" + read->version;
  LODE_ASSIGN(const VaultAnswer answer, ask(call, stop));
  const json::Value* data = answer.body.is_object() ? answer.body.find("data") : nullptr;
  const bool has_data = data != nullptr && data->is_object();
  if (answer.status == 200) {
    if (mount.version == 2 && has_data) data = data->find("data");
    if (data == nullptr || !data->is_object()) return unexpected(answer, call.what);
    entry.text = json::write(*data);
    entry.is_table = true;
    entry.state = VaultEntry::State::kFound;
    return {};
  }
  if (answer.status == 403) {
    entry.state = VaultEntry::State::kDenied;
    entry.why = fmt::format("access denied: the token's policies need read on '{}'", place);
    return {};
  }
  if (answer.status != 404) return unexpected(answer, call.what);
  entry.why = "no such secret";
  if (has_data && data->find("metadata") != nullptr) {
    entry.why = read->version.empty() ? "its newest version is deleted" : "that version is deleted";
  } else if (says(answer, "no handler for route")) {
    entry.why = fmt::format("no such secret (nothing is mounted at '{}')", mount.path);
  } else if (mount.is_guess) {
    entry.why += fmt::format(" (if '{}' is of version 1, set kv_version)", mount.path);
  } else if (mount.version == 2 && inner.starts_with("data/")) {
    entry.why += " (the 'data/' of the API's paths is left out here)";
  }
  return {};
}

// One folder's names; those of folders in it come later.
Status HashicorpVault::list_folder(const Mount& mount, const std::string& folder, std::vector<std::string>& names,
                                   std::vector<std::string>& folders, const std::stop_token& stop) {
  const std::string place = mount.path + (mount.version == 2 ? "/metadata/" : "/") + folder;
  Call call{.path = encode_path(place) + "?list=true", .what = fmt::format("the list of '{}'", place)};
  LODE_ASSIGN(const VaultAnswer answer, ask(call, stop));
  if (answer.status == 404) return {};
  if (answer.status == 403) {
    return Status::error(Code::kConfigUnreadable, fmt::format("{} refused {}", title(), call.what))
        .hint(fmt::format("with list_secrets the token's policies need list on '{}' and below", place));
  }
  const json::Value* keys = answer.body.is_object() ? answer.body.find_path({"data", "keys"}) : nullptr;
  if (answer.status != 200 || keys == nullptr || !keys->is_list()) return unexpected(answer, call.what);
  for (const json::Value& key : keys->items()) {
    if (!key.is_text() || key.as_text().empty()) continue;
    const std::string inner = folder + key.as_text();
    if (inner.ends_with('/')) {
      folders.push_back(inner);
    } else {
      names.push_back(mount.path + "/" + inner);
    }
  }
  return {};
}

Result<std::vector<std::string>> HashicorpVault::list(const std::stop_token& stop) {
  const std::string root = options_.prefix.empty() ? "" : options_.prefix + "/";
  LODE_ASSIGN(const Mount mount, mount_of(options_.mount + "/" + root, stop));
  std::vector<std::string> names;
  std::vector<std::string> folders = {root};
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const std::string folder = folders[i];  // the list grows
    LODE_TRY(list_folder(mount, folder, names, folders, stop));
    if (names.size() <= kNamesMax && folders.size() <= kFoldersMax) continue;
    return Status::error(Code::kConfigUnreadable, fmt::format("{} has more than {} names or {} folders under '{}'",
                                                              title(), kNamesMax, kFoldersMax, mount.path + "/" + root))
        .hint("leave list_secrets off, or set a prefix");
  }
  return names;
}

}  // namespace lode
