#include "formats/caffe/build_graph.h"

#include <algorithm>
#include <set>

#include "formats/caffe/layer_types.h"

namespace modelconv::caffe {
namespace {

class Builder {
 public:
  Builder(const Net& net, const Blobs& blobs, Model& model)
      : net_(net), blobs_(blobs), model_(model), graph_(*model.graph) {}

  void build() {
    for (const Layer& layer : net_.layers)
      for (const std::string& top : layer.tops) ++versions_[top];
    refuse_missing_blobs();
    for (const NetInput& input : net_.inputs)
      add_input(input.name, input.dims.empty() ? std::vector<int64_t>() : input.dims[0]);
    for (const Layer& layer : net_.layers) add_layer(layer);
    add_outputs();
  }

 private:
  struct Blob {
    Value* value = nullptr;
    bool is_read = false;
    bool is_input = false;
  };

  void refuse_missing_blobs() {
    std::string missing;
    std::string first;
    for (const Layer& layer : net_.layers) {
      if (!has_weights(layer) || !blobs_of(layer).empty()) continue;
      if (first.empty()) first = layer.name;
      missing += fmt::format("{}'{}' ({})", missing.empty() ? "" : ", ", layer.name, layer.type);
    }
    if (missing.empty()) return;
    std::vector<std::string> names;
    for (const auto& [name, tensors] : blobs_) names.push_back(name);
    MalformedModelError error(fmt::format("the .caffemodel has no weights for layer {}", missing));
    std::string near;
    for (const std::string& name : nearest_names(first, names))
      near += (near.empty() ? "'" : ", '") + name + "'";
    if (!near.empty()) error.because("it has layers " + near);
    error.hint("take the .caffemodel of this .prototxt, or the layers' names of the one it was trained with");
    throw error;
  }

  // Its own, or those that another layer with the same parameter names has.
  std::vector<Tensor> blobs_of(const Layer& layer) const {
    const auto own = blobs_.find(layer.name);
    if (own != blobs_.end()) return own->second;
    for (const Layer& other : net_.layers) {
      const bool shares = !layer.param_names.empty() && !layer.param_names[0].empty() &&
                          other.param_names == layer.param_names && other.name != layer.name;
      const auto found = shares ? blobs_.find(other.name) : blobs_.end();
      if (found != blobs_.end()) return found->second;
    }
    return {};
  }

  void add_input(const std::string& name, const std::vector<int64_t>& dims) {
    Shape shape;
    if (!dims.empty()) {
      std::vector<Dim> sizes;
      for (const int64_t size : dims) {
        ENSURE(size >= -1, MalformedModelError, "input '{}' has the shape {}", name, to_string(dims));
        sizes.push_back(size <= 0 ? Dim::symbol(fmt::format("{}_{}", name, sizes.size())) : Dim(size));
      }
      shape = sizes;
    }
    current_[name] = {&graph_.add_input(name, Type::tensor(DType::float32, shape)), false, true};
  }

  std::vector<int64_t> ints_of(const Layer& layer, const std::string& name) const {
    const Attribute* found = layer.settings.find(name);
    if (!found) return {};
    if (const auto* one = std::get_if<int64_t>(found)) return {*one};
    if (const auto* many = std::get_if<std::vector<int64_t>>(found)) return *many;
    throw MalformedModelError(fmt::format("layer '{}': {} is no list of whole numbers", layer.name, name));
  }
  int64_t int_of(const Layer& layer, const std::string& name) const {
    const auto values = ints_of(layer, name);
    return values.empty() ? 0 : values[0];
  }

  // Sizes that a data layer tells; -1: not told. What it reads from a database is not known here.
  std::vector<int64_t> data_dims(const Layer& layer, size_t top) const {
    if (layer.type == "Input") {
      const auto own = ints_of(layer, top == 0 ? "shape.dim" : fmt::format("shape{}.dim", top));
      return own.empty() ? ints_of(layer, "shape.dim") : own;
    }
    const auto or_unknown = [](int64_t size) { return size > 0 ? size : -1; };
    const int64_t batch = or_unknown(int_of(layer, "batch_size"));
    if (top > 0) return {batch};
    if (layer.type == "MemoryData")
      return {batch, or_unknown(int_of(layer, "channels")), or_unknown(int_of(layer, "height")),
              or_unknown(int_of(layer, "width"))};
    const int64_t crop = int_of(layer, "crop_size"), height = int_of(layer, "new_height"),
                  width = int_of(layer, "new_width");
    return {batch, channels_read(layer.tops[0]), or_unknown(crop > 0 ? crop : height),
            or_unknown(crop > 0 ? crop : width)};
  }

