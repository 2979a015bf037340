// Files as a source: JSON lines, JSON and CSV, read chunk by chunk.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "env/env.h"
#include "extract/pipe.h"
#include "extract/progress.h"
#include "json/path.h"

namespace lode {

enum class FileType { kJsonLines, kJson, kCsv };

struct FilesOptions {
  struct File {
    std::string path;  ///< "-": standard input
    FileType type = FileType::kJsonLines;
  };
  std::vector<File> files;
  std::string select;                  ///< JSON path of the rows in each value; empty: the value, or its items
  std::size_t chunk_bytes = 1u << 20;  ///< read and parsed at once

  /// {paths: […], format: "auto"|"jsonl"|"json"|"csv", select}. "auto" goes by the ending; standard input and unknown
  /// endings need a format. Errors: kInvalidArgument, kJsonPath.
  static Result<FilesOptions> from_json(const json::Value& value);
};

/// The rows of the files in order, a page a chunk. JSON lines of any size are read in bounded memory; a JSON file is
/// read whole. CSV has a header line; values become numbers and booleans where all of a column's in the first chunk
/// are. Errors: kNotFound…, kJsonSyntax and kCsvSyntax naming file and line.
Result<std::unique_ptr<BlockingPipe>> open_files(Env& env, FilesOptions options,
                                                 std::shared_ptr<ResourceProgress> progress);

}  // namespace lode
