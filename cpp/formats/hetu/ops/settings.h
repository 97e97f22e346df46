// Reading a node's attributes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/common/mapping.h"

namespace modelconv::hetu {

// A number, whole or not. MalformedModelError when the attribute is missing or no number.
double number_of(const Translation& t, std::string_view name);
int64_t int_of(const Translation& t, std::string_view name);
bool flag_of(const Translation& t, std::string_view name);  // false when it is missing
std::string text_of(const Translation& t, std::string_view name, std::string fallback);
// A single number is a list of one; nothing when the attribute is missing (None in Hetu).
std::optional<std::vector<int64_t>> ints_of(const Translation& t, std::string_view name);
std::vector<int64_t> need_ints(const Translation& t, std::string_view name);
// Two numbers, or one that stands for both: padding=1, stride=(2, 1).
std::vector<int64_t> pair_of(const Translation& t, std::string_view name);

// Axes of `x` counted from the front; MalformedModelError for one that it does not have.
std::vector<int64_t> axes_of(const Translation& t, std::vector<int64_t> axes, const Value& x);

}  // namespace modelconv::hetu
