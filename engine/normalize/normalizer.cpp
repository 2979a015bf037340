// Normalizer: the core with a load package behind it.
#include "normalize/normalizer.h"

#include <optional>

#include "normalize/core.h"
#include "normalize/package_sink.h"

namespace lode {

struct Normalizer::Impl {
  Impl(std::shared_ptr<const Naming> naming, Schema& schema, PackageWriter& package, NormalizerOptions options)
      : files(package), core(std::move(naming), schema, *files, std::move(options)) {}
  Impl(std::shared_ptr<const Naming> naming, Schema& schema, RowSink& sink, NormalizerOptions options)
      : core(std::move(naming), schema, sink, std::move(options)) {}

  std::optional<PackageSink> files;
  NormalizerCore core;
};

Normalizer::Normalizer(std::shared_ptr<const Naming> naming, Schema& schema, PackageWriter& package,
                       NormalizerOptions options)
    : impl_(std::make_unique<Impl>(std::move(naming), schema, package, std::move(options))) {}

Normalizer::Normalizer(std::shared_ptr<const Naming> naming, Schema& schema, RowSink& sink, NormalizerOptions options)
    : impl_(std::make_unique<Impl>(std::move(naming), schema, sink, std::move(options))) {}

Normalizer::~Normalizer() = default;

Status Normalizer::declare(const ResourceHints& hints) { return impl_->core.declare(hints); }
Status Normalizer::add(std::string_view table, const json::Rows& rows) { return impl_->core.add(table, rows); }
void Normalizer::quarantine(TakeViolation take) { impl_->core.quarantine(std::move(take)); }
std::size_t Normalizer::row_in_page() const { return impl_->core.row_in_page(); }
Status Normalizer::finish() { return impl_->core.finish(); }
const SchemaChange& Normalizer::changes() const { return impl_->core.changes(); }
const std::vector<std::string>& Normalizer::warnings() const { return impl_->core.warnings(); }

}  // namespace lode
