#include "formats/darknet/network.h"

namespace modelconv::darknet {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 31;  // of one image anywhere: Darknet counts with int

}  // namespace

Network::Network(Graph& graph, const Settings& settings, TakeWeights take_weights, bool transposed)
    : graph_(graph), settings_(settings), take_weights_(std::move(take_weights)), transposed_(transposed) {}

void Network::begin(const Section& net) {
  input_ = {net.count("channels", 0), settings_.height.value_or(net.count("height", 0)),
            settings_.width.value_or(net.count("width", 0))};
  const bool is_image = input_.c > 0 && input_.h > 0 && input_.w > 0;
  if (!is_image) {
    input_ = {net.count("inputs", 0), 1, 1};
    if (input_.c == 0) net.fail("neither width, height and channels nor inputs are given");
  }
  if (input_.h > kMostElements / input_.c / input_.w) net.fail("an input of {} is too large", input_.str());
  const Dim batch = Dim::symbol("N");
  const Shape shape = is_image ? Shape{batch, input_.c, input_.h, input_.w} : Shape{batch, input_.c};
  input_value_ = &graph_.add_input("data", Type::tensor(DType::float32, shape));
}

Value& Network::previous() {
  if (layers_.empty()) return *input_value_;
  Layer& layer = layers_.back();
  if (layer.is_head)
    section_->fail("it would read the boxes of [{}]; put a [route] between them", layer.type);
  layer.is_read = true;
  return *layer.value;
}

const Layer& Network::layer(int64_t reference) {
  const int64_t index = reference < 0 ? section_->index() + reference : reference;
  if (index < 0 || index >= static_cast<int64_t>(layers_.size()))
    section_->fail("there is no layer {} before it{}", reference,
                   index >= 0 ? fmt::format(" (layer {})", index) : std::string());
  Layer& layer = layers_[static_cast<size_t>(index)];
  if (layer.is_head)
    section_->fail("layer {} is a [{}], whose boxes no layer can read", reference, layer.type);
  layer.is_read = true;
  return layer;
}

Value& Network::weights(const std::string& what, Dims dims) {
  if (section_->flag("dontload")) section_->fail("dontload=1: its weights are in no file");
  Tensor tensor = take_weights_({section_->index(), what, std::move(dims)});
  return graph_.add_constant(std::move(tensor), fmt::format("{}/{}", name(), what));
}

void Network::add(const std::vector<Value*>& inputs, Attrs attrs, const Extent& extent) {
  if (extent.c <= 0 || extent.h <= 0 || extent.w <= 0)
    section_->fail("its output would be {} (the input is {})", extent.str(), this->extent().str());
  if (extent.h > kMostElements / extent.c / extent.w)
    section_->fail("its output of {} is too large", extent.str());
  const Extent& before = this->extent();
  attrs.set("chw", std::vector<int64_t>{before.c, before.h, before.w});
  Node& node = graph_.add_node("darknet." + type_, inputs, std::move(attrs), {name()}, name());
  layers_.push_back({node.output(), extent, type_});
}

void Network::add_head(Attrs attrs) {
  const Extent before = extent();
  attrs.set("chw", std::vector<int64_t>{before.c, before.h, before.w});
  attrs.set("net", std::vector<int64_t>{input_.h, input_.w});
  attrs.set("decode", int64_t{settings_.decode});
  std::vector<std::string> outputs = {name()};
  if (settings_.decode) outputs = {name() + "/boxes", name() + "/scores"};
  Node& node = graph_.add_node("darknet." + type_, {&previous()}, std::move(attrs), outputs, name());
  layers_.push_back({node.output(), before, type_});
  layers_.back().is_head = settings_.decode;
}

}  // namespace modelconv::darknet
