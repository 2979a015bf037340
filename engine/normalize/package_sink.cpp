// PackageSink: normalized rows into the job files of a load package.
#include "normalize/package_sink.h"

#include <fmt/format.h>

#include <algorithm>

namespace lode {
namespace {

// Names of tables become names of files. Conventions that keep all characters can let through what must not be there.
Status check_file_name(const std::string& table) {
  const auto is_bad = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || std::string_view(".%{}/\\").find(c) != std::string_view::npos;
  };
  if (std::none_of(table.begin(), table.end(), is_bad)) return {};
  return Status::error(Code::kSchemaInvalid,
                       fmt::format("table '{}': its name has a character that file names cannot have", table))
      .hint("rename the field or resource that it comes from, or use the naming convention snake_case");
}

}  // namespace

void PackageSink::add_table(std::string_view name) {
  targets_.emplace_back();
  targets_.back().name = name;
}

Status PackageSink::add_column(std::size_t table, const RowColumn& column) {
  targets_[table].columns.push_back(column);
  return Status();  // the file learns of it with the next row
}

Status PackageSink::open(Target& target) {
  LODE_TRY(check_file_name(target.name));
  LODE_ASSIGN(const PackageWriter::Target file, package_.writer_for(target.name));
  if (file.is_fresh) target.columns_in_file = 0;
  target.writer = file.writer;
  used_.push_back(static_cast<std::size_t>(&target - targets_.data()));
  return Status();
}

Status PackageSink::write(std::size_t table, std::span<const json::Cell> cells) {
  Target& target = targets_[table];
  if (target.writer == nullptr) LODE_TRY(open(target));
  for (; target.columns_in_file < target.columns.size(); ++target.columns_in_file) {
    LODE_TRY(target.writer->add_column(target.columns[target.columns_in_file]));
  }
  return target.writer->write(cells);
}

Status PackageSink::end_page() {
  for (const std::size_t index : used_) {
    targets_[index].writer = nullptr;
    LODE_TRY(package_.rotate_if_full(targets_[index].name));
  }
  used_.clear();
  return Status();
}

}  // namespace lode
