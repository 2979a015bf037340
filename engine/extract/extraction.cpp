// Extraction: runs the selected resources of a source and hands their pages on.
#include "extract/extraction.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "extract/transform.h"
#include "json/write.h"

namespace lode {

// A resource that takes part: selected, or the parent of one that is.
struct Extraction::Node {
  std::shared_ptr<Resource> resource;
  ResourceContext context;
  std::unique_ptr<IncrementalCursor> cursor;
  json::Value cursor_before;
  Node* parent = nullptr;
  std::size_t consumers = 0;                    // transformers fed by it, plus one if its own rows are wanted
  std::vector<std::unique_ptr<Pipe>> branches;  // what is left of the fork, one a consumer
  bool opened = false;
};

// A selected resource: the end of a chain of pipes.
struct Extraction::Leaf {
  Node* node = nullptr;
  std::unique_ptr<Pipe> pipe;  // null once it ended
  std::shared_ptr<std::atomic<bool>> ready = std::make_shared<std::atomic<bool>>(true);
};

Extraction::~Extraction() {
  // Branches hold their fork; ends go before the chains that they pull from.
  leaves_.clear();
}

Result<std::unique_ptr<Extraction>> Extraction::open(const Source& source, PipelineState& state) {
  std::unique_ptr<Extraction> extraction(new Extraction());
  LODE_TRY(extraction->build(source, state));
  return extraction;
}

namespace {

Status about_resource(Status status, const Resource& resource) {
  return std::move(status).about(fmt::format("resource '{}'", resource.name)).at(resource.where);
}

const json::Value* stored_cursor(PipelineState& state, const std::string& source, const std::string& resource,
                                 const std::string& cursor_path) {
  return state.document().find_path({"sources", source, "resources", resource, "incremental", cursor_path});
}

}  // namespace

Status Extraction::build(const Source& source, PipelineState& state) {
  source_name_ = source.name;
  state_ = &state;
  const auto node_of = [&](const std::shared_ptr<Resource>& resource, const auto& self) -> Node* {
    for (const auto& node : nodes_) {
      if (node->resource == resource) return node.get();
    }
    Node* parent = resource->data_from ? self(resource->data_from, self) : nullptr;
    auto node = std::make_unique<Node>();
    node->resource = resource;
    node->parent = parent;
    if (parent != nullptr) ++parent->consumers;
    node->context.source = source.name;
    node->context.resource = resource->name;
    node->context.state = &state;
    node->context.progress = std::make_shared<ResourceProgress>();
    node->context.progress->name = resource->name;
    progress_.push_back(node->context.progress);
    nodes_.push_back(std::move(node));
    return nodes_.back().get();
  };
  for (const std::shared_ptr<Resource>& resource : source.resources) {
    if (!resource->selected) continue;
    Node* node = node_of(resource, node_of);
    ++node->consumers;
    auto leaf = std::make_unique<Leaf>();
    leaf->node = node;
    leaves_.push_back(std::move(leaf));
  }
  for (const auto& leaf : leaves_) {
    LODE_ASSIGN(leaf->pipe, output_of(*leaf->node));
  }
  return {};
}

// One more consumer takes the output of `node`: opens it the first time, forks it if several want it.
Result<std::unique_ptr<Pipe>> Extraction::output_of(Node& node) {
  if (!node.opened) {
    Result<std::unique_ptr<Pipe>> pipe = open_pipe(node);
    if (!pipe.ok()) return about_resource(std::move(pipe).status(), *node.resource);
    node.opened = true;
    if (node.consumers == 1) return std::move(*pipe);
    node.branches = fork_pipe(std::move(*pipe), node.consumers);
  }
  LODE_ASSERT(!node.branches.empty());
  std::unique_ptr<Pipe> branch = std::move(node.branches.back());
  node.branches.pop_back();
  return branch;
}

Result<std::unique_ptr<Pipe>> Extraction::open_pipe(Node& node) {
  const Resource& resource = *node.resource;
  if (resource.hints.text_or("write_disposition", "") == "replace") {
    state_->resource_state(source_name_, resource.name) = json::Value::object();
  }
  if (resource.incremental) {
    const json::Value* stored = stored_cursor(*state_, source_name_, resource.name, resource.incremental->cursor_path);
    if (stored != nullptr && stored->find("last_value") != nullptr) node.cursor_before = *stored->find("last_value");
    LODE_ASSIGN(node.cursor, IncrementalCursor::open(*resource.incremental, stored ? *stored : json::Value()));
    node.context.incremental = node.cursor.get();
  }

  std::unique_ptr<Pipe> pipe;
  if (node.parent != nullptr) {
    LODE_ASSIGN(std::unique_ptr<Pipe> input, output_of(*node.parent));
    if (resource.input_limit.any()) {
      input = limit_pipe(std::move(input), resource.input_limit, node.context.progress);
    }
    pipe = transform_pipe(
        std::move(input), [&node](Page page) { return node.resource->call(node.context, std::move(page)); },
        {.call_takes_page = resource.call_takes_page, .calls_in_flight_max = resource.calls_in_flight_max});
  } else {
    LODE_ASSIGN(pipe, resource.open(node.context));
  }
  // The order is dlt's: whatever the script adds runs before the cursor, and the limit counts what is left.
  for (const Resource::Step& step : resource.steps) {
    LODE_ASSIGN(pipe, step(node.context, std::move(pipe)));
  }
  if (node.cursor) pipe = incremental_pipe(std::move(pipe), *node.cursor);
  if (resource.limit.any()) pipe = limit_pipe(std::move(pipe), resource.limit, node.context.progress);
  if (resource.tables) {
    LODE_ASSIGN(pipe, resource.tables(node.context, std::move(pipe)));
  }
  return pipe;
}

Result<bool> Extraction::poll(const Turn& turn, PageSink& sink) {
  std::size_t idle = 0;
  while (idle < leaves_.size()) {
    if (!sink.has_room()) return false;
    if (turn.over()) {
      turn.waker();
      return false;
    }
    Leaf& leaf = *leaves_[next_leaf_];
    next_leaf_ = (next_leaf_ + 1) % leaves_.size();
    ++idle;
    // The flag falls before the poll, so that a wake during it is not lost.
    if (leaf.pipe == nullptr || !leaf.ready->exchange(false)) continue;
    Turn inner = turn;
    inner.waker = [ready = leaf.ready, outer = turn.waker] {
      ready->store(true);
      outer();
    };
    Result<Polled> polled = leaf.pipe->poll(inner);
    const Resource& resource = *leaf.node->resource;
    if (!polled.ok()) return about_resource(std::move(polled).status(), resource);
    if (polled->kind == Polled::Kind::kPending) continue;
    idle = 0;
    ResourceProgress& progress = *leaf.node->context.progress;
    if (polled->kind == Polled::Kind::kEnd) {
      leaf.pipe.reset();
      progress.done = true;
      continue;
    }
    leaf.ready->store(true);
    progress.rows += polled->page.rows.rows.size();
    ++progress.pages;
    sink.put(resource, std::move(polled->page));
  }
  return std::all_of(leaves_.begin(), leaves_.end(), [](const auto& leaf) { return leaf->pipe == nullptr; });
}

std::vector<CursorChange> Extraction::save_cursors() {
  std::vector<CursorChange> changes;
  for (const auto& node : nodes_) {
    if (!node->cursor || !node->cursor->is_stateful()) continue;
    const std::string& path = node->cursor->options().cursor_path;
    const json::Value record = node->cursor->record();
    state_->resource_state(source_name_, node->resource->name)["incremental"].set(path, record);
    const json::Value& after = *record.find("last_value");
    if (after == node->cursor_before) continue;
    changes.push_back({node->resource->name, path, node->cursor_before, after});
  }
  return changes;
}

std::vector<std::string> Extraction::warnings() const {
  std::vector<std::string> warnings;
  for (const auto& node : nodes_) {
    if (!node->cursor || node->cursor->boundary_rows_forgotten() == 0) continue;
    warnings.push_back(fmt::format(
        "resource '{}': {} rows share the last value of cursor '{}', {}; {} are remembered, and the next run loads the "
        "others again if they come again: use write_disposition = \"merge\" with a primary key, or a cursor with finer "
        "values",
        node->resource->name, kBoundaryRowsMax + node->cursor->boundary_rows_forgotten(),
        node->cursor->options().cursor_path, json::write(node->cursor->last_value()), kBoundaryRowsMax));
  }
  return warnings;
}

}  // namespace lode
