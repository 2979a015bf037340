/* lode.h: the engine as a library.
 *
 * Text is UTF-8 and ends in NUL. Engines share nothing, so a process may have many; one engine is used by one thread at
 * a time, except calls marked [any thread]. Returned strings live as long as the object they were asked of, unless a
 * comment says otherwise. An `error` argument may be NULL; where it is set, the caller frees it with lode_error_free.
 * Zero means default. Nothing is thrown. Structures grow at the end: `size_bytes` says which fields the caller knows.
 *
 * A host calls lode_tick in its frame loop, or sleeps on lode_wake_fd and ticks when it is readable. */
#ifndef LODE_H
#define LODE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lode_engine lode_engine;
typedef struct lode_run lode_run;
typedef struct lode_error lode_error;

enum { LODE_LOG_DEBUG = 0, LODE_LOG_INFO = 1, LODE_LOG_WARNING = 2, LODE_LOG_ERROR = 3 };

typedef struct lode_options {
  size_t size_bytes;          /* set by lode_options_init: old callers keep working with a new library */
  const char* work_folder;    /* packages, state, global configuration. NULL: $LODE_HOME, else ~/.lode */
  const char* project_folder; /* where .lode/ or .dlt/ with config.toml and secrets.toml is. NULL: the current folder */
  uint64_t lua_bytes_max;     /* memory of one script's Lua. 0: no limit */
  uint32_t workers;           /* threads for work that blocks, started on demand. 0: 16 */
  void* host;                 /* handed to every callback, untouched */
  /* Configuration and secrets of the host's own, asked before all other places; "sources.shop.api_key". NULL: not known
   * here; the returned text is copied at once. The callback may be NULL. [any thread] */
  const char* (*find_config)(void* host, const char* key);
  void (*on_log)(void* host, int level,
                 const char* line);               /* NULL: warnings and errors to standard error. [any thread] */
  void (*on_print)(void* host, const char* text); /* what scripts print. NULL: standard output */
  const char* record_folder; /* an empty folder that gets all exchanges with servers, without secrets. NULL: none */
  const char* replay_folder; /* answers come from a recording instead of the network. NULL: from the network */
  /* Asks a person for a text: a pass phrase, say. `hidden`: nobody may see what is typed. Writes at most `size` bytes,
   * without a NUL, and returns their number; -1: nobody is there, or no answer. The engine wipes the bytes. May block.
   * The callback may be NULL. One call at a time. [any thread] */
  int (*ask)(void* host, const char* question, int hidden, char* answer, size_t size);
  /* Shows an address to a person, in a browser say. 0: that was started. The callback may be NULL. */
  int (*open_url)(void* host, const char* url);
} lode_options;

/* Fills in the defaults. */
void lode_options_init(lode_options* options);

/* "0.1.0". Lives forever. */
const char* lode_version(void);

/* `options` may be NULL; it is copied. Returns NULL on failure. */
lode_engine* lode_open(const lode_options* options, lode_error** error);

/* Compiles `source` and keeps it under `name`, which is the script's path: messages use it and require() looks beside
 * it. A failed load leaves the version already loaded in place; runs that have started keep theirs. 0: ok, -1: see
 * error. */
int lode_load(lode_engine* engine, const char* name, const char* source, lode_error** error);

/* Starts a loaded script; it runs in lode_tick. `options_json` is NULL or a JSON object:
 *   args           object of texts: what lode.args gives the script
 *   destination    text: replaces that of every pipeline in the script; likewise dataset and pipelines_dir
 *   resources      list of names: only these resources run
 *   limit          number: at most so many pages of each resource
 *   full_refresh   true: forget cursors and replace what the selected resources loaded; refresh "drop_data"
 *   refresh        "drop_sources", "drop_resources" or "drop_data": what is forgotten before it loads (docs/cli.md)
 *   metrics_file   text: a file that gets metrics of the runs, in Prometheus' text format
 *   check_only     true: pipelines are validated, nothing runs
 *   explain        true: the same, and each prints what it would run, value by value, with where it was written
 *   preview        true, or an object: pipelines show what they would load and change nothing, here and there. Members:
 *                  limit (number: rows of each resource; default: 1000, and few pages and calls), rows_shown (number:
 * of each table; default 5), compare (true: the destination is looked at, never written) Returns NULL on failure. */
lode_run* lode_start(lode_engine* engine, const char* name, const char* options_json, lode_error** error);

/* Lets started runs use this thread for about `budget_us` microseconds (0: until nothing is ready). Never waits.
 * Returns how many runs are unfinished. */
int lode_tick(lode_engine* engine, uint32_t budget_us);

/* Readable while lode_tick has something to do; for poll, select and epoll. Owned by the engine. */
int lode_wake_fd(const lode_engine* engine);

/* 0: not yet. 1: ok. -1: failed, and *error (which lives as long as the run; do not free it) says why. */
int lode_run_done(const lode_run* run, const lode_error** error);

/* What the run is doing and has done, as a JSON object {"pipelines": […], "reports": […], "previews": […]}: per
 * resource rows, bytes, pages, requests, retries; per ended pipeline its report, with "text" for people; per ended
 * preview what it found (docs/cli.md). Lives until the next call for this run. */
const char* lode_run_status(lode_run* run);

/* What was committed stays committed; the rest is undone. The run ends in a later tick. */
void lode_run_cancel(lode_run* run);

/* A run that is not done is cancelled and waited for. NULL is allowed, here and below. */
void lode_run_free(lode_run* run);

/* Cancels what still runs, waits for it and frees it; runs of the engine must not be used afterwards. */
void lode_close(lode_engine* engine);

const char* lode_error_code(const lode_error* error); /* for programs, stable: "config.missing_secret" */
const char* lode_error_text(const lode_error* error); /* for people, several lines, no newline at the end */
const char* lode_error_json(const lode_error* error); /* the same facts as a JSON object */
void lode_error_free(lode_error* error);

#ifdef __cplusplus
}
#endif

#endif /* LODE_H */
