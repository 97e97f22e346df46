// From a tensor's dtype to code for its element type.
#pragma once

#include <cstdint>

#include "ops/kernel.h"

namespace modelconv {

template <class... Ts>
struct TypeList {};

using FloatTypes = TypeList<float, double>;  // the half types come widened, see OpDef::widen_half
using WideIntegers = TypeList<int32_t, int64_t, uint32_t, uint64_t>;
using NarrowIntegers = TypeList<int8_t, uint8_t, int16_t, uint16_t>;

// Calls visit(T()) for the element type of `dtype`; ShapeError when it is none of the lists' types. bool counts as
// uint8_t.
template <class Visit, class... Ts>
bool visit_type(DType dtype, TypeList<Ts...>, const Visit& visit) {
  const auto matches = [dtype](DType candidate) {
    return dtype == candidate || (dtype == DType::boolean && candidate == DType::uint8);
  };
  return ((matches(dtype_of<Ts>) && (visit(Ts()), true)) || ...);
}

template <class Visit, class... Lists>
void visit_types(const KernelContext& context, DType dtype, const Visit& visit, Lists... lists) {
  if (!(visit_type(dtype, lists, visit) || ...)) context.fail("no kernel for {}", name_of(dtype));
}

}  // namespace modelconv
