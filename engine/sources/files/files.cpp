// Files as a source: JSON lines, JSON and CSV, read chunk by chunk.
#include "sources/files/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "extract/row_selection.h"
#include "json/parse.h"
#include "sources/files/csv.h"

namespace lode {
namespace {

bool ends_with(const std::string& text, std::string_view ending) {
  return text.size() >= ending.size() &&
         equal_ignoring_case(std::string_view(text).substr(text.size() - ending.size()), ending);
}

std::optional<FileType> type_of_path(const std::string& path) {
  if (ends_with(path, ".jsonl") || ends_with(path, ".ndjson")) return FileType::kJsonLines;
  if (ends_with(path, ".json") || ends_with(path, ".geojson")) return FileType::kJson;
  if (ends_with(path, ".csv")) return FileType::kCsv;
  return std::nullopt;
}

class FilesPipe : public BlockingPipe {
 public:
  FilesPipe(Env& env, FilesOptions options, std::optional<json::Path> select,
            std::shared_ptr<ResourceProgress> progress)
      : env_(env), options_(std::move(options)), select_(std::move(select)), progress_(std::move(progress)) {}

  Result<Polled> next() override {
    for (;;) {
      if (!file_) {
        if (next_file_ == options_.files.size()) return Polled::end();
        current_ = &options_.files[next_file_++];
        LODE_ASSIGN(file_, env_.open_file(current_->path));
        rest_.clear();
        next_line_ = 1;
        at_end_ = false;
        csv_ = CsvReader();
      }
      Result<std::optional<Page>> page = next_of_file();
      if (!page.ok()) return std::move(page).status().about(current_->path == "-" ? "standard input" : current_->path);
      if (*page) {
        (*page)->origin = current_->path;
        return Polled::of(std::move(**page));
      }
      file_.reset();
    }
  }

 private:
  // Reads until there is a whole record at least; nullopt at the end of the file.
  Result<std::optional<Page>> next_of_file() {
    for (;;) {
      if (at_end_) return std::optional<Page>();
      std::string text = std::move(rest_);
      rest_.clear();
      const std::size_t before = text.size();
      // A record larger than a chunk makes the next read larger, so that huge lines do not cost quadratic time.
      const std::size_t wanted = std::max(options_.chunk_bytes, before);
      text.reserve(before + wanted + kPadding);
      text.resize(before + wanted);
      LODE_ASSIGN(const std::size_t got, file_->read(text.data() + before, wanted));
      text.resize(before + got);
      if (progress_) progress_->bytes += got;
      at_end_ = got < wanted;
      if (current_->type == FileType::kJson && !at_end_) {
        rest_ = std::move(text);
        continue;
      }
      const std::size_t whole = whole_records(text);
      if (whole == 0 && !at_end_) {
        rest_ = std::move(text);
        continue;
      }
      rest_.assign(text, whole);
      text.resize(whole);
      LODE_ASSIGN(Page page, parse(std::move(text)));
      if (!page.rows.rows.empty()) return std::optional<Page>(std::move(page));
    }
  }

  std::size_t whole_records(const std::string& text) const {
    if (at_end_ || current_->type == FileType::kJson) return text.size();
    if (current_->type == FileType::kCsv) return CsvReader::whole_records(text, false);
    const std::size_t newline = text.rfind('\n');
    return newline == std::string::npos ? 0 : newline + 1;
  }

  Result<Page> parse(std::string text) {
    Page page;
    if (current_->type == FileType::kCsv) {
      LODE_ASSIGN(page.rows.document, csv_.read(text));
    } else if (current_->type == FileType::kJsonLines) {
      const std::size_t first_line = next_line_;
      next_line_ += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
      LODE_ASSIGN(page.rows.document, parser_.parse_lines(std::move(text), first_line));
    } else {
      LODE_ASSIGN(page.rows.document, parser_.parse(std::move(text)));
    }
    page.bytes = page.rows.document->bytes();
    select_from(page);
    return page;
  }

  void select_from(Page& page) const {
    const json::Document& document = *page.rows.document;
    page.rows.rows.reserve(document.root_count());
    for (std::size_t i = 0; i < document.root_count(); ++i) {
      const json::Ref root = document.root(i);
      if (!select_) {
        add_rows(page, root, current_->type == FileType::kJson);
        continue;
      }
      const std::vector<json::Ref> matches = select_->select(root);
      for (const json::Ref match : matches) add_rows(page, match, matches.size() == 1);
    }
  }

  static void add_rows(Page& page, json::Ref value, bool open_list) {
    if (!open_list || !value.is_list()) {
      if (!value.is_null()) page.rows.rows.push_back(value);
      return;
    }
    json::Ref item = value.size() > 0 ? value.first_child() : value;
    for (std::size_t i = 0; i < value.size(); ++i, item = item.next()) page.rows.rows.push_back(item);
  }

  static constexpr std::size_t kPadding = 64;  // what the parser wants behind a text, so that it need not copy

  Env& env_;
  const FilesOptions options_;
  const std::optional<json::Path> select_;
  const std::shared_ptr<ResourceProgress> progress_;
  std::size_t next_file_ = 0;
  const FilesOptions::File* current_ = nullptr;
  std::unique_ptr<ReadFile> file_;
  std::string rest_;  // the beginning of a record whose end is not read yet
  std::size_t next_line_ = 1;
  bool at_end_ = false;
  json::Parser parser_;
  CsvReader csv_;
};

}  // namespace

Result<FilesOptions> FilesOptions::from_json(const json::Value& value) {
  FilesOptions options;
  options.select = value.text_or("select", "");
  const std::string format = value.text_or("format", "auto");
  const json::Value* paths = value.find("paths");
  if (paths == nullptr || !paths->is_list() || paths->size() == 0) {
    return Status::error(Code::kInvalidArgument, "files: 'paths' must name one file at least");
  }
  for (const json::Value& path : paths->items()) {
    File file;
    file.path = path.as_text();
    const std::optional<FileType> type = format == "jsonl"  ? FileType::kJsonLines
                                         : format == "json" ? FileType::kJson
                                         : format == "csv"  ? FileType::kCsv
                                                            : type_of_path(file.path);
    if (!type) {
      return Status::error(Code::kInvalidArgument,
                           file.path == "-" ? "standard input has no name to tell its format by"
                                            : fmt::format("the format of '{}' is not clear from its name", file.path))
          .hint("name it: jsonl, json or csv");
    }
    file.type = *type;
    options.files.push_back(std::move(file));
  }
  if (!options.select.empty()) {
    LODE_ASSIGN([[maybe_unused]] const json::Path path, json::Path::compile(options.select));
  }
  return options;
}

Result<std::unique_ptr<BlockingPipe>> open_files(Env& env, FilesOptions options,
                                                 std::shared_ptr<ResourceProgress> progress) {
  std::optional<json::Path> select;
  if (!options.select.empty()) {
    LODE_ASSIGN(select, json::Path::compile(options.select));
  }
  // A file that is not there should be known before anything runs.
  for (const FilesOptions::File& file : options.files) {
    if (file.path != "-" && !env.exists(file.path)) {
      return Status::error(Code::kNotFound, fmt::format("there is no file '{}'", file.path));
    }
  }
  return std::unique_ptr<BlockingPipe>(
      std::make_unique<FilesPipe>(env, std::move(options), std::move(select), std::move(progress)));
}

}  // namespace lode
