// Options of an operator; what a node does not say has the schema's default.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/common/index_input.h"
#include "formats/common/mapping.h"

namespace modelconv::tflite {

using namespace formula;  // NOLINT: the rules of this folder are written in it

int64_t int_of(const Translation& t, std::string_view name);
inline bool flag_of(const Translation& t, std::string_view name) { return int_of(t, name) != 0; }
float float_of(const Translation& t, std::string_view name);
std::string string_of(const Translation& t, std::string_view name);
std::vector<int64_t> ints_of(const Translation& t, std::string_view name);
DType dtype_of(const Translation& t, std::string_view name);  // of an option that is a TensorType

// An operator's last step: fused_activation_function.
Value& activated(Translation& t, Value& y);
Value& activated(Translation& t, Value& y, const std::string& function);

// A tensor input of integers whose rank matters, as a vector.
Value& as_vector(Translation& t, size_t index);

}  // namespace modelconv::tflite
