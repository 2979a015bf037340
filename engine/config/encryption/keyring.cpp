// Keyring: the user's own, through libsecret.
#include "config/encryption/keyring.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <libsecret/secret.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "base/text.h"

namespace lode {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr const char* kInstall =
    "install a keyring (Debian: gnome-keyring and libsecret-1-0) and sign in to the desktop; where there is none, "
    "encrypt with a pass phrase:  --passphrase";

// The functions of libsecret and GLib that are used. Types and constants come from their headers.
struct Library {
  bool is_there = false;
#define LODE_SECRET_FUNCTIONS(row)                                                                                   \
  row(secret_service_get_sync) row(secret_service_search_sync) row(secret_collection_for_alias_sync)                 \
      row(secret_collection_get_locked) row(secret_item_get_locked) row(secret_item_get_attributes)                  \
          row(secret_item_load_secret_sync) row(secret_item_get_secret) row(secret_item_create_sync)                 \
              row(secret_value_new) row(secret_value_get) row(secret_value_unref) row(g_hash_table_new)              \
                  row(g_hash_table_insert) row(g_hash_table_lookup) row(g_hash_table_unref) row(g_str_hash)          \
                      row(g_str_equal) row(g_object_unref) row(g_list_free) row(g_error_free) row(g_cancellable_new) \
                          row(g_cancellable_cancel) row(g_dbus_error_get_remote_error) row(g_free)                   \
                              row(g_dbus_error_quark)
#define LODE_DECLARE(name) decltype(&::name) name = nullptr;
  LODE_SECRET_FUNCTIONS(LODE_DECLARE)
#undef LODE_DECLARE

