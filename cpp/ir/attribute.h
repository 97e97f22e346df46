// Attributes of a node.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ir/tensor.h"
#include "ir/type.h"

namespace modelconv {

class Graph;
// A subgraph belongs to one node. Copying an Attribute shares the graph: clone it for a second node.
using GraphPtr = std::shared_ptr<Graph>;

using Attribute = std::variant<int64_t, float, std::string, Tensor, GraphPtr, Type, std::vector<int64_t>,
                               std::vector<float>, std::vector<std::string>, std::vector<Tensor>,
                               std::vector<GraphPtr>, std::vector<Type>>;

// "int", "floats", "graph", ...: the alternative's name for error messages.
std::string_view kind_of(const Attribute& attribute);

// Name -> attribute, sorted by name, so that printing and writing are deterministic.
class Attrs {
 public:
  Attrs() = default;
  Attrs(std::initializer_list<std::pair<std::string, Attribute>> items);

  bool has(std::string_view name) const { return find(name) != nullptr; }
  const Attribute* find(std::string_view name) const;
  void set(std::string_view name, Attribute value);
  void remove(std::string_view name);
  bool empty() const { return items_.empty(); }
  size_t size() const { return items_.size(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

  // The attribute as T, or nullptr when absent. MalformedModelError when it has another kind.
  template <class T>
  const T* get(std::string_view name) const {
    const Attribute* attribute = find(name);
    if (!attribute) return nullptr;
    const T* value = std::get_if<T>(attribute);
    if (!value) throw_wrong_kind(name, *attribute, kind_of(Attribute(T{})));
    return value;
  }
  template <class T>
  T get_or(std::string_view name, T fallback) const {
    const T* value = get<T>(name);
    return value ? *value : fallback;
  }

 private:
  [[noreturn]] static void throw_wrong_kind(std::string_view name, const Attribute& attribute,
                                            std::string_view wanted);
  std::vector<std::pair<std::string, Attribute>> items_;
};

}  // namespace modelconv
