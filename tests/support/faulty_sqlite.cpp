// FaultySqlite: a layer between SQLite and its files (https://www.sqlite.org/vfs.html).
#include "support/faulty_sqlite.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "support/catch.h"

namespace lode::test {
namespace {

FaultPlan* plan = nullptr;

// SQLite gives the memory: szOsFile of our layer, our part first, the real file's after it.
struct File {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_vfs* real_vfs(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }
File* file_of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }

// SQLITE_OK: the write may go on.
int ask(bool takes_room, int failure) {
  switch (plan->next(takes_room)) {
    case FaultPlan::Answer::kGo:
      return SQLITE_OK;
    case FaultPlan::Answer::kFail:
      return failure;
    default:
      return SQLITE_FULL;
  }
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  sqlite3_file* const real = file_of(file)->real();
  switch (plan->next(true)) {
    case FaultPlan::Answer::kGo:
      return real->pMethods->xWrite(real, bytes, size, offset);
    case FaultPlan::Answer::kFail:
      return SQLITE_IOERR_WRITE;
    case FaultPlan::Answer::kHalf:
      (void)real->pMethods->xWrite(real, bytes, size / 2, offset);
      return SQLITE_FULL;
    default:
      return SQLITE_FULL;
  }
}

// What only passes on.
#define PASS(method, parameters, arguments)           \
  int method parameters {                             \
    sqlite3_file* const real = file_of(file)->real(); \
    return real->pMethods->method arguments;          \
  }
PASS(xClose, (sqlite3_file * file), (real))
PASS(xRead, (sqlite3_file * file, void* to, int size, sqlite3_int64 at), (real, to, size, at))
PASS(xFileSize, (sqlite3_file * file, sqlite3_int64* size), (real, size))
PASS(xLock, (sqlite3_file * file, int level), (real, level))
PASS(xUnlock, (sqlite3_file * file, int level), (real, level))
PASS(xCheckReservedLock, (sqlite3_file * file, int* result), (real, result))
PASS(xFileControl, (sqlite3_file * file, int what, void* argument), (real, what, argument))
PASS(xSectorSize, (sqlite3_file * file), (real))
PASS(xDeviceCharacteristics, (sqlite3_file * file), (real))
PASS(xShmMap, (sqlite3_file * file, int page, int size, int extend, void volatile** out),
     (real, page, size, extend, out))
PASS(xShmLock, (sqlite3_file * file, int offset, int n, int flags), (real, offset, n, flags))
PASS(xShmUnmap, (sqlite3_file * file, int delete_flag), (real, delete_flag))
#undef PASS

void barrier(sqlite3_file* file) {
  sqlite3_file* const real = file_of(file)->real();
  real->pMethods->xShmBarrier(real);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  sqlite3_file* const real = file_of(file)->real();
  const int answer = ask(false, SQLITE_IOERR_TRUNCATE);
  return answer == SQLITE_OK ? real->pMethods->xTruncate(real, size) : answer;
}

int sync(sqlite3_file* file, int flags) {
  sqlite3_file* const real = file_of(file)->real();
  const int answer = ask(false, SQLITE_IOERR_FSYNC);
  return answer == SQLITE_OK ? real->pMethods->xSync(real, flags) : answer;
}

constexpr sqlite3_io_methods kMethods{2,
                                      xClose,
                                      xRead,
                                      write,
                                      truncate,
                                      sync,
                                      xFileSize,
                                      xLock,
                                      xUnlock,
                                      xCheckReservedLock,
                                      xFileControl,
                                      xSectorSize,
                                      xDeviceCharacteristics,
                                      xShmMap,
                                      xShmLock,
                                      barrier,
                                      xShmUnmap,
                                      nullptr,
                                      nullptr};

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  File* const ours = file_of(file);
  ours->base.pMethods = nullptr;
  const int outcome = real_vfs(vfs)->xOpen(real_vfs(vfs), name, ours->real(), flags, out_flags);
  if (ours->real()->pMethods == nullptr) return outcome;
  // Temporary files of the connection are no part of what must survive.
  const bool counts = (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
  static sqlite3_io_methods quiet = kMethods;
  quiet.xWrite = [](sqlite3_file* f, const void* bytes, int size, sqlite3_int64 offset) {
    sqlite3_file* const real = file_of(f)->real();
    return real->pMethods->xWrite(real, bytes, size, offset);
  };
  quiet.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
    sqlite3_file* const real = file_of(f)->real();
    return real->pMethods->xTruncate(real, size);
  };
  quiet.xSync = [](sqlite3_file* f, int how) {
    sqlite3_file* const real = file_of(f)->real();
    return real->pMethods->xSync(real, how);
  };
  ours->base.pMethods = counts ? &kMethods : &quiet;
  return outcome;
}

int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  const int answer = ask(false, SQLITE_IOERR_DELETE);
  return answer == SQLITE_OK ? real_vfs(vfs)->xDelete(real_vfs(vfs), name, sync_folder) : answer;
}

int access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  return real_vfs(vfs)->xAccess(real_vfs(vfs), name, flags, out);
}

int full_path(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  return real_vfs(vfs)->xFullPathname(real_vfs(vfs), name, size, out);
}

sqlite3_vfs layer{};

}  // namespace

FaultySqlite::FaultySqlite(FaultPlan& wanted) {
  REQUIRE(plan == nullptr);
  plan = &wanted;
  sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
  layer = *real;  // what is not replaced below does not look at the layer itself
  layer.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
  layer.pNext = nullptr;
  layer.zName = "faulty";
  layer.pAppData = real;
  layer.xOpen = open;
  layer.xDelete = remove;
  layer.xAccess = access;
  layer.xFullPathname = full_path;
  REQUIRE(sqlite3_vfs_register(&layer, 1) == SQLITE_OK);
}

FaultySqlite::~FaultySqlite() {
  sqlite3_vfs_unregister(&layer);
  plan = nullptr;
}

}  // namespace lode::test
