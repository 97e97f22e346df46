#include "ir/op_name.h"

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

namespace modelconv {
namespace {

// A name that holds a dot (or looks like one in braces) is written in braces, so that text always splits one way.
std::string spell(std::string_view domain, std::string_view name) {
  std::string text(domain);
  if (!text.empty()) text += '.';
  const bool plain = name.find('.') == std::string_view::npos && !name.ends_with('}');
  if (!plain) text += '{';
  text += name;
  if (!plain) text += '}';
  return text;
}

}  // namespace

// Every name once, for as long as the process lives: entries are compared by address and never freed.
struct OpName::Table {
  std::shared_mutex mutex;
  // The keys view the entries' own text; an entry does not move.
  std::unordered_map<std::string_view, std::unique_ptr<const Entry>> entries;

  static Table& get() {
    static Table& table = *new Table;
    return table;
  }

  const Entry* find(std::string_view text) {
    const std::shared_lock lock(mutex);
    const auto found = entries.find(text);
    return found == entries.end() ? nullptr : found->second.get();
  }

  const Entry* add(std::string_view domain, std::string_view name, std::string text) {
    auto entry =
        std::make_unique<const Entry>(Entry{std::string(domain), std::string(name), std::move(text)});
    const std::unique_lock lock(mutex);
    const std::string_view key = entry->text;
    return entries.try_emplace(key, std::move(entry)).first->second.get();
  }
};

OpName::OpName() {
  static const Entry* const empty = OpName("", "").entry_;
  entry_ = empty;
}

OpName::OpName(std::string_view domain, std::string_view name) {
  std::string text = spell(domain, name);
  entry_ = Table::get().find(text);
  if (!entry_) entry_ = Table::get().add(domain, name, std::move(text));
}

OpName OpName::parse(std::string_view text) {
  if (const Entry* known = Table::get().find(text)) return OpName(known);
  if (text.ends_with('}')) {
    const size_t brace = text.starts_with('{') ? 0 : text.find(".{") + 1;
    if (brace > 0 || text.starts_with('{'))
      return {text.substr(0, brace == 0 ? 0 : brace - 1), text.substr(brace + 1, text.size() - brace - 2)};
  }
  const size_t dot = text.rfind('.');
  if (dot == std::string_view::npos) return {"", text};
  return {text.substr(0, dot), text.substr(dot + 1)};
}

}  // namespace modelconv
