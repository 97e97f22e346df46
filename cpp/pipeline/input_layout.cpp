// The order of axes in which a user feeds images.
#include "base/error.h"
#include "passes/layout/image_order.h"
#include "pipeline/convert.h"

namespace modelconv {
namespace {

ImageOrder order_named(const std::string& layout) {
  if (layout == "nchw") return ImageOrder::channels_first;
  if (layout != "nhwc")
    throw BadArgument(fmt::format("the layout '{}' is neither 'nchw' nor 'nhwc'", layout))
        .hint("'nchw' is channels first (1, 3, 224, 224), 'nhwc' channels last (1, 224, 224, 3)");
  return ImageOrder::channels_last;
}

bool looks_like_channels(const Dim& dim) { return dim.equals(1) || dim.equals(3) || dim.equals(4); }

// Where no image operator tells: by the axis that can be grey, RGB or RGBA.
std::optional<ImageOrder> guess_order(const Shape& shape) {
  if (!shape.has_rank() || shape.rank() < 3) return std::nullopt;
  const bool first = looks_like_channels(shape[1]), last = looks_like_channels(shape[shape.rank() - 1]);
  if (first == last) return std::nullopt;
  return first ? ImageOrder::channels_first : ImageOrder::channels_last;
}

void set_order(Graph& graph, Value& input, ImageOrder from, ImageOrder to, RestoringOrders& orders) {
  if (from == to) return;
  orders[input.name()] = to_attribute(set_image_order(graph, input, to));
}

}  // namespace

RestoringOrders set_input_layout(Graph& graph, const std::string& layout) {
  const ImageOrder wanted = order_named(layout);
  RestoringOrders orders;
  const std::vector<Value*> inputs(graph.inputs().begin(), graph.inputs().end());
  for (Value* input : inputs)
    if (const auto present = image_order_of(*input)) set_order(graph, *input, *present, wanted, orders);
  return orders;
}

RestoringOrders set_input_layout(Graph& graph, const std::map<std::string, std::string>& layouts) {
  RestoringOrders orders;
  for (const auto& [name, layout] : layouts) {
    const ImageOrder wanted = order_named(layout);
    Value& input = input_named(graph, name);
    auto present = image_order_of(input);
    if (!present) present = guess_order(input.shape());
    if (!present)
      throw BadArgument(fmt::format("input '{}' has no layout", name))
          .because(fmt::format("it is {}, and no operator on images reads it", input.type.str()))
          .hint("name only inputs that are images in input_layout");
    set_order(graph, input, *present, wanted, orders);
  }
  return orders;
}

}  // namespace modelconv
