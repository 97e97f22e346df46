#include <fmt/core.h>

#include "wire/pickle.h"

namespace modelconv {

using Kind = PickleValue::Kind;

std::string_view name_of(Kind kind) {
  constexpr std::string_view kNames[] = {"None",  "a bool",  "an int",    "a large int",    "a float",
                                         "a str", "bytes",   "a list",    "a tuple",        "a dict",
                                         "a set", "a class", "an object", "a persistent id"};
  return kNames[static_cast<size_t>(kind)];
}

MalformedModelError forbidden_global(std::string_view global) {
  return MalformedModelError(fmt::format("the pickle wants to use '{}', which is not allowed", global))
      .because(
          "a pickle can run any code when Python loads it; modelconv only rebuilds tensors and "
          "containers");
}

const PickleNode& PickleValue::node() const { return pickle_->nodes_[index_]; }

Kind PickleValue::kind() const { return node().kind; }

void PickleValue::refuse(std::string_view what, std::string_view wanted) const {
  throw MalformedModelError(
      fmt::format("the pickle's {} is {}, {} is expected", what, name_of(kind()), wanted));
}

int64_t PickleValue::as_integer(std::string_view what) const {
  if (!is(Kind::integer) && !is(Kind::boolean)) refuse(what, "an int");
  return node().integer;
}

double PickleValue::as_real(std::string_view what) const {
  if (is(Kind::real)) return node().real;
  if (!is(Kind::integer) && !is(Kind::boolean)) refuse(what, "a number");
  return static_cast<double>(node().integer);
}

bool PickleValue::as_bool(std::string_view what) const {
  if (!is(Kind::boolean) && !is(Kind::integer)) refuse(what, "a bool");
  return node().integer != 0;
}

std::string_view PickleValue::as_text(std::string_view what) const {
  if (!is(Kind::text) && !is(Kind::bytes)) refuse(what, "a str");
  return node().raw.empty() ? std::string_view(node().text) : modelconv::as_text(node().raw);
}

Bytes PickleValue::as_bytes(std::string_view what) const {
  if (!is(Kind::bytes)) refuse(what, "bytes");
  return node().raw.empty() ? std::as_bytes(std::span(node().text)) : node().raw;
}

std::vector<PickleValue> PickleValue::values(const std::vector<uint32_t>& indices) const {
  std::vector<PickleValue> values;
  values.reserve(indices.size());
  for (const uint32_t index : indices) values.push_back({pickle_, index});
  return values;
}

std::vector<PickleValue> PickleValue::items() const {
  return is(Kind::dict) ? std::vector<PickleValue>() : values(node().items);
}

std::vector<std::pair<PickleValue, PickleValue>> PickleValue::pairs() const {
  const std::vector<PickleValue> flat = values(is(Kind::dict) ? node().items : node().pairs);
  std::vector<std::pair<PickleValue, PickleValue>> pairs;
  for (size_t i = 0; i + 1 < flat.size(); i += 2) pairs.emplace_back(flat[i], flat[i + 1]);
  return pairs;
}

std::string_view PickleValue::global() const {
  return is(Kind::global) ? std::string_view(node().text) : std::string_view();
}

std::string_view PickleValue::callee() const {
  return is(Kind::call) ? PickleValue(pickle_, node().callee).global() : std::string_view();
}

std::vector<PickleValue> PickleValue::arguments() const {
  return is(Kind::call) ? PickleValue(pickle_, node().arguments).items() : std::vector<PickleValue>();
}

PickleValue PickleValue::state() const { return {pickle_, node().state}; }

std::vector<PickleValue> Pickle::persistent_ids() const {
  std::vector<PickleValue> ids;
  for (uint32_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].kind == Kind::persistent_id) ids.push_back({this, i});
  return ids;
}

}  // namespace modelconv
