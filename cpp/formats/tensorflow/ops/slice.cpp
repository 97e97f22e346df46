// Slice and StridedSlice.
#include "formats/common/slice.h"

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/attributes.h"

namespace modelconv::tensorflow {
namespace {

void raise_with_masks(Translation& t) {
  raise_strided_slice(t, {int_of(t, "begin_mask", 0), int_of(t, "end_mask", 0), int_of(t, "ellipsis_mask", 0),
                          int_of(t, "new_axis_mask", 0), int_of(t, "shrink_axis_mask", 0)});
}

void raise_reverse_v2(Translation& t) { raise_reverse(t, t.constant_ints(1, "the axes")); }

}  // namespace

OpMappings slice_ops() {
  return {
      {"tf.ReverseV2", "Slice", raise_reverse_v2, nullptr, "constant axes"},
      {"tf.Slice", "Slice", raise_slice, nullptr, ""},
      {"tf.StridedSlice", "Slice", raise_with_masks, nullptr, "constant strides"},
  };
}

}  // namespace modelconv::tensorflow
