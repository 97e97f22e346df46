#include "formats/onnx/encode_tensor.h"

#include "formats/onnx/schema.h"

namespace modelconv::onnx {
namespace {

using protobuf::Writer;

void add_external(Writer& writer, std::string_view key, std::string_view value) {
  Writer pair;
  pair.add_string(PairField::key, key);
  pair.add_string(PairField::value, value);
  writer.add_message(TensorField::external_data, pair);
}

}  // namespace

size_t ExternalWriter::add(const Tensor& tensor) {
  const auto [known, is_new] = offsets_.try_emplace({tensor.bytes().data(), tensor.nbytes()}, 0);
  if (!is_new) return known->second;
  keep_alive_.push_back(tensor.keep_alive());
  stream_.pad_to(kAlignment);
  known->second = stream_.position();
  stream_.write(tensor.bytes());
  return known->second;
}

Writer encode_tensor(const Tensor& tensor, std::string_view name, ExternalWriter* external) {
  Writer writer;
  for (const int64_t dim : tensor.dims()) writer.add_int(TensorField::dims, dim);
  writer.add_int(TensorField::data_type, static_cast<int64_t>(tensor.dtype()));
  const bool is_external =
      external && tensor.dtype() != DType::string && tensor.nbytes() >= ExternalWriter::kSmallestBytes;
  if (tensor.dtype() == DType::string)
    for (const std::string& text : tensor.data<std::string>())
      writer.add_string(TensorField::string_data, text);
  if (!name.empty()) writer.add_string(TensorField::name, name);
  if (tensor.dtype() != DType::string && !is_external)
    writer.add_view(TensorField::raw_data, tensor.bytes(), tensor.keep_alive());
  if (is_external) {
    add_external(writer, "location", external->location());
    add_external(writer, "offset", std::to_string(external->add(tensor)));
    add_external(writer, "length", std::to_string(tensor.nbytes()));
    writer.add_int(TensorField::data_location, kDataLocationExternal);
  }
  return writer;
}

}  // namespace modelconv::onnx
