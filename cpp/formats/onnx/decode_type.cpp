#include "formats/onnx/decode_type.h"

#include "base/error.h"
#include "base/utf8.h"
#include "formats/onnx/metadata_keys.h"
#include "formats/onnx/schema.h"

namespace modelconv::onnx {
namespace {

using protobuf::Reader;

// Exporters write -1 and the empty name for "not known".
Dim decode_dim(Reader&& reader, size_t axis, Metadata& denotation) {
  Dim dim;
  while (reader.next()) switch (reader.field()) {
      case DimField::dim_value: {
        const int64_t value = reader.as_int64();
        dim = value >= 0 ? Dim(value) : Dim::unknown();
        break;
      }
      case DimField::dim_param: {
        const std::string name(reader.as_name());
        dim = name.empty() ? Dim::unknown() : Dim::symbol(name);
        break;
      }
      case DimField::denotation:
        denotation[fmt::format("{}{}", kDimDenotationKey, axis)] = valid_utf8(reader.as_string());
        break;
    }
  return dim;
}

Shape decode_shape(Reader&& reader, Metadata& denotation) {
  std::vector<Dim> dims;
  while (reader.next())
    if (reader.field() == ShapeField::dim)
      dims.push_back(decode_dim(reader.as_message("dim"), dims.size(), denotation));
  return dims;
}

// Element type 0 is what some files say for "not known".
Type decode_tensor_type(Reader&& reader, Type::Kind kind, Metadata& denotation) {
  Type type;
  type.kind = kind;
  while (reader.next()) switch (reader.field()) {
      case TensorTypeField::elem_type: {
        const int64_t number = reader.as_int32();
        if (number < 0 || number >= kDTypeCount)
          throw reader.error(fmt::format("there is no element type {}", number));
        type.dtype = static_cast<DType>(number);
        break;
      }
      case TensorTypeField::shape: type.shape = decode_shape(reader.as_message("shape"), denotation); break;
    }
  return type;
}

Type decode_inner(Reader&& reader);

Type decode_element(Reader&& reader) {
  Type element;
  while (reader.next())
    if (reader.field() == ElementTypeField::elem_type) element = decode_inner(reader.as_message("elem_type"));
  return element;
}

Type decode_map(Reader&& reader) {
  Type type, values;
  type.kind = Type::Kind::map;
  while (reader.next()) switch (reader.field()) {
      case MapTypeField::key_type: type.dtype = decode_dtype(reader.as_int32(), "a map's key"); break;
      case MapTypeField::value_type: values = decode_inner(reader.as_message("value_type")); break;
    }
  type.element = std::make_shared<const Type>(std::move(values));
  return type;
}

Type decode_into(Reader&& reader, Metadata& denotation) {
  Type type;
  while (reader.next()) switch (reader.field()) {
      case TypeField::tensor_type:
        type = decode_tensor_type(reader.as_message("tensor_type"), Type::Kind::tensor, denotation);
        break;
      case TypeField::sparse_tensor_type:
        type = decode_tensor_type(reader.as_message("sparse_tensor_type"), Type::Kind::sparse_tensor,
                                  denotation);
        break;
      case TypeField::sequence_type:
        type = Type::sequence(decode_element(reader.as_message("sequence_type")));
        break;
      case TypeField::optional_type:
        type = Type::optional(decode_element(reader.as_message("optional_type")));
        break;
      case TypeField::map_type: type = decode_map(reader.as_message("map_type")); break;
      case TypeField::denotation:
        denotation[std::string(kTypeDenotationKey)] = valid_utf8(reader.as_string());
        break;
    }
  return type;
}

Type decode_inner(Reader&& reader) {
  Metadata ignored;  // denotations inside sequences have no place
  return decode_into(std::move(reader), ignored);
}

}  // namespace

DecodedType decode_type(Reader&& reader) {
  DecodedType result;
  result.type = decode_into(std::move(reader), result.denotation);
  return result;
}

DType decode_dtype(int64_t number, std::string_view what) {
  ENSURE(number > 0 && number < kDTypeCount, MalformedModelError,
         "{} has element type {}, which does not exist", what, number);
  return static_cast<DType>(number);
}

}  // namespace modelconv::onnx
