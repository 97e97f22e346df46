#include "base/error.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace modelconv {

Error::Error(std::string message) : message_(std::move(message)) { render(); }

void Error::in(const std::string& where) {
  where_ = where_.empty() ? where : where_ + ", " + where;
  render();
}

void Error::because(std::string why) {
  why_ = std::move(why);
  render();
}

void Error::hint(std::string what_to_try) {
  hint_ = std::move(what_to_try);
  render();
}

void Error::render() {
  text_ = message_;
  if (!where_.empty()) text_ += "\n  where: " + where_;
  if (!why_.empty()) text_ += "\n  why:   " + why_;
  if (!hint_.empty()) text_ += "\n  try:   " + hint_;
}

namespace {

std::string describe(const std::string& stage, const std::vector<MissingOp>& ops) {
  constexpr size_t kNodesShown = 5;
  std::string text = fmt::format("{}: {} operator type{} not supported", stage, ops.size(),
                                 ops.size() == 1 ? " is" : "s are");
  for (const MissingOp& missing : ops) {
    text += "\n  " + missing.op + " (";
    for (size_t i = 0; i < std::min(kNodesShown, missing.nodes.size()); ++i)
      text += (i ? ", '" : "'") + missing.nodes[i] + "'";
    if (missing.nodes.size() > kNodesShown)
      text += fmt::format(" and {} more", missing.nodes.size() - kNodesShown);
    text += ")";
    if (!missing.reason.empty()) text += ": " + missing.reason;
  }
  return text;
}

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

// Whether `word` stands in `name` between its ends and characters that are no letters or digits.
bool has_part(const std::string& name, const std::string& word) {
  const auto ends = [&](size_t at) {
    return at >= name.size() || !std::isalnum(static_cast<unsigned char>(name[at]));
  };
  if (word.empty()) return false;
  for (size_t at = name.find(word); at != std::string::npos; at = name.find(word, at + 1))
    if ((at == 0 || ends(at - 1)) && ends(at + word.size())) return true;
  return false;
}

}  // namespace

UnsupportedOpError::UnsupportedOpError(const std::string& stage, std::vector<MissingOp> ops)
    : ErrorOf(describe(stage, ops)), ops_(std::move(ops)) {}

std::vector<std::string> nearest_names(const std::string& word, const std::vector<std::string>& candidates,
                                       size_t limit) {
  // A name is near when less than half of it has to change, or when the word is a whole part of it ("Softmax" of
  // "head/Softmax"); names above this length are not typed by hand.
  constexpr size_t kLongest = 200;
  std::vector<std::pair<size_t, std::string>> ranked;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongest || word.size() > kLongest) continue;
    const size_t distance = edit_distance(word, candidate);
    if (has_part(candidate, word) || 2 * distance < std::max(word.size(), candidate.size()))
      ranked.emplace_back(has_part(candidate, word) ? 1 : distance, candidate);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min(limit, ranked.size()); ++i) names.push_back(ranked[i].second);
  return names;
}

}  // namespace modelconv
