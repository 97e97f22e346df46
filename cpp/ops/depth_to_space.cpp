// DepthToSpace, SpaceToDepth.
#include "ops/all_ops.h"
#include "ops/move_elements.h"

namespace modelconv {
namespace {

int64_t block_size(const Node& node) {
  const int64_t size = int_attr(node, "blocksize");
  ENSURE(size > 0 && size < (int64_t{1} << 31), ShapeError, "{}: blocksize is {}", node.describe(), size);
  return size;
}

// True for depth-column-row: the position in the block is the slow part of the channel number.
bool block_comes_first(const Node& node) {
  const std::string mode = string_attr(node, "mode");
  ENSURE(mode == "DCR" || mode == "CRD", ShapeError, "{}: unknown mode '{}'", node.describe(), mode);
  return mode == "DCR";
}

Dim divide(InferContext& context, const Dim& length, int64_t parts) {
  if (length.is_known() && length.value() % parts != 0)
    context.fail("{} is not a multiple of {}", length.value(), parts);
  if (const auto exact = Dim::divide_exactly(length, parts)) return *exact;
  return floor_div(length, parts);
}

Shape image_shape(InferContext& context) {
  const Shape& input = context.input_shape(0);
  if (input.has_rank() && input.rank() != 4) context.fail("the input must be [N, C, H, W]");
  return input.has_rank() ? input : Shape::of_rank(4);
}

void infer_depth_to_space(InferContext& context) {
  const int64_t block = block_size(context.node());
  const Shape input = image_shape(context);
  context.set_output(
      0, context.input_dtype(0),
      {input[0], divide(context, input[1], block * block), input[2] * block, input[3] * block});
}

void infer_space_to_depth(InferContext& context) {
  const int64_t block = block_size(context.node());
  const Shape input = image_shape(context);
  context.set_output(0, context.input_dtype(0),
                     {input[0], input[1] * (block * block), divide(context, input[2], block),
                      divide(context, input[3], block)});
}

// Strides of [n, c, h, row in block, w, column in block] in the tensor whose channels hold the blocks; `channels` are
// those of the other one.
Dims strides_of_deep(int64_t channels, int64_t block, int64_t height, int64_t width, bool block_first) {
  const int64_t plane = height * width, within = block_first ? channels * plane : plane;
  return {channels * block * block * plane,
          block_first ? plane : block * block * plane,
          width,
          block * within,
          1,
          within};
}

// Spatial to deep, or back.
void move_blocks(KernelContext& context, const Dims& wide, const Dims& output_dims, bool to_depth) {
  const Tensor& input = context.input(0);
  const int64_t block = block_size(context.node());
  Tensor& output = context.allocate(0, input.dtype(), output_dims);
  if (output.size() == 0) return;
  const int64_t height = wide[2] / block, width = wide[3] / block;
  const Dims dims{wide[0], wide[1], height, block, width, block};
  Dims spatial = row_major_strides(dims),
       deep = strides_of_deep(wide[1], block, height, width, block_comes_first(context.node()));
  if (to_depth)
    copy_box(context.threads(), input, output, {dims, std::move(spatial), std::move(deep)});
  else
    copy_box(context.threads(), input, output, {dims, std::move(deep), std::move(spatial)});
}

void depth_to_space_kernel(KernelContext& context) {
  const Dims& dims = context.input(0).dims();
  const int64_t block = block_size(context.node());
  if (dims.size() != 4 || dims[1] % (block * block) != 0)
    context.fail("the channels do not make blocks of {0} x {0}", block);
  int64_t height = 0, width = 0;
  if (__builtin_mul_overflow(dims[2], block, &height) || __builtin_mul_overflow(dims[3], block, &width))
    context.fail("the image would be too large");
  const Dims wide{dims[0], dims[1] / (block * block), height, width};
  move_blocks(context, wide, wide, false);
}

void space_to_depth_kernel(KernelContext& context) {
  const Dims& dims = context.input(0).dims();
  const int64_t block = block_size(context.node());
  if (dims.size() != 4 || dims[2] % block != 0 || dims[3] % block != 0)
    context.fail("the image does not divide into blocks of {0} x {0}", block);
  int64_t channels = 0;
  if (__builtin_mul_overflow(dims[1], block * block, &channels))
    context.fail("there would be too many channels");
  move_blocks(context, dims, {dims[0], channels, dims[2] / block, dims[3] / block}, true);
}

}  // namespace

OpDefs depth_to_space_ops() {
  return {OpDef("DepthToSpace").infer(infer_depth_to_space).evaluate(depth_to_space_kernel).unpack(),
          OpDef("SpaceToDepth").infer(infer_space_to_depth).evaluate(space_to_depth_kernel).unpack()};
}

}  // namespace modelconv
