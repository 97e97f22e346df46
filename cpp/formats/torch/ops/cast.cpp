// Changes of the element type.
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/terms.h"

namespace modelconv::torch {
namespace {

// Devices, memory formats and whether it is a copy change no value.
void raise_to(Translation& t) {
  const Call call(t, {"self, dtype:dtype, non_blocking:any=None, copy:any=None, memory_format:any=None",
                      "self, other, non_blocking:any=None, copy:any=None, memory_format:any=None",
                      "self, device:any=None, dtype:dtype=None, non_blocking:any=None, copy:any=None, "
                      "memory_format:any=None"});
  const Term x = tensor(call, "self");
  if (call.form() == 1) return give(cast(x, call.tensor("other").dtype()));
  const auto dtype = call.dtype("dtype");
  give(dtype ? cast(x, *dtype) : x);
}

void raise_type_as(Translation& t) {
  const Call call(t, "self, other");
  give(cast(tensor(call, "self"), call.tensor("other").dtype()));
}

void raise_convert(Translation& t) {
  const Call call(t, "a, dtype:dtype");
  give(cast(tensor(call, "a"), *call.dtype("dtype")));
}

}  // namespace

OpMappings cast_ops() {
  return {
      {"aten._to_copy", "Cast", raise_to, nullptr, ""},
      {"aten.to", "Cast", raise_to, nullptr, ""},
      {"aten.type_as", "Cast", raise_type_as, nullptr, ""},
      {"prims.convert_element_type", "Cast", raise_convert, nullptr, ""},
  };
}

}  // namespace modelconv::torch
