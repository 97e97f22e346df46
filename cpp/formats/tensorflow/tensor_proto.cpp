#include "formats/tensorflow/tensor_proto.h"

#include <complex>
#include <optional>

#include "formats/tensorflow/schema.h"
#include "formats/tensorflow/types.h"

namespace modelconv::tensorflow {
namespace {

// The message's fields as they come.
struct Parts {
  int64_t type_number = 0;
  Shape shape = Shape(std::vector<Dim>{});
  Bytes content;
  std::vector<float> floats;      // float_val, and scomplex_val as pairs
  std::vector<double> doubles;    // double_val, and dcomplex_val as pairs
  std::vector<int64_t> integers;  // int_val, int64_val, bool_val, half_val, uint32_val, uint64_val
  std::vector<std::string> strings;
  std::optional<Bytes> float8;
};

Parts read_parts(protobuf::Reader& message) {
  namespace tensor = field::tensor;
  Parts parts;
  while (message.next()) switch (message.field()) {
      case tensor::dtype: parts.type_number = message.as_int32(); break;
      case tensor::tensor_shape: parts.shape = decode_shape(message.as_message("tensor_shape")); break;
      case tensor::tensor_content: parts.content = message.as_bytes(); break;
      case tensor::float_val:
      case tensor::scomplex_val: message.append_fixed(parts.floats); break;
      case tensor::double_val:
      case tensor::dcomplex_val: message.append_fixed(parts.doubles); break;
      case tensor::int_val:
      case tensor::int64_val:
      case tensor::bool_val:
      case tensor::half_val:
      case tensor::uint32_val:
      case tensor::uint64_val: message.append_varints(parts.integers); break;
      case tensor::string_val: parts.strings.emplace_back(message.as_string()); break;
      case tensor::float8_val: parts.float8 = message.as_bytes(); break;
      default: break;
    }
  return parts;
}

// `count` elements from `values`: missing ones are the last value, or zero when there is none.
template <class T, class Source, class Convert>
Tensor fill(DType dtype, const Dims& dims, const std::vector<Source>& values, const Convert& convert) {
  Tensor tensor = Tensor::allocate(dtype, dims);
  std::span<T> target = tensor.mutable_data<T>();
  for (size_t i = 0; i < target.size(); ++i)
    target[i] = values.empty() ? T() : convert(values[std::min(i, values.size() - 1)]);
  return tensor;
}

template <class T>
Tensor fill_integers(DType dtype, const Dims& dims, const std::vector<int64_t>& values) {
  return fill<T>(dtype, dims, values, [](int64_t value) { return static_cast<T>(value); });
}

// half_val and the 8-bit types hold bit patterns.
template <class T>
Tensor fill_bits(DType dtype, const Dims& dims, const std::vector<int64_t>& values) {
  return fill<T>(dtype, dims, values, [](int64_t value) { return T{static_cast<decltype(T::bits)>(value)}; });
}

template <class T>
Tensor fill_complex(DType dtype, const Dims& dims, const std::vector<T>& values) {
  std::vector<std::complex<T>> pairs;
  for (size_t i = 0; i + 1 < values.size(); i += 2) pairs.emplace_back(values[i], values[i + 1]);
  return fill<std::complex<T>>(dtype, dims, pairs, [](std::complex<T> value) { return value; });
}

Tensor tensor_of_values(DType dtype, const Dims& dims, const Parts& parts) {
  const auto same = [](auto value) { return value; };
  switch (dtype) {
    case DType::float32: return fill<float>(dtype, dims, parts.floats, same);
    case DType::float64: return fill<double>(dtype, dims, parts.doubles, same);
    case DType::int8: return fill_integers<int8_t>(dtype, dims, parts.integers);
    case DType::int16: return fill_integers<int16_t>(dtype, dims, parts.integers);
    case DType::int32: return fill_integers<int32_t>(dtype, dims, parts.integers);
    case DType::int64: return fill_integers<int64_t>(dtype, dims, parts.integers);
    case DType::uint8: return fill_integers<uint8_t>(dtype, dims, parts.integers);
    case DType::uint16: return fill_integers<uint16_t>(dtype, dims, parts.integers);
    case DType::uint32: return fill_integers<uint32_t>(dtype, dims, parts.integers);
    case DType::uint64: return fill_integers<uint64_t>(dtype, dims, parts.integers);
    case DType::boolean:
      return fill<uint8_t>(dtype, dims, parts.integers, [](int64_t value) { return uint8_t{value != 0}; });
    case DType::float16: return fill_bits<Half>(dtype, dims, parts.integers);
    case DType::bfloat16: return fill_bits<BFloat16>(dtype, dims, parts.integers);
    case DType::complex64: return fill_complex<float>(dtype, dims, parts.floats);
    case DType::complex128: return fill_complex<double>(dtype, dims, parts.doubles);
    case DType::string:
      return fill<std::string>(dtype, dims, parts.strings, [](const std::string& value) { return value; });
    default: {  // the 8-bit floats
      const Bytes bytes = parts.float8.value_or(Bytes{});
      std::vector<int64_t> patterns;
      for (const std::byte byte : bytes) patterns.push_back(static_cast<int64_t>(byte));
      return fill_integers<uint8_t>(dtype, dims, patterns);
    }
  }
}

size_t value_count(const Parts& parts) {
  return std::max({parts.floats.size(), parts.doubles.size(), parts.integers.size(), parts.strings.size()});
}

}  // namespace

void RepeatBudget::take(size_t bytes) {
  ENSURE(bytes <= left_, MalformedModelError,
         "constants that repeat one value ask for more than 1 GiB of memory");
  left_ -= bytes;
}

Tensor decode_tensor(protobuf::Reader message, const std::shared_ptr<const void>& keep_alive,
                     RepeatBudget& budget) {
  const Parts parts = read_parts(message);
  const DType dtype = dtype_from_number(parts.type_number);
  if (dtype == DType::undefined)
    throw message.error(
        fmt::format("a constant of element type number {} cannot be read", parts.type_number));
  const std::optional<Dims> dims = parts.shape.static_dims();
  if (!dims) throw message.error(fmt::format("a constant has the shape {}", parts.shape.str()));
  const int64_t count = element_count(*dims);
  if (!parts.content.empty() && dtype != DType::string)
    return Tensor::view(dtype, *dims, parts.content, keep_alive);

  const size_t values = value_count(parts);
  if (values > static_cast<size_t>(count) * (is_complex(dtype) ? 2 : 1))
    throw message.error(fmt::format("a constant of shape {} has {} values", to_string(*dims), values));
  if (values < static_cast<size_t>(count)) budget.take(storage_bytes(dtype, count));
  return tensor_of_values(dtype, *dims, parts);
}

Tensor decode_values(protobuf::Reader message, DType dtype, const Dims& dims) {
  const Parts parts = read_parts(message);
  const size_t values = value_count(parts);
  const auto needed = static_cast<size_t>(element_count(dims)) * (is_complex(dtype) ? 2 : 1);
  if (values != needed)
    throw message.error(fmt::format("{} values for the shape {}", values, to_string(dims)));
  return tensor_of_values(dtype, dims, parts);
}

}  // namespace modelconv::tensorflow
