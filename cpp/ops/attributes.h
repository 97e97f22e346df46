// Reading a node's attributes with the schema's defaults.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace modelconv {

// The attribute, else the schema's default. MalformedModelError naming the node when there is neither, or when the
// attribute has another kind.
int64_t int_attr(const Node& node, std::string_view name);
float float_attr(const Node& node, std::string_view name);
std::string string_attr(const Node& node, std::string_view name);
std::vector<int64_t> ints_attr(const Node& node, std::string_view name);
std::vector<float> floats_attr(const Node& node, std::string_view name);
std::vector<std::string> strings_attr(const Node& node, std::string_view name);
Graph& graph_attr(const Node& node, std::string_view name);
const Tensor& tensor_attr(const Node& node, std::string_view name);

// An attribute that holds a number of TensorProto.DataType. MalformedModelError for a number that is none.
DType dtype_attr(const Node& node, std::string_view name);

// For attributes whose absence means something: nothing when absent, whatever the schema's default.
std::optional<int64_t> optional_int(const Node& node, std::string_view name);
std::optional<float> optional_float(const Node& node, std::string_view name);
std::optional<std::string> optional_string(const Node& node, std::string_view name);
std::optional<std::vector<int64_t>> optional_ints(const Node& node, std::string_view name);

std::optional<DType> optional_dtype(const Node& node, std::string_view name);

}  // namespace modelconv
