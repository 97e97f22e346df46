// Types and tensors of the text form. Only for cpp/ir/text_*.cpp.
#pragma once

#include <variant>

#include "ir/text_cursor.h"

namespace modelconv::syntax {

Type read_type(Cursor& cursor);

// `{1, 2}`; the type stands in front of it in the text.
Tensor read_elements(Cursor& cursor, const Type& type);

// True at `zeros[`, `float32[` and the like, where read_tensor_or_type() can go on.
bool at_tensor(Cursor& cursor);
// A type, or a tensor when elements follow.
std::variant<Tensor, Type> read_tensor_or_type(Cursor& cursor);

std::variant<int64_t, float> read_number(
    Cursor& cursor);  // "1" is an int; "1.0", "1e5" and "-inf" are floats

}  // namespace modelconv::syntax
