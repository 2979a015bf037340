// Reading fault specs, and deciding which requests they befall.
#include "faults.h"

#include <charconv>

#include "query.h"

namespace lode::demo_api {
namespace {

struct KindName {
  std::string_view name;
  FaultKind kind;
  std::string_view options;  // those that it understands besides the ones that choose requests
};
constexpr KindName kKinds[] = {
    {"204", FaultKind::kNoContent, ""},
    {"reset", FaultKind::kReset, "part"},
    {"cut", FaultKind::kCut, "part"},
    {"truncated", FaultKind::kTruncated, "part"},
    {"html", FaultKind::kHtml, ""},
    {"empty", FaultKind::kEmpty, ""},
    {"redirect", FaultKind::kRedirect, "status host loop"},
    {"slow", FaultKind::kSlow, "ms"},
    {"gzip", FaultKind::kGzip, ""},
    {"duplicate", FaultKind::kDuplicate, "page every"},
};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

template <class T>
bool read_number(std::string_view text, T low, T high, T& value) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && value >= low && value <= high;
}

bool word_in(std::string_view words, std::string_view word) {
  for (const std::string_view candidate : split(words, ' ')) {
    if (candidate == word) return true;
  }
  return false;
}

/// Finds what `rule.name` names. Returns the options that it takes; nullopt: there is no such fault.
std::optional<std::string_view> resolve_kind(FaultRule& rule) {
  for (const KindName& known : kKinds) {
    if (known.name != rule.name) continue;
    rule.kind = known.kind;
    if (known.kind == FaultKind::kRedirect) rule.status = 302;
    if (known.kind == FaultKind::kSlow) rule.delay_ms = 1000;
    if (known.kind == FaultKind::kDuplicate) rule.repeated.page = 1;
    return known.options;
  }
  if (!read_number(rule.name, 400, 599, rule.status)) return std::nullopt;
  rule.kind = FaultKind::kStatus;
  return "retry_after as";
}

/// Options of one kind of fault. False: the value is of no use.
bool read_effect(FaultRule& rule, std::string_view name, std::string_view value) {
  constexpr std::int64_t kMany = 1'000'000'000;
  if (name == "part") return read_number(value, 0.0, 1.0, rule.part);
  if (name == "status") return read_number(value, 301, 308, rule.status);
  if (name == "ms") return read_number<std::int64_t>(value, 0, 600'000, rule.delay_ms);
  if (name == "page") return read_number<std::int64_t>(value, 1, kMany, rule.repeated.page);
  if (name == "host") return rule.host = value, !value.empty();
  if (name == "loop") return rule.loop = value == "yes", value == "yes" || value == "no";
  if (name == "as") return rule.retry_after_as_date = value == "date", value == "date" || value == "seconds";
  if (name == "every") {
    rule.repeated.page = 0;
    return read_number<std::int64_t>(value, 1, kMany, rule.repeated.every);
  }
  return read_number<std::int64_t>(value, 0, kMany, rule.retry_after_s.emplace());  // retry_after, the last one
}

/// Options that choose the requests; every fault takes them, but `duplicate` is a matter of pages, not of requests.
bool read_choice(FaultRule& rule, std::string_view name, std::string_view value) {
  constexpr std::int64_t kMany = 1'000'000'000;
  if (name == "path") return rule.path = value, !value.empty();
  if (name == "after") return read_number<std::int64_t>(value, 0, kMany, rule.after);
  if (name == "every") return read_number<std::int64_t>(value, 1, kMany, rule.every);
  if (name == "times") return read_number<std::int64_t>(value, 1, kMany, rule.times);
  return rule.per_url = value == "url", value == "url" || value == "path";  // per, the last one
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

/// "" when the rule could be read, else what is wrong with it.
std::string parse_rule(std::string_view text, FaultRule& rule) {
  const std::size_t colon = text.find(':');
  rule.name = text.substr(0, colon);
  const auto effects = resolve_kind(rule);
  if (!effects) {
    return "no fault is called " + quoted(rule.name) +
           "; there are a status from 400 to 599, 204, reset, cut, truncated, html, empty, redirect, slow, gzip, "
           "duplicate";
  }
  if (colon == std::string_view::npos) return "";
  const std::string_view choices = rule.kind == FaultKind::kDuplicate ? "path" : "path after every times per";
  for (const std::string_view option : split(text.substr(colon + 1), ',')) {
    const std::size_t equals = option.find('=');
    const std::string_view name = option.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? "" : option.substr(equals + 1);
    const bool is_effect = word_in(*effects, name);
    if (name.empty() || (!is_effect && !word_in(choices, name))) {
      return "the fault " + quoted(rule.name) + " has no option " + quoted(name) +
             "; it has: " + std::string(*effects) + " " + std::string(choices);
    }
    if (!(is_effect ? read_effect(rule, name, value) : read_choice(rule, name, value))) {
      return quoted(value) + " is no value for the option " + quoted(name) + " of the fault " + quoted(rule.name);
    }
  }
  return "";
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (text.substr(0, star) != pattern.substr(0, star)) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t start = star; start <= text.size(); ++start) {
    if (glob_matches(rest, text.substr(start))) return true;
  }
  return false;
}

/// Puts a rule that accompanies the answer into the decision; false when the rule takes the answer's place.
bool accompany(const FaultRule& rule, FaultDecision& decision) {
  switch (rule.kind) {
    case FaultKind::kSlow:
      decision.delay_ms += rule.delay_ms;
      return true;
    case FaultKind::kGzip:
      decision.gzip = true;
      return true;
    case FaultKind::kDuplicate:
      decision.repeated = rule.repeated;
      return true;
    default:
      return false;
  }
}

}  // namespace

std::variant<std::vector<FaultRule>, std::string> parse_faults(std::string_view spec) {
  std::vector<FaultRule> rules;
  if (spec.empty() || spec == "none") return rules;
  for (const std::string_view text : split(spec, ';')) {
    FaultRule rule;
    if (text.empty()) continue;
    if (std::string problem = parse_rule(text, rule); !problem.empty()) return problem;
    rules.push_back(std::move(rule));
  }
  return rules;
}

void Faults::set(std::vector<FaultRule> rules, std::string spec) {
  const std::lock_guard lock(mutex_);
  rules_ = std::move(rules);
  spec_ = std::move(spec);
  counts_.clear();
}

std::string Faults::spec() const {
  const std::lock_guard lock(mutex_);
  return spec_;
}

FaultDecision Faults::decide(std::string_view path, std::string_view target,
                             const std::optional<Override>& override_rules) {
  const std::lock_guard lock(mutex_);
  const std::vector<FaultRule>& rules = override_rules ? override_rules->rules : rules_;
  const std::string owner = override_rules ? override_rules->spec : "";
  FaultDecision decision;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const FaultRule& rule = rules[i];
    if (!glob_matches(rule.path, path)) continue;
    if (rule.kind == FaultKind::kRedirect && !rule.loop && Query::of_target(target).has(kRedirectedParameter)) continue;
    const std::string_view counted = rule.per_url ? target : path;
    if (!befalls(rule, std::to_string(i) + " " + owner + " " + std::string(counted))) continue;
    if (rule.kind != FaultKind::kDuplicate) decision.names.push_back(rule.name);
    if (accompany(rule, decision)) continue;
    decision.failure = rule;
    return decision;  // the rules after this one have not met the request
  }
  return decision;
}

bool Faults::befalls(const FaultRule& rule, std::string count_key) {
  const std::int64_t met = ++counts_[std::move(count_key)] - rule.after;
  if (met <= 0 || met % rule.every != 0) return false;
  return rule.times == 0 || met / rule.every <= rule.times;
}

}  // namespace lode::demo_api
