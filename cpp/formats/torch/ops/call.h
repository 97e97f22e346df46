// The arguments of one call of a PyTorch operator, by the names of the operator's schema.
//
// Decoders (python/modelconv/sources/torch_*.py) write a node "aten.name" without the overload. Its inputs are the tensors and
// symbolic numbers of the call; two attributes hold the call as JSON: "args" (a list) and, where there are any, "kwargs".
//   1, 2.5, true, null, "text", [..]   as in Python; an integer is written without a point, a float with one
//   {"t": 0}                           a tensor: input 0 of the node
//   {"s": 1}                           a symbolic number: input 1 of the node, a tensor of rank 0
//   {"dtype": "float32"} (or its number in c10/core/ScalarType.h), {"float": "inf" | "-inf" | "nan"}, {"complex": [re, im]}
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/common/mapping.h"

namespace modelconv::torch {

class Call {
 public:
  // One text per overload; the first that fits the call's arguments is taken. Source of the parameters' names, order and
  // defaults: PyTorch's native_functions.yaml. A parameter is "name", "name:kind" or "name:kind=default":
  //   kinds: tensor (when none is given), tensors, int, ints, number (int, float or symbolic), bool (true, false, 0, 1),
  //          flag (true or false, nothing else), text, dtype, operand (a tensor or a number), any
  //   A parameter with a default may be left out or be None. "ints" takes a single integer too.
  // Keyword arguments that mean nothing here (device, layout, pin_memory, generator, non_blocking, memory_format, copy,
  // implicit) are passed over. Refuses the node when no form fits.
  Call(Translation& t, std::initializer_list<std::string_view> forms);
  Call(Translation& t, std::string_view form) : Call(t, {form}) {}

  size_t form() const { return form_; }  // which of the forms it is
  Translation& translation() const { return t_; }

  // Given, and not None. (Defaults count as not given.)
  bool has(std::string_view name) const;
  bool is_tensor(std::string_view name) const;  // not a number, not a symbolic one

  Value& tensor(std::string_view name) const;
  Value* tensor_or_null(std::string_view name) const;
  std::vector<Value*> tensors(std::string_view name) const;  // null for None

  // Numbers. A symbolic one counts as known when inference knows its value, and is refused otherwise.
  int64_t integer(std::string_view name) const;
  std::vector<int64_t> integers(std::string_view name) const;
  // The same, brought to `count` entries: a single one is repeated.
  std::vector<int64_t> integers(std::string_view name, size_t count) const;
  double number(std::string_view name) const;
  bool flag(std::string_view name) const;
  std::string text(std::string_view name) const;
  std::optional<DType> dtype(std::string_view name) const;
  std::vector<double> numbers(std::string_view name) const;
  bool is_text(std::string_view name) const;
  bool is_integral(std::string_view name) const;  // a number that Python calls int or bool
  std::optional<int64_t> known_integer(std::string_view name) const;  // nothing when symbolic

  // As values, so that symbolic numbers can be used: a tensor as it is; a number as rank 0 of `dtype`.
  Value& operand(std::string_view name, DType dtype) const;
  // int64 [n], of numbers and symbolic numbers mixed.
  Value& int_vector(std::string_view name) const;
  // The entries one by one, each of rank 0.
  std::vector<Value*> int_scalars(std::string_view name) const;

  // An axis of a tensor of `rank` axes, counted from the front; a scalar counts as having one. MalformedModelError.
  int64_t axis(std::string_view name, size_t rank) const;
  std::vector<int64_t> axes(std::string_view name, size_t rank) const;

  const nlohmann::json& raw(std::string_view name) const;

 private:
  const nlohmann::json* find(std::string_view name) const;
  Value* value_of(const nlohmann::json& argument) const;
  std::optional<int64_t> known(const nlohmann::json& argument) const;
  int64_t integer_of(const nlohmann::json& argument, std::string_view name) const;
  double number_of(const nlohmann::json& argument, std::string_view name) const;
  Value& scalar_of(const nlohmann::json& argument, DType dtype, std::string_view name) const;

  Translation& t_;
  size_t form_ = 0;
  std::vector<std::string> names_;
  std::vector<nlohmann::json> values_;  // by parameter: what was given, or the default
  std::vector<bool> given_;
};

int64_t normal_axis(const Translation& t, int64_t axis, size_t rank);

}  // namespace modelconv::torch
