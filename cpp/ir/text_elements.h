// Elements of tensors in the text form, printed and read. For cpp/ir/text_*.cpp and listings of graphs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/tensor.h"
#include "ir/text_cursor.h"

namespace modelconv::syntax {

// The shortest text that reads back as the same float, and not as an integer: "1.0", "1e-05", "nan", "-inf".
std::string float_text(float value);

// "1, 2.5, nan": the first `count` elements. NaNs with unusual bits print as those bits, "0x7fc00001".
std::string elements_text(const Tensor& tensor, size_t count);

// The other direction. For complex numbers there are two tokens per element. Not for strings.
Tensor tensor_from_tokens(const Cursor& cursor, DType dtype, Dims dims,
                          const std::vector<std::string_view>& tokens);

int64_t int_from(const Cursor& cursor, std::string_view token);
float float_from(const Cursor& cursor, std::string_view token);

}  // namespace modelconv::syntax
