// The graph while its sections are read one after the other, and what they say to it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/darknet/section.h"
#include "formats/darknet/weights.h"
#include "ir/graph.h"

namespace modelconv::darknet {

// Settings of the reader; docs/formats/darknet.md.
struct Settings {
  bool decode = false,
       suppress = false;  // heads: boxes and scores; then without those that overlap better ones
  float score_threshold = 0.25F, nms_threshold = 0.45F;
  float epsilon = 1e-5F;                 // of batch normalisation; 1e-6 in the first Darknet and in OpenCV
  std::optional<int64_t> width, height;  // instead of the .cfg's
  std::optional<uint64_t> random_weights;
  std::vector<std::string> folders;  // where files that a .cfg names are looked for
};

// Sizes of one image, or of one vector (h and w 1).
struct Extent {
  int64_t c = 0, h = 1, w = 1;
  int64_t count() const { return c * h * w; }
  std::string str() const { return fmt::format("{} x {} x {}", c, h, w); }
  bool operator==(const Extent&) const = default;
};

struct Layer {
  Value* value = nullptr;
  Extent extent;
  std::string type;
  bool is_read = false;  // by a later section
  bool is_head = false;  // its outputs are boxes and scores, which no layer reads
};

class Network {
 public:
  Network(Graph& graph, const Settings& settings, TakeWeights take_weights, bool transposed);

  Graph& graph() { return graph_; }
  const Settings& settings() const { return settings_; }
  bool transposed() const { return transposed_; }  // see WeightsFile
  const Extent& input() const { return input_; }
  const std::vector<Layer>& layers() const { return layers_; }
  std::vector<std::string> notes;

  void begin(const Section& net);

  // --- while a section is read
  void open(const Section& section, std::string type) {
    section_ = &section;
    type_ = std::move(type);
  }
  const Section& section() const { return *section_; }
  // What the section before gives, and how large that is.
  const Extent& extent() const { return layers_.empty() ? input_ : layers_.back().extent; }
  Value& previous();
  // As [route] and [shortcut] count: negative from this section on.
  const Layer& layer(int64_t reference);
  // The next numbers of the weights file, as a constant.
  Value& weights(const std::string& what, Dims dims);
  // The section as one node "darknet.<type>" on `inputs`. Every node has the attribute `chw`: the size of its first
  // input, which may come as a vector.
  void add(const std::vector<Value*>& inputs, Attrs attrs, const Extent& extent);
  // A head: two outputs when it is decoded.
  void add_head(Attrs attrs);

 private:
  std::string name() const { return fmt::format("{}_{}", type_, section_->index()); }

  Graph& graph_;
  const Settings& settings_;
  TakeWeights take_weights_;
  bool transposed_;
  Extent input_;
  Value* input_value_ = nullptr;
  std::vector<Layer> layers_;
  const Section* section_ = nullptr;
  std::string type_;
};

// Decodes one section; listed with the section types in sections.cpp.
using DecodeSection = void (*)(Network&);

void decode_convolutional(Network& network);
void decode_connected(Network& network);
void decode_local(Network& network);
void decode_batchnorm(Network& network);
void decode_implicit(Network& network);
void decode_maxpool(Network& network);
void decode_local_avgpool(Network& network);
void decode_avgpool(Network& network);
void decode_reorg(Network& network);
void decode_upsample(Network& network);
void decode_crop(Network& network);
void decode_shortcut(Network& network);
void decode_scale_channels(Network& network);
void decode_sam(Network& network);
void decode_route(Network& network);
void decode_activation(Network& network);
void decode_normalization(Network& network);
void decode_softmax(Network& network);
void decode_unchanged(Network& network);  // dropout, cost, empty, contrastive
void decode_rnn(Network& network);
void decode_lstm(Network& network);
void decode_gru(Network& network);
void decode_crnn(Network& network);
void decode_conv_lstm(Network& network);
void decode_history(Network& network);
void decode_yolo(Network& network);
void decode_gaussian_yolo(Network& network);
void decode_region(Network& network);
void decode_detection(Network& network);

// A section type: its name here, how files spell it, and whether it only matters while the network learns.
struct SectionType {
  std::string_view name;
  std::vector<std::string_view> spellings;
  DecodeSection decode;
};
const std::vector<SectionType>& section_types();
// Null for a section that Darknet does not know.
const SectionType* find_section_type(std::string_view spelling);

}  // namespace modelconv::darknet
