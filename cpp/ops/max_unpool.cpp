// MaxUnpool: values of a MaxPool go back to where its indices say they came from.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/visit_types.h"
#include "ops/window.h"

namespace modelconv {
namespace {

constexpr int64_t kLargestSide = int64_t{1} << 30;  // times a stride still fits 64 bits

Dims unpooled_dims(const Node& node, const Dims& pooled) {
  ENSURE(pooled.size() >= 3, ShapeError, "{}: the input needs a spatial axis", node.describe());
  const Window window = read_window(node, pooled.size() - 2);
  Dims dims{pooled[0], pooled[1]};
  for (size_t i = 0; i < window.rank(); ++i) {
    ENSURE(pooled[i + 2] >= 1 && pooled[i + 2] <= kLargestSide, ShapeError, "{}: a spatial axis of size {}",
           node.describe(), pooled[i + 2]);
    dims.push_back((pooled[i + 2] - 1) * window.strides[i] + window.kernel[i] - window.pads_begin[i] -
                   window.pads_end[i]);
    ENSURE(dims.back() >= 0, ShapeError, "{}: the pads are larger than what they are taken from",
           node.describe());
  }
  return dims;
}

void infer_max_unpool(InferContext& context) {
  const Shape& x = context.input_shape(0);
  Shape y;
  if (context.has_input(2)) {
    if (const auto sizes = context.elements(2)) y = Shape(*sizes);
  } else if (const auto dims = x.static_dims()) {
    y = Shape::of(unpooled_dims(context.node(), *dims));
  } else if (x.has_rank()) {
    y = Shape::of_rank(x.rank());
    if (x.rank() >= 2) y[0] = x[0], y[1] = x[1];
  }
  context.set_output(0, context.input_dtype(0), y);
}

// Indices count through the tensor that was pooled. When output_shape asks for a larger one, the plane and place that
// they mean are those of the size that attributes imply.
void run_max_unpool(KernelContext& context) {
  const Tensor &x = context.input(0), &indices = context.input(1);
  if (indices.dims() != x.dims()) context.fail("values and indices differ in shape");
  const Dims implied = unpooled_dims(context.node(), x.dims());
  const Dims dims = context.has_input(2) ? context.input(2).to_int64() : implied;
  if (dims.size() != implied.size()) context.fail("output_shape has {} axes", dims.size());
  for (size_t i = 0; i < dims.size(); ++i)
    if (dims[i] < implied[i])
      context.fail("output_shape {} is smaller than {}", to_string(dims), to_string(implied));
  Tensor& y = context.allocate(0, x.dtype(), dims);
  const int64_t count = element_count(implied);
  const int64_t* at = indices.data<int64_t>().data();
  visit_types(
      context, x.dtype(),
      [&]<class T>(T) {
        const T* source = x.data<T>().data();
        T* target = y.mutable_data<T>().data();
        std::fill_n(target, y.size(), T(0));
        for (int64_t i = 0; i < x.size(); ++i) {
          if (at[i] < 0 || at[i] >= count)
            context.fail("index {} is outside of {}", at[i], to_string(implied));
          int64_t rest = at[i], place = 0, stride = 1;
          for (size_t axis = dims.size(); axis-- > 0; rest /= implied[axis], stride *= dims[axis])
            place += rest % implied[axis] * stride;
          target[place] = source[i];
        }
      },
      FloatTypes());
}

}  // namespace

OpDefs max_unpool_ops() {
  return {OpDef("MaxUnpool").infer(infer_max_unpool).evaluate(run_max_unpool).widen_half()};
}

}  // namespace modelconv
