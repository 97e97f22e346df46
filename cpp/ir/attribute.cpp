#include "ir/attribute.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace modelconv {
namespace {

// In the order of the alternatives of Attribute.
constexpr std::array<std::string_view, 12> kKinds = {"int",     "float",   "string", "tensor",
                                                     "graph",   "type",    "ints",   "floats",
                                                     "strings", "tensors", "graphs", "types"};
static_assert(kKinds.size() == std::variant_size_v<Attribute>);

template <class Items>
auto position_of(Items& items, std::string_view name) {
  return std::lower_bound(items.begin(), items.end(), name,
                          [](const auto& item, std::string_view wanted) { return item.first < wanted; });
}

}  // namespace

std::string_view kind_of(const Attribute& attribute) { return kKinds[attribute.index()]; }

Attrs::Attrs(std::initializer_list<std::pair<std::string, Attribute>> items) {
  items_.reserve(items.size());
  for (const auto& [name, value] : items) set(name, value);
}

const Attribute* Attrs::find(std::string_view name) const {
  const auto at = position_of(items_, name);
  return at != items_.end() && at->first == name ? &at->second : nullptr;
}

void Attrs::set(std::string_view name, Attribute value) {
  const auto at = position_of(items_, name);
  if (at != items_.end() && at->first == name)
    at->second = std::move(value);
  else
    items_.emplace(at, std::string(name), std::move(value));
}

void Attrs::remove(std::string_view name) {
  const auto at = position_of(items_, name);
  if (at != items_.end() && at->first == name) items_.erase(at);
}

void Attrs::throw_wrong_kind(std::string_view name, const Attribute& attribute, std::string_view wanted) {
  MalformedModelError error(fmt::format("attribute '{}' has the wrong kind", name));
  error.because(fmt::format("it must be '{}' and is '{}'", wanted, kind_of(attribute)));
  throw error;
}

}  // namespace modelconv
