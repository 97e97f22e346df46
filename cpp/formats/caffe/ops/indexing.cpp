// Layers that choose images of a batch, and constants.
#include "formats/caffe/ops/all_ops.h"
#include "formats/caffe/ops/settings.h"

namespace modelconv::caffe {
namespace {

void raise_batch_reindex(Translation& t) {
  set_output(t, 0, gather(bottom(t, 0), cast(bottom(t, 1), DType::int64)));
}

// The last bottom says which images of the others go on: those where it is not zero.
void raise_filter(Translation& t) {
  if (bottom_count(t) < 2) fail(t, "it has {} bottoms", bottom_count(t));
  const size_t data = bottom_count(t) - 1;
  const Term selector = reshape(bottom(t, data), std::vector<int64_t>{-1});
  const Term chosen = negated(equal(selector, 0.0));
  for (size_t i = 0; i < std::min(data, t.node().output_count()); ++i)
    set_output(t, i, compute("Compress", {bottom(t, i), chosen}, {{"axis", int64_t{0}}}));
}

// Constants; random fillers are for training.
void raise_dummy_data(Translation& t) {
  const std::string filler = text_of(t, "data_filler.type", "constant");
  if (filler != "constant") t.refuse("filler '{}'", filler);
  for (size_t i = 0; i < t.node().output_count(); ++i) {
    std::vector<int64_t> dims = ints_of(t, i == 0 ? "shape.dim" : fmt::format("shape{}.dim", i));
    if (dims.empty()) dims = ints_of(t, "shape.dim");
    for (const char* name : {"num", "channels", "height", "width"}) {
      const auto sizes = ints_of(t, name);
      if (!sizes.empty()) dims.push_back(i < sizes.size() ? sizes[i] : sizes[0]);
    }
    const std::string key = i == 0 ? "data_filler.value" : fmt::format("data_filler{}.value", i);
    const float value = float_of(t, key, i == 0 ? 0 : float_of(t, "data_filler.value", 0));
    for (const int64_t size : dims)
      if (size < 0) fail(t, "its shape is {}", to_string(dims));
    set_output(t, i, filled(numbers(t, dims), DType::float32, value));
  }
}

}  // namespace

OpMappings indexing_ops() {
  return {
      {"caffe.BatchReindex", "Gather", raise_batch_reindex, nullptr, ""},
      {"caffe.DummyData", "ConstantOfShape", raise_dummy_data, nullptr, "constants"},
      {"caffe.Filter", "Compress", raise_filter, nullptr, ""},
  };
}

}  // namespace modelconv::caffe
