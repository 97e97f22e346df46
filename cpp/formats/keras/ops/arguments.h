// Reading a layer's settings and inputs. Settings have the names of Keras's config; inputs have names as well (attribute
// "arguments"), because most of a layer's inputs are optional.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/common/mapping.h"

namespace modelconv::keras {

bool has(const Translation& t, std::string_view name);
// A number may stand in the file as 1 or 1.0.
int64_t int_of(const Translation& t, std::string_view name, int64_t fallback);
float float_of(const Translation& t, std::string_view name, float fallback);
inline bool flag_of(const Translation& t, std::string_view name, bool fallback) {
  return int_of(t, name, fallback) != 0;
}
std::string string_of(const Translation& t, std::string_view name, std::string fallback);
// A single number is a list of one.
std::vector<int64_t> ints_of(const Translation& t, std::string_view name, std::vector<int64_t> fallback = {});
std::vector<float> floats_of(const Translation& t, std::string_view name);
// `count` numbers between `low` and 2^31; MalformedModelError otherwise. A single number stands for all.
std::vector<int64_t> sizes_of(const Translation& t, std::string_view name, size_t count, int64_t fallback,
                              int64_t low = 1);

Value* argument(const Translation& t, std::string_view name);       // null when it is left out
Value& need_argument(const Translation& t, std::string_view name);  // MalformedModelError when it is
// A weight with its concrete shape; MalformedModelError unless it has `rank` axes.
Value& weight(const Translation& t, std::string_view name, size_t rank);
const Dims& dims_of(const Value& constant);

DType element_type(const Translation& t, const Value& x);  // refuse() when it is not known
// An axis of a tensor of `rank` axes, counted from the front; MalformedModelError when there is none such.
int64_t axis_of(const Translation& t, int64_t axis, size_t rank);
// 0, 1, ... count-1
std::vector<int64_t> axes_up_to(size_t count);
// Moves `axes` behind all others, which keep their order.
std::vector<int64_t> axes_to_the_end(const std::vector<int64_t>& axes, size_t rank);
std::vector<int64_t> inverse_of(const std::vector<int64_t>& perm);

}  // namespace modelconv::keras
