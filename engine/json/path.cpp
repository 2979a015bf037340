// Paths into JSON values: walking.
#include "json/path.h"

#include <algorithm>
#include <charconv>
#include <compare>

#include "json/path_steps.h"

namespace lode::json {
namespace {

using Step = PathStep;
using Condition = PathCondition;

double to_double(Ref number) {
  if (number.kind() == Kind::kInt) return static_cast<double>(number.as_int());
  if (number.kind() == Kind::kDouble) return number.as_double();
  double value = 0;
  const std::string_view text = number.as_text();
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool is_number(Ref value) {
  const Kind kind = value.kind();
  return kind == Kind::kInt || kind == Kind::kDouble || kind == Kind::kBigInt || kind == Kind::kDecimal;
}

// Numbers with numbers and texts with texts; everything else is equal or not, but never less.
std::partial_ordering order(Ref a, Ref b) {
  if (a.kind() == Kind::kInt && b.kind() == Kind::kInt) return a.as_int() <=> b.as_int();
  if (is_number(a) && is_number(b)) return to_double(a) <=> to_double(b);
  if (a.is_text() && b.is_text()) return a.as_text() <=> b.as_text();
  return to_value(a) == to_value(b) ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
}

bool holds(Condition::Operator compare, std::partial_ordering order) {
  using Operator = Condition::Operator;
  switch (compare) {
    case Operator::kEqual:
      return order == 0;
    case Operator::kNotEqual:
      return order != 0;
    case Operator::kLess:
      return order < 0;
    case Operator::kLessOrEqual:
      return order <= 0;
    case Operator::kGreater:
      return order > 0;
    case Operator::kGreaterOrEqual:
      return order >= 0;
  }
  return false;
}

// Follows steps from a value. Every function answers true when enough has been found.
class Walk {
 public:
  Walk(Ref root, std::size_t matches_max) : root_(root), matches_max_(matches_max) {}

  /// The steps [at, end) from `value`; with none left, `value` is a match, or goes on where a union left off.
  bool follow(const Step* at, const Step* end, Ref value);
  std::vector<Ref>& matches() { return matches_; }

 private:
  /// What comes after the branch of a union.
  struct Rest {
    const Step* at;
    const Step* end;
    const Rest* outer;
  };

  bool by_index(const Step* step, const Step* end, Ref list);
  bool by_slice(const Step* step, const Step* end, Ref list);
  bool into_children(const Step* step, const Step* end, Ref value);
  bool downwards(const Step* step, const Step* end, Ref value);
  bool into_branches(const Step* step, const Step* end, Ref value);
  std::vector<Ref> find(const PathQuery& query, Ref item, std::size_t matches_max) const;
  bool is_true(const Condition& condition, Ref item) const;
  bool compares(const Condition& condition, Ref item) const;

  Ref root_;
  std::size_t matches_max_;
  std::vector<Ref> matches_;
  const Rest* rest_ = nullptr;
};

bool Walk::follow(const Step* at, const Step* end, Ref value) {
  if (at == end) {
    if (rest_ == nullptr) {
      matches_.push_back(value);
      return matches_.size() >= matches_max_;
    }
    const Rest* rest = rest_;
    rest_ = rest->outer;
    const bool enough = follow(rest->at, rest->end, value);
    rest_ = rest;
    return enough;
  }
  switch (at->kind) {
    case Step::Kind::kFields:
      for (const std::string& field : at->fields) {
        const Ref member = value.find(field);
        if (member && follow(at + 1, end, member)) return true;
      }
      return false;
    case Step::Kind::kIndexes:
      return value.is_list() && by_index(at, end, value);
    case Step::Kind::kSlice:
      return value.is_list() && by_slice(at, end, value);
    case Step::Kind::kAnyChild:
    case Step::Kind::kFilter:
      return into_children(at, end, value);
    case Step::Kind::kDescend:
      return downwards(at, end, value);
    case Step::Kind::kUnion:
      return into_branches(at, end, value);
  }
  return false;
}

bool Walk::by_index(const Step* step, const Step* end, Ref list) {
  const auto count = static_cast<std::int64_t>(list.size());
  for (const std::int64_t index : step->indexes) {
    const std::int64_t place = index < 0 ? index + count : index;
    if (place < 0 || place >= count) continue;
    Ref item = list.first_child();
    for (std::int64_t i = 0; i < place; ++i) item = item.next();
    if (follow(step + 1, end, item)) return true;
  }
  return false;
}

// As Python slices: bounds beyond the list are brought back to its ends.
bool Walk::by_slice(const Step* step, const Step* end, Ref list) {
  const auto count = static_cast<std::int64_t>(list.size());
  const bool forward = step->stride > 0;
  if (step->stride == 0 || count == 0) return false;
  const std::int64_t lowest = forward ? 0 : -1;
  const std::int64_t highest = forward ? count : count - 1;
  const auto bound = [&](const std::optional<std::int64_t>& written, std::int64_t otherwise) {
    if (!written) return otherwise;
    return std::clamp(*written < 0 ? *written + count : *written, lowest, highest);
  };
  const std::int64_t from = bound(step->start, forward ? 0 : count - 1);
  const std::int64_t to = bound(step->end, forward ? count : -1);
  // A stride beyond the list takes one item; without the limit the sum below could overflow.
  const std::int64_t stride = std::clamp(step->stride, -count, count);
  std::vector<Ref> items;
  items.reserve(static_cast<std::size_t>(count));
  Ref item = list.first_child();
  for (std::int64_t i = 0; i < count; ++i, item = item.next()) items.push_back(item);
  for (std::int64_t i = from; forward ? i < to : i > to; i += stride) {
    if (follow(step + 1, end, items[static_cast<std::size_t>(i)])) return true;
  }
  return false;
}

bool Walk::into_children(const Step* step, const Step* end, Ref value) {
  if (!value.is_list() && !value.is_object()) return false;
  Ref next(value.cell() + 1);
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Ref child = value.is_object() ? next.next() : next;
    next = child.next();
    if (step->kind == Step::Kind::kFilter && !is_true(step->conditions.front(), child)) continue;
    if (follow(step + 1, end, child)) return true;
  }
  return false;
}

// The value first, then what is below it, in the order of the document. With a list of its own instead of recursion:
// documents may be thousands of levels deep.
bool Walk::downwards(const Step* step, const Step* end, Ref value) {
  struct Open {
    Ref next;
    std::size_t left;
    bool is_object;
  };
  std::vector<Open> open{{value, 1, false}};
  while (!open.empty()) {
    Open& last = open.back();
    if (last.left-- == 0) {
      open.pop_back();
      continue;
    }
    const Ref here = last.is_object ? last.next.next() : last.next;
    last.next = here.next();
    if (follow(step + 1, end, here)) return true;
    if (here.is_list() || here.is_object()) open.push_back({Ref(here.cell() + 1), here.size(), here.is_object()});
  }
  return false;
}

bool Walk::into_branches(const Step* step, const Step* end, Ref value) {
  const Rest rest{step + 1, end, rest_};
  rest_ = &rest;
  bool enough = false;
  for (const std::vector<Step>& branch : step->branches) {
    enough = follow(branch.data(), branch.data() + branch.size(), value);
    if (enough) break;
  }
  rest_ = rest.outer;
  return enough;
}

std::vector<Ref> Walk::find(const PathQuery& query, Ref item, std::size_t matches_max) const {
  Walk walk(root_, matches_max);
  walk.follow(query.steps.data(), query.steps.data() + query.steps.size(), query.from_root ? root_ : item);
  return std::move(walk.matches());
}

bool Walk::is_true(const Condition& condition, Ref item) const {
  const auto holds_here = [&](const Condition& part) { return is_true(part, item); };
  switch (condition.kind) {
    case Condition::Kind::kExists:
      return !find(condition.left, item, 1).empty();
    case Condition::Kind::kMissing:
      return find(condition.left, item, 1).empty();
    case Condition::Kind::kCompare:
      return compares(condition, item);
    case Condition::Kind::kAll:
      return std::all_of(condition.parts.begin(), condition.parts.end(), holds_here);
    case Condition::Kind::kAny:
      return std::any_of(condition.parts.begin(), condition.parts.end(), holds_here);
  }
  return false;
}

// True if any match on the left compares. Nothing is equal to nothing, and not equal to everything else.
bool Walk::compares(const Condition& condition, Ref item) const {
  const std::vector<Ref> left = find(condition.left, item, SIZE_MAX);
  Ref right;
  if (condition.right) {
    const std::vector<Ref> found = find(*condition.right, item, 1);
    if (!found.empty()) right = found.front();
  } else {
    right = condition.literal->root(0);
  }
  if (left.empty() || !right) {
    const bool both_missing = left.empty() && !right;
    return holds(condition.compare,
                 both_missing ? std::partial_ordering::equivalent : std::partial_ordering::unordered);
  }
  return std::any_of(left.begin(), left.end(),
                     [&](Ref value) { return holds(condition.compare, order(value, right)); });
}

std::vector<Ref> walk(const std::vector<PathStep>& steps, Ref root, std::size_t matches_max) {
  Walk walk(root, matches_max);
  walk.follow(steps.data(), steps.data() + steps.size(), root);
  return std::move(walk.matches());
}

}  // namespace

Result<Path> Path::compile(std::string_view text) {
  LODE_ASSIGN(std::vector<PathStep> steps, compile_steps(text));
  Path path;
  path.text_ = text;
  const bool is_rooted = text.find('$') != std::string_view::npos && text.find_first_not_of(" \t") == text.find('$');
  if (!is_rooted && steps.size() == 1 && steps[0].kind == PathStep::Kind::kFields && steps[0].fields.size() == 1) {
    path.plain_field_ = steps[0].fields[0];
  }
  path.steps_ = std::make_shared<const std::vector<PathStep>>(std::move(steps));
  return path;
}

std::vector<Ref> Path::select(Ref root) const {
  if (!root) return {};
  if (steps_ == nullptr) return {root};
  return walk(*steps_, root, SIZE_MAX);
}

Ref Path::first(Ref root) const {
  if (!root || steps_ == nullptr) return root;
  if (!plain_field_.empty()) return root.find(plain_field_);
  const std::vector<Ref> matches = walk(*steps_, root, 1);
  return matches.empty() ? Ref() : matches.front();
}

}  // namespace lode::json
