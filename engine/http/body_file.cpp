// BodyFile: an answer's body on its way into a file.
#include "http/body_file.h"

namespace lode {

BodyFile::BodyFile(Env& env, Path file) : env_(env), file_(std::move(file)), part_(file_.string() + ".part") {}

BodyFile::~BodyFile() {
  if (!open_) return;
  open_.reset();
  (void)env_.remove_file(part_).ok();
}

Status BodyFile::begin() {
  LODE_ASSIGN(open_, env_.create_file(part_));
  size_ = 0;
  return {};
}

Status BodyFile::add(std::string_view bytes) {
  size_ += bytes.size();
  return open_->append(bytes);
}

Status BodyFile::finish() {
  LODE_TRY(open_->sync());
  LODE_TRY(open_->close());
  LODE_TRY(env_.replace(part_, file_));
  open_.reset();
  return {};
}

}  // namespace lode
