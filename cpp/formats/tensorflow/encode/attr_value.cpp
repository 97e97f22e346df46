#include "formats/tensorflow/encode/attr_value.h"

#include <algorithm>

#include "formats/tensorflow/schema.h"
#include "formats/tensorflow/types.h"

namespace modelconv::tensorflow {
namespace {

using protobuf::Writer;
namespace attr = field::attr_value;
namespace list = field::list_value;

template <class T>
const T& as(const Attribute& attribute) {
  const T* value = std::get_if<T>(&attribute);
  ENSURE(value, InternalError, "an attribute is {}", kind_of(attribute));
  return *value;
}

int64_t number_of_type(const Type& type) {
  return type.is_sequence() ? kVariant : number_of(type.dtype).value();
}

Writer wrapped(uint32_t field, const Writer& message) {
  Writer writer;
  writer.add_message(field, message);
  return writer;
}

Writer encode_list(AttrKind kind, const Attribute& attribute) {
  Writer writer;
  switch (kind) {
    case AttrKind::integers:
      writer.add_packed_ints(list::i, std::span<const int64_t>(as<std::vector<int64_t>>(attribute)));
      break;
    case AttrKind::floats: writer.add_packed_floats(list::f, as<std::vector<float>>(attribute)); break;
    case AttrKind::types:
      for (const Type& type : as<std::vector<Type>>(attribute))
        writer.add_int(list::type, number_of_type(type));
      break;
    case AttrKind::shapes:
      for (const Type& type : as<std::vector<Type>>(attribute))
        writer.add_message(list::shape, encode_shape(type.shape));
      break;
    default:
      for (const std::string& text : as<std::vector<std::string>>(attribute))
        writer.add_string(list::s, text);
  }
  return wrapped(attr::list, writer);
}

// Bytes of booleans in files need not be 0 or 1, TensorFlow relies on it.
Tensor as_clean_booleans(const Tensor& tensor) {
  const auto bytes = tensor.data<uint8_t>();
  if (std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte <= 1; })) return tensor;
  Tensor clean = Tensor::allocate(DType::boolean, tensor.dims());
  std::transform(bytes.begin(), bytes.end(), clean.mutable_bytes().begin(),
                 [](uint8_t byte) { return std::byte{byte != 0}; });
  return clean;
}

}  // namespace

Writer encode_shape(const Shape& shape) {
  Writer writer;
  if (!shape.has_rank()) {
    writer.add_bool(field::shape::unknown_rank, true);
    return writer;
  }
  for (const Dim& dim : shape.dims()) {
    Writer size;
    size.add_int(field::shape::dim_size, dim.is_known() ? dim.value() : -1);
    writer.add_message(field::shape::dim, size);
  }
  return writer;
}

Writer encode_tensor(const Tensor& tensor) {
  Writer writer;
  const auto number = number_of(tensor.dtype());
  if (!number) throw BadArgument(fmt::format("TensorFlow has no element type {}", name_of(tensor.dtype())));
  writer.add_int(field::tensor::dtype, *number);
  writer.add_message(field::tensor::tensor_shape, encode_shape(Shape::of(tensor.dims())));
  if (tensor.dtype() == DType::string) {
    for (const std::string& text : tensor.data<std::string>())
      writer.add_string(field::tensor::string_val, text);
    return writer;
  }
  const Tensor clean = tensor.dtype() == DType::boolean ? as_clean_booleans(tensor) : tensor;
  if (clean.size() > 0) writer.add_view(field::tensor::tensor_content, clean.bytes(), clean.keep_alive());
  return writer;
}

Writer encode_attr(AttrKind kind, const Attribute& attribute) {
  Writer writer;
  switch (kind) {
    case AttrKind::type: return encode_type_attr(number_of_type(as<Type>(attribute)));
    case AttrKind::integer: return encode_int_attr(as<int64_t>(attribute));
    case AttrKind::boolean: return encode_bool_attr(as<int64_t>(attribute) != 0);
    case AttrKind::string: return encode_string_attr(as<std::string>(attribute));
    case AttrKind::function: return encode_function_attr(as<std::string>(attribute));
    case AttrKind::floating: writer.add_float(attr::f, as<float>(attribute)); return writer;
    case AttrKind::shape: return wrapped(attr::shape, encode_shape(as<Type>(attribute).shape));
    case AttrKind::tensor: return wrapped(attr::tensor, encode_tensor(as<Tensor>(attribute)));
    default: return encode_list(kind, attribute);
  }
}

Writer encode_type_attr(int64_t type) {
  Writer writer;
  writer.add_int(attr::type, type);
  return writer;
}

Writer encode_types_attr(const std::vector<int64_t>& types) {
  Writer numbers;
  numbers.add_packed_ints(list::type, std::span<const int64_t>(types));
  return wrapped(attr::list, numbers);
}

Writer encode_int_attr(int64_t value) {
  Writer writer;
  writer.add_int(attr::i, value);
  return writer;
}

Writer encode_bool_attr(bool value) {
  Writer writer;
  writer.add_bool(attr::b, value);
  return writer;
}

Writer encode_string_attr(std::string_view text) {
  Writer writer;
  writer.add_string(attr::s, text);
  return writer;
}

Writer encode_function_attr(std::string_view name) {
  Writer function;
  function.add_string(field::name_attr_list::name, name);
  return wrapped(attr::func, function);
}

void add_entry(Writer& writer, uint32_t field, std::string_view key, const Writer& value) {
  Writer entry;
  entry.add_string(field::map_entry::key, key);
  entry.add_message(field::map_entry::value, value);
  writer.add_message(field, entry);
}

}  // namespace modelconv::tensorflow
