#include "formats/onnx/encode_type.h"

#include <algorithm>

#include "formats/onnx/metadata_keys.h"
#include "formats/onnx/schema.h"

namespace modelconv::onnx {
namespace {

using protobuf::Writer;

// Dimensions that the reader itself named ("?x.0") have no name in the file.
bool has_name(const Dim& dim) {
  const std::vector<std::string> symbols = dim.symbols();
  return std::none_of(symbols.begin(), symbols.end(),
                      [](const std::string& name) { return name.starts_with("?"); });
}

Writer encode_dim(const Dim& dim, size_t axis, const Metadata& metadata) {
  Writer writer;
  if (dim.is_known())
    writer.add_int(DimField::dim_value, dim.value());
  else if (dim.is_symbolic() && has_name(dim))
    writer.add_string(DimField::dim_param, dim.as_symbol().value_or(dim.str()));
  const auto denotation = metadata.find(fmt::format("{}{}", kDimDenotationKey, axis));
  if (denotation != metadata.end()) writer.add_string(DimField::denotation, denotation->second);
  return writer;
}

Writer encode_tensor_type(const Type& type, const Metadata& metadata) {
  Writer writer;
  writer.add_int(TensorTypeField::elem_type, static_cast<int64_t>(type.dtype));
  if (!type.shape.has_rank()) return writer;
  Writer shape;
  for (size_t axis = 0; axis < type.shape.rank(); ++axis)
    shape.add_message(ShapeField::dim, encode_dim(type.shape[axis], axis, metadata));
  writer.add_message(TensorTypeField::shape, shape);
  return writer;
}

Writer encode_element(const Type& type) {
  Writer writer;
  if (type.element) writer.add_message(ElementTypeField::elem_type, encode_type(*type.element));
  return writer;
}

Writer encode_map(const Type& type) {
  Writer writer;
  writer.add_int(MapTypeField::key_type, static_cast<int64_t>(type.dtype));
  if (type.element) writer.add_message(MapTypeField::value_type, encode_type(*type.element));
  return writer;
}

}  // namespace

Writer encode_type(const Type& type, const Metadata& metadata) {
  Writer writer;
  switch (type.kind) {
    case Type::Kind::tensor:
      writer.add_message(TypeField::tensor_type, encode_tensor_type(type, metadata));
      break;
    case Type::Kind::sparse_tensor:
      writer.add_message(TypeField::sparse_tensor_type, encode_tensor_type(type, metadata));
      break;
    case Type::Kind::sequence: writer.add_message(TypeField::sequence_type, encode_element(type)); break;
    case Type::Kind::optional: writer.add_message(TypeField::optional_type, encode_element(type)); break;
    case Type::Kind::map: writer.add_message(TypeField::map_type, encode_map(type)); break;
    case Type::Kind::unknown: break;
  }
  const auto denotation = metadata.find(std::string(kTypeDenotationKey));
  if (denotation != metadata.end()) writer.add_string(TypeField::denotation, denotation->second);
  return writer;
}

}  // namespace modelconv::onnx
