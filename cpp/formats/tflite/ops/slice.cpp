// Parts of tensors.
#include "formats/common/slice.h"

#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {
namespace {

void raise_with_masks(Translation& t) {
  if (flag_of(t, "offset")) t.refuse("its ends count from its beginnings");
  raise_strided_slice(t, {int_of(t, "begin_mask"), int_of(t, "end_mask"), int_of(t, "ellipsis_mask"),
                          int_of(t, "new_axis_mask"), int_of(t, "shrink_axis_mask")});
}

void raise_reverse_v2(Translation& t) { raise_reverse(t, t.constant_ints(1, "the axes")); }

// Lengths come as int32 or int64, batch and time are any axes.
void raise_reverse_sequence(Translation& t) {
  const int64_t time = int_of(t, "seq_dim"), batch = int_of(t, "batch_dim");
  const Term lengths = index_input(t, 1);
  if (time + batch == 1)
    return set_output(
        t, 0,
        compute("ReverseSequence", {input(t, 0), lengths}, {{"time_axis", time}, {"batch_axis", batch}}));
  const auto rank = static_cast<int64_t>(t.rank(0));
  ENSURE(0 <= time && time < rank && 0 <= batch && batch < rank && time != batch, MalformedModelError,
         "its axes are {} and {}", time, batch);
  std::vector<int64_t> perm = {batch, time};  // to the front, and back
  for (int64_t axis = 0; axis < rank; ++axis)
    if (axis != batch && axis != time) perm.push_back(axis);
  std::vector<int64_t> inverse(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) inverse[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  const Term moved = transpose(input(t, 0), perm);
  const Term y =
      compute("ReverseSequence", {moved, lengths}, {{"time_axis", int64_t{1}}, {"batch_axis", int64_t{0}}});
  set_output(t, 0, transpose(y, inverse));
}

// The update lies at `start`, moved inside where it would reach over an end. Each axis is put together from what lies
// before it, the update, and what lies behind: as a scatter of all its elements.
void raise_dynamic_update_slice(Translation& t) {
  const Term x = input(t, 0), update = input(t, 1);
  const Term room = shape_of(x) - shape_of(update);
  const Term start = minimum(maximum(index_input(t, 2), number(t, DType::int64, 0)), room);
  if (x.rank() == 0) return set_output(t, 0, update);
  const Term places = compute("NonZero", {filled(shape_of(update), DType::boolean, 1)});
  const Term indices = transpose(places, {1, 0}) + start;
  set_output(t, 0, scatter_nd(x, indices, reshape(update, {-1}), "none"));
}

}  // namespace

OpMappings slice_ops() {
  return {
      {"tflite.DYNAMIC_UPDATE_SLICE", "ScatterND", raise_dynamic_update_slice, nullptr, ""},
      {"tflite.REVERSE_SEQUENCE", "ReverseSequence", raise_reverse_sequence, nullptr, ""},
      {"tflite.REVERSE_V2", "Slice", raise_reverse_v2, nullptr, "constant axes"},
      {"tflite.SLICE", "Slice", raise_slice, nullptr, ""},
      {"tflite.STRIDED_SLICE", "Slice", raise_with_masks, nullptr, "constant strides"},
  };
}

}  // namespace modelconv::tflite
