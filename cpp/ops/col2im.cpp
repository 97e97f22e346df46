// Col2Im: columns of blocks summed back into an image, the opposite of what a convolution takes apart.
#include <algorithm>

#include "ops/all_ops.h"
#include "ops/move_elements.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

struct Spatial {
  Dims image, block, strides, dilations, before, counts;  // counts: blocks along each axis
};

// Sizes below 2^31, so that no product of two overflows.
void check_sizes(const Node& node, const char* what, const Dims& sizes, size_t rank, int64_t lowest) {
  ENSURE(sizes.size() == rank, ShapeError, "{}: {} has {} entries for {} axes", node.describe(), what,
         sizes.size(), rank);
  for (const int64_t size : sizes)
    ENSURE(size >= lowest && size < (int64_t{1} << 31), ShapeError, "{}: {} contains {}", node.describe(),
           what, size);
}

Spatial read_spatial(const KernelContext& context) {
  const Node& node = context.node();
  Spatial spatial;
  spatial.image = context.input(1).to_int64();
  const size_t rank = spatial.image.size();
  spatial.block = context.input(2).to_int64();
  spatial.strides = optional_ints(node, "strides").value_or(Dims(rank, 1));
  spatial.dilations = optional_ints(node, "dilations").value_or(Dims(rank, 1));
  const Dims pads = optional_ints(node, "pads").value_or(Dims(2 * rank, 0));
  check_sizes(node, "image_shape", spatial.image, rank, 0);
  check_sizes(node, "block_shape", spatial.block, rank, 1);
  check_sizes(node, "strides", spatial.strides, rank, 1);
  check_sizes(node, "dilations", spatial.dilations, rank, 1);
  check_sizes(node, "pads", pads, 2 * rank, 0);
  spatial.before.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(rank));
  for (size_t i = 0; i < rank; ++i) {
    const int64_t room =
        spatial.image[i] + pads[i] + pads[rank + i] - spatial.dilations[i] * (spatial.block[i] - 1) - 1;
    spatial.counts.push_back(room < 0 ? 0 : room / spatial.strides[i] + 1);
  }
  return spatial;
}

void infer_col2im(InferContext& context) {
  const Shape &input = context.input_shape(0), &image_length = context.input_shape(1);
  if (input.has_rank() && input.rank() != 3) context.fail("the input must be [N, C * block, L]");
  const auto image = context.elements(1), block = context.elements(2);
  const auto rank = image ? std::optional(image->size())
                    : image_length.has_rank() && image_length.rank() == 1 && image_length[0].is_known() &&
                            image_length[0].value() >= 0 && image_length[0].value() <= 64
                        ? std::optional(static_cast<size_t>(image_length[0].value()))
                        : std::nullopt;
  if (!rank) return context.set_output(0, context.input_dtype(0), Shape::unranked());
  Shape output = Shape::of_rank(2 + *rank);
  if (input.has_rank()) output[0] = input[0];
  if (input.has_rank() && block) {
    Dim area = 1;
    for (const Dim& dim : *block) area = area * dim;
    if (area.is_known() && input[1].is_known() && (area.value() <= 0 || input[1].value() % area.value() != 0))
      context.fail("{} rows do not make blocks of {}", input[1].value(), area.value());
    if (const auto channels = Dim::divide_exactly(input[1], area)) output[1] = *channels;
  }
  for (size_t i = 0; image && i < *rank; ++i) output[2 + i] = (*image)[i];
  context.set_output(0, context.input_dtype(0), output);
}

// One plane: columns[k][l] is added where element k of block l stands.
template <class T>
void add_blocks(const T* columns, T* image, const Spatial& spatial) {
  const int64_t blocks = element_count(spatial.counts);
  const Dims image_strides = row_major_strides(spatial.image);
  Walk element(spatial.block, Dims(spatial.block.size(), 0));
  const int64_t elements = element_count(spatial.block);
  for (int64_t k = 0; k < elements; ++k, element.next()) {
    Walk place(spatial.counts, Dims(spatial.counts.size(), 0));
    for (int64_t l = 0; l < blocks; ++l, place.next()) {
      int64_t at = 0;
      bool inside = true;
      for (size_t i = 0; i < spatial.image.size() && inside; ++i) {
        const int64_t x = place.index()[i] * spatial.strides[i] + element.index()[i] * spatial.dilations[i] -
                          spatial.before[i];
        inside = x >= 0 && x < spatial.image[i];
        at += inside ? x * image_strides[i] : 0;
      }
      if (inside) image[at] = static_cast<T>(image[at] + columns[k * blocks + l]);
    }
  }
}

void col2im_kernel(KernelContext& context) {
  const Tensor& input = context.input(0);
  const Spatial spatial = read_spatial(context);
  const int64_t elements = element_count(spatial.block), blocks = element_count(spatial.counts);
  if (input.rank() != 3 || input.dims()[1] % elements != 0 || input.dims()[2] != blocks)
    context.fail("the input must be [N, C * {}, {}]", elements, blocks);
  Dims dims{input.dims()[0], input.dims()[1] / elements};
  dims.insert(dims.end(), spatial.image.begin(), spatial.image.end());
  Tensor& output = context.allocate(0, input.dtype(), dims);
  fill_with_zero(output);
  if (output.size() == 0 || input.size() == 0) return;
  const int64_t planes = dims[0] * dims[1], plane = output.size() / planes;
  visit_types(
      context, input.dtype(),
      [&](auto zero) {
        using T = decltype(zero);
        const T* columns = reinterpret_cast<const T*>(input.bytes().data());
        T* image = reinterpret_cast<T*>(output.mutable_bytes().data());
        context.threads().parallel_for(planes, 1, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i)
            add_blocks(columns + i * elements * blocks, image + i * plane, spatial);
        });
      },
      FloatTypes(), WideIntegers(), NarrowIntegers(), TypeList<std::complex<float>, std::complex<double>>());
}

}  // namespace

OpDefs col2im_ops() { return {OpDef("Col2Im").infer(infer_col2im).evaluate(col2im_kernel).widen_half()}; }

}  // namespace modelconv