  Library() {
    // Never closed: GLib keeps threads of its own.
    void* const handle = dlopen("libsecret-1.so.0", RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return;
    is_there = true;
#define LODE_LOAD(name)                                          \
  name = reinterpret_cast<decltype(name)>(dlsym(handle, #name)); \
  is_there = is_there && name != nullptr;
    LODE_SECRET_FUNCTIONS(LODE_LOAD)
#undef LODE_LOAD
  }
};

const Library& library() {
  static const Library kLibrary;
  return kLibrary;
}

struct Unref {
  template <class T>
  void operator()(T* object) const {
    library().g_object_unref(object);
  }
  void operator()(GHashTable* table) const { library().g_hash_table_unref(table); }
  void operator()(SecretValue* value) const { library().secret_value_unref(value); }
};
template <class T>
using Ref = std::unique_ptr<T, Unref>;

// What a call may cancel, and does when patience ends.
class Deadline {
 public:
  Deadline() : cancellable_(library().g_cancellable_new()), thread_([this] { watch(); }) {}
  ~Deadline() {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  GCancellable* get() const { return cancellable_.get(); }

 private:
  void watch() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [this] { return is_over_; })) {
      library().g_cancellable_cancel(cancellable_.get());
    }
  }
  const Ref<GCancellable> cancellable_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_over_ = false;
  std::thread thread_;  // last: it uses all of the above
};

// What a D-Bus call came to, in the user's words.
Status failure(GError* error) {
  const Library& lib = library();
  const std::string detail = error == nullptr ? "no reason was given" : error->message;
  gchar* const remote = error == nullptr ? nullptr : lib.g_dbus_error_get_remote_error(error);
  const std::string name = remote == nullptr ? "" : remote;
  const bool was_cancelled = error != nullptr && to_lower(detail).find("cancelled") != std::string::npos;
  const bool is_refused =
      name == "org.freedesktop.DBus.Error.AccessDenied" ||
      (error != nullptr && error->domain == lib.g_dbus_error_quark() && error->code == G_DBUS_ERROR_ACCESS_DENIED);
  const bool is_locked = name == "org.freedesktop.Secret.Error.IsLocked";
  lib.g_free(remote);
  if (error != nullptr) lib.g_error_free(error);
  if (is_locked) {
    return Status::error(Code::kKeyring, "the system's keyring is locked").hint("unlock it, and run the command again");
  }
  if (is_refused) {
    return Status::error(Code::kKeyring, "permission denied by the system's keyring")
        .with("answer", detail)
        .hint("check that this user may talk to the Secret Service on the session's D-Bus");
  }
  if (was_cancelled) {
    return Status::error(Code::kKeyring, fmt::format("the system's keyring did not answer for {} s", kPatience.count()))
        .hint("it may wait for somebody at the screen; unlock it there, and run the command again");
  }
  return Status::error(Code::kKeyring, "no keyring backend: nobody answers as Secret Service on the session's D-Bus")
      .with("answer", detail)
      .hint(kInstall);
}

Status locked() {
  return Status::error(Code::kKeyring, "the system's keyring is locked")
      .hint("unlock it (signing in to the desktop does), and run the command again");
}

Ref<GHashTable> attributes_of(const std::string& id) {
  const Library& lib = library();
  Ref<GHashTable> table(lib.g_hash_table_new(lib.g_str_hash, lib.g_str_equal));
  const auto put = [&](const char* name, const char* value) {
    lib.g_hash_table_insert(table.get(), const_cast<char*>(name), const_cast<char*>(value));
  };
  put("application", "lode");
  put("purpose", "encrypted-values");
  if (!id.empty()) put("key", id.c_str());  // as long as `id` lives
  return table;
}

Result<Ref<SecretService>> connect(GCancellable* patience) {
  if (!library().is_there) {
    return Status::error(Code::kKeyring, "no keyring backend: libsecret-1.so.0 is not installed").hint(kInstall);
  }
  GError* error = nullptr;
  Ref<SecretService> service(library().secret_service_get_sync(SECRET_SERVICE_OPEN_SESSION, patience, &error));
  if (service == nullptr) return failure(error);
  return service;
}

// The item's key; nullopt for one that another program put there.
Result<std::optional<Keyring::Key>> read_item(SecretItem* item, GCancellable* patience) {
  const Library& lib = library();
  GError* error = nullptr;
  if (lib.secret_item_load_secret_sync(item, patience, &error) == FALSE) return failure(error);
  const Ref<SecretValue> value(lib.secret_item_get_secret(item));
  const Ref<GHashTable> attributes(lib.secret_item_get_attributes(item));
  const auto* id =
      attributes == nullptr ? nullptr : static_cast<const char*>(lib.g_hash_table_lookup(attributes.get(), "key"));
  if (value == nullptr || id == nullptr) return std::optional<Keyring::Key>();
  gsize size = 0;
  const gchar* text = lib.secret_value_get(value.get(), &size);
  std::string bytes;
  if (!base64_decode({text, size}, bytes)) return std::optional<Keyring::Key>();
  return std::optional<Keyring::Key>({id, Secret(std::move(bytes))});
}

class SecretServiceKeyring final : public Keyring {
 public:
  Result<std::optional<Key>> find(const std::string& id) override {
    const Library& lib = library();
    if (!lib.is_there) return connect(nullptr).status();
    const Deadline patience;
    LODE_ASSIGN(const Ref<SecretService> service, connect(patience.get()));
    const Ref<GHashTable> wanted = attributes_of(id);
    GError* error = nullptr;
    // Without the flag that unlocks: that would ask the person at the screen, if there is one.
    GList* const items =
        lib.secret_service_search_sync(service.get(), nullptr, wanted.get(), SECRET_SEARCH_ALL, patience.get(), &error);
    if (error != nullptr) return failure(error);
    Result<std::optional<Key>> found = std::optional<Key>();
    bool is_locked = false;
    for (GList* each = items; each != nullptr; each = each->next) {
      const Ref<SecretItem> item(static_cast<SecretItem*>(each->data));
      if (!found.ok() || *found) continue;
      if (lib.secret_item_get_locked(item.get()) != FALSE) {
        is_locked = true;
      } else {
        found = read_item(item.get(), patience.get());
      }
    }
    lib.g_list_free(items);
    if (found.ok() && !*found && is_locked) return locked();
    return found;
  }

  Status store(const Key& key) override {
    const Library& lib = library();
    if (!lib.is_there) return connect(nullptr).status();
    const Deadline patience;
    LODE_ASSIGN(const Ref<SecretService> service, connect(patience.get()));
    GError* error = nullptr;
    const Ref<SecretCollection> collection(lib.secret_collection_for_alias_sync(
        service.get(), SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, patience.get(), &error));
    if (error != nullptr) return failure(error);
    if (collection == nullptr) {
      return Status::error(Code::kKeyring, "the system has no default keyring yet")
          .hint("signing in to the desktop makes one; so does the program for keys and passwords (seahorse)");
    }
    if (lib.secret_collection_get_locked(collection.get()) != FALSE) return locked();
    const std::string text = base64_encode(key.bytes.reveal());
    const Ref<SecretValue> value(lib.secret_value_new(text.data(), static_cast<gssize>(text.size()), "text/plain"));
    const Ref<GHashTable> attributes = attributes_of(key.id);
    const Ref<SecretItem> item(lib.secret_item_create_sync(collection.get(), nullptr, attributes.get(),
                                                           "lode: key of encrypted values", value.get(),
                                                           SECRET_ITEM_CREATE_NONE, patience.get(), &error));
    return item == nullptr ? failure(error) : Status();
  }
};

}  // namespace

Keyring& system_keyring() {
  static SecretServiceKeyring* const kKeyring = new SecretServiceKeyring;  // never destroyed: anyone may still ask
  return *kKeyring;
}

}  // namespace lode
