// Reading TensorFlow's attributes: files may leave out what equals TensorFlow's default, which each caller names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/common/index_input.h"
#include "formats/common/mapping.h"

namespace modelconv::tensorflow {

int64_t int_of(const Translation& t, std::string_view name, int64_t fallback);
inline bool flag_of(const Translation& t, std::string_view name, bool fallback) {
  return int_of(t, name, fallback) != 0;
}
float float_of(const Translation& t, std::string_view name, float fallback);
std::string string_of(const Translation& t, std::string_view name, std::string fallback);
std::vector<int64_t> ints_of(const Translation& t, std::string_view name, std::vector<int64_t> fallback = {});
std::vector<float> floats_of(const Translation& t, std::string_view name);  // empty when it is not there
// An element type; undefined when the attribute is not there.
DType type_of(const Translation& t, std::string_view name, DType fallback = DType::undefined);
// Attribute "T", else the element type of the first input.
DType element_type(const Translation& t);

}  // namespace modelconv::tensorflow
