#include "formats/caffe/blobs.h"

#include "wire/protobuf.h"

namespace modelconv::caffe {
namespace {

// Field numbers: caffe.proto of github.com/BVLC/caffe.
namespace field {
constexpr uint32_t net_layers = 2, net_layer = 100;
constexpr uint32_t layer_name = 1, layer_blobs = 7;
constexpr uint32_t v1_layer = 1, v1_name = 4, v1_blobs = 6;
constexpr uint32_t v0_name = 1, v0_blobs = 50;
constexpr uint32_t num = 1, channels = 2, height = 3, width = 4, data = 5, shape = 7, double_data = 8,
                   dim = 1;
}  // namespace field

Dims read_shape(protobuf::Reader shape) {
  Dims dims;
  while (shape.next())
    if (shape.field() == field::dim) shape.append_varints(dims);
  return dims;
}

struct Numbers {
  Bytes packed;
  std::vector<float> loose;  // not packed, or in more than one part
  bool is_double = false;
};

void take_floats(protobuf::Reader& blob, Numbers& numbers) {
  if (blob.wire_type() == protobuf::WireType::bytes && numbers.packed.empty() && numbers.loose.empty()) {
    numbers.packed = blob.as_bytes();
    return;
  }
  if (!numbers.packed.empty()) {
    const Tensor first =
        Tensor::view(DType::float32, {static_cast<int64_t>(numbers.packed.size() / sizeof(float))},
                     numbers.packed.first(numbers.packed.size() / sizeof(float) * sizeof(float)), {});
    for (const double value : first.to_double()) numbers.loose.push_back(static_cast<float>(value));
    numbers.packed = {};
  }
  blob.append_fixed(numbers.loose);
}

Tensor tensor_of(const Numbers& numbers, Dims dims, const protobuf::Reader& blob,
                 const std::shared_ptr<const void>& keep_alive) {
  const size_t width = numbers.is_double ? sizeof(double) : sizeof(float);
  const int64_t wanted = element_count(dims);
  const auto count =
      static_cast<int64_t>(numbers.loose.empty() ? numbers.packed.size() / width : numbers.loose.size());
  if (count != wanted || (numbers.loose.empty() && numbers.packed.size() % width != 0))
    throw blob.error(fmt::format("the blob has the shape {} and {} numbers", to_string(dims), count));
  if (!numbers.loose.empty()) return Tensor::of<float>(std::move(dims), numbers.loose);
  const Tensor stored =
      Tensor::view(numbers.is_double ? DType::float64 : DType::float32, dims, numbers.packed, keep_alive);
  if (!numbers.is_double) return stored;
  std::vector<float> values;
  for (const double value : stored.to_double()) values.push_back(static_cast<float>(value));
  return Tensor::of<float>(std::move(dims), values);
}

Tensor read_blob(protobuf::Reader blob, const std::shared_ptr<const void>& keep_alive) {
  Dims dims, legacy = {0, 0, 0, 0};
  bool has_shape = false, has_legacy = false;
  Numbers numbers;
  while (blob.next()) switch (blob.field()) {
      case field::num:
      case field::channels:
      case field::height:
      case field::width:
        legacy[blob.field() - field::num] = blob.as_int32();
        has_legacy = true;
        break;
      case field::data: take_floats(blob, numbers); break;
      case field::shape:
        dims = read_shape(blob.as_message("shape"));
        has_shape = true;
        break;
      case field::double_data:
        if (blob.wire_type() == protobuf::WireType::bytes) {
          numbers.packed = blob.as_bytes();
          numbers.is_double = true;
        } else {
          numbers.loose.push_back(static_cast<float>(blob.as_double()));
        }
        break;
      default: break;
    }
  for (const int64_t size : has_shape ? dims : legacy)
    if (size < 0)
      throw blob.error(fmt::format("the blob has the shape {}", to_string(has_shape ? dims : legacy)));
  if (!has_shape && !has_legacy) dims = {static_cast<int64_t>(numbers.packed.size() / sizeof(float))};
  return tensor_of(numbers, has_shape || !has_legacy ? dims : legacy, blob, keep_alive);
}

// One layer: where its name and its blobs stand.
void read_layer(protobuf::Reader layer, uint32_t name_field, uint32_t blobs_field,
                const std::shared_ptr<const void>& keep_alive, Blobs& all) {
  std::string name;
  std::vector<Tensor> blobs;
  while (layer.next()) {
    if (layer.field() == name_field) name = std::string(layer.as_name());
    if (layer.field() == blobs_field) blobs.push_back(read_blob(layer.as_message("blobs"), keep_alive));
    if (blobs_field == field::v1_blobs && layer.field() == field::v1_layer &&
        layer.wire_type() == protobuf::WireType::bytes)
      read_layer(layer.as_message("layer"), field::v0_name, field::v0_blobs, keep_alive, all);
  }
  if (!blobs.empty()) all[name] = std::move(blobs);
}

}  // namespace

Blobs read_blobs(Bytes bytes, const std::shared_ptr<const void>& keep_alive) {
  Blobs blobs;
  protobuf::Reader net(bytes, "NetParameter");
  while (net.next()) {
    if (net.field() == field::net_layer)
      read_layer(net.as_message("layer"), field::layer_name, field::layer_blobs, keep_alive, blobs);
    if (net.field() == field::net_layers)
      read_layer(net.as_message("layers"), field::v1_name, field::v1_blobs, keep_alive, blobs);
  }
  return blobs;
}

}  // namespace modelconv::caffe