  // What the first convolution of a blob wants.
  int64_t channels_read(const std::string& blob) const {
    for (const Layer& layer : net_.layers) {
      if (layer.type != "Convolution" || layer.bottoms.empty() || layer.bottoms[0] != blob) continue;
      const std::vector<Tensor> blobs = blobs_of(layer);
      if (!blobs.empty() && blobs[0].rank() == 4)
        return blobs[0].dims()[1] * std::max<int64_t>(1, int_of(layer, "group"));
    }
    return -1;
  }

  void add_layer(const Layer& layer) {
    if (is_data(layer.type)) {
      for (size_t i = 0; i < layer.tops.size(); ++i) {
        --versions_[layer.tops[i]];
        add_input(layer.tops[i], data_dims(layer, i));
        if (layer.type != "Input" && i > 0) labels_.insert(layer.tops[i]);
      }
      if (layer.type != "Input")
        model_.notes.push_back(
            fmt::format("layer '{}' ({}) reads a database: its tops are inputs", layer.name, layer.type));
      return;
    }
    if (is_training(layer.type)) return drop(layer);
    check_tops(layer);
    const std::string type(without_loss(layer.type).empty() ? std::string_view(layer.type)
                                                            : without_loss(layer.type));
    add_node(layer, type, type == layer.type ? layer.bottoms.size() : 1);
  }

  void drop(const Layer& layer) {
    if (layer.type != "Silence") return;
    for (const std::string& bottom : layer.bottoms) read(layer, bottom);
  }

  Value& read(const Layer& layer, const std::string& bottom) {
    const auto found = current_.find(bottom);
    if (found == current_.end()) {
      std::vector<std::string> names;
      for (const auto& [name, blob] : current_) names.push_back(name);
      MalformedModelError error(
          fmt::format("layer '{}' reads the blob '{}', which no layer before it gives", layer.name, bottom));
      const auto near = nearest_names(bottom, names, 1);
      if (!near.empty()) error.hint(fmt::format("did you mean '{}'?", near[0]));
      throw error;
    }
    found->second.is_read = true;
    return *found->second.value;
  }

  void add_node(const Layer& layer, const std::string& type, size_t bottoms) {
    std::vector<Value*> inputs;
    for (size_t i = 0; i < std::min(bottoms, layer.bottoms.size()); ++i)
      inputs.push_back(&read(layer, layer.bottoms[i]));
    const std::vector<Tensor> blobs = blobs_of(layer);
    for (size_t i = 0; i < blobs.size(); ++i)
      inputs.push_back(&graph_.add_constant(blobs[i], fmt::format("{}/blob{}", layer.name, i)));
    Attrs attrs = layer.settings;
    attrs.set("bottoms", static_cast<int64_t>(std::min(bottoms, layer.bottoms.size())));
    std::vector<std::string> outputs;
    std::vector<std::string> tops = layer.tops;
    if (tops.empty() && type != layer.type) tops = {layer.name};  // a loss of V1 may leave its top out
    for (const std::string& top : tops) outputs.push_back(name_for(layer, top));
    if (outputs.empty()) return;
    Node& node = graph_.add_node("caffe." + type, inputs, std::move(attrs), outputs, layer.name);
    for (size_t i = 0; i < tops.size(); ++i) current_[tops[i]] = {node.output(i), false, false};
  }

  // A blob that later layers write again gets its name only then.
  std::string name_for(const Layer& layer, const std::string& top) {
    return --versions_[top] > 0 ? fmt::format("{}/{}", layer.name, top) : top;
  }

  // What nothing reads, in the order of the names, as in Caffe.
  void add_outputs() {
    for (const auto& [name, blob] : current_)
      if (!blob.is_read && !blob.is_input) graph_.add_output(name, *blob.value);
    for (const std::string& label : labels_)
      if (!current_[label].is_read) graph_.remove_input(*current_[label].value);
    ENSURE(!graph_.outputs().empty(), MalformedModelError,
           "the net has no outputs: a layer reads every blob");
  }

  const Net& net_;
  const Blobs& blobs_;
  Model& model_;
  Graph& graph_;
  std::map<std::string, Blob> current_;
  std::map<std::string, int> versions_;  // how many layers still write a blob
  std::set<std::string> labels_;
};

}  // namespace

void build_graph(const Net& net, const Blobs& blobs, Model& model) { Builder(net, blobs, model).build(); }

}  // namespace modelconv::caffe
