#include "formats/tensorflow/types.h"

#include <array>
#include <cctype>

#include "formats/tensorflow/schema.h"

namespace modelconv::tensorflow {
namespace {

struct NumberedType {
  int64_t number;
  DType dtype;
};

// Source: tensorflow/core/framework/types.proto. The first row of a dtype is the one that is written.
constexpr std::array kTypes = {
    NumberedType{1, DType::float32},         NumberedType{2, DType::float64},
    NumberedType{3, DType::int32},           NumberedType{4, DType::uint8},
    NumberedType{5, DType::int16},           NumberedType{6, DType::int8},
    NumberedType{7, DType::string},          NumberedType{8, DType::complex64},
    NumberedType{9, DType::int64},           NumberedType{10, DType::boolean},
    NumberedType{11, DType::int8},           NumberedType{12, DType::uint8},
    NumberedType{13, DType::int32},          NumberedType{14, DType::bfloat16},
    NumberedType{15, DType::int16},          NumberedType{16, DType::uint16},
    NumberedType{17, DType::uint16},         NumberedType{18, DType::complex128},
    NumberedType{19, DType::float16},        NumberedType{22, DType::uint32},
    NumberedType{23, DType::uint64},         NumberedType{24, DType::float8e5m2},
    NumberedType{25, DType::float8e4m3fn},   NumberedType{26, DType::float8e4m3fnuz},
    NumberedType{28, DType::float8e5m2fnuz},
};
constexpr int64_t kReference = 100;  // DT_FLOAT_REF = DT_FLOAT + 100

}  // namespace

DType dtype_from_number(int64_t number) {
  if (number > kReference) number -= kReference;
  for (const NumberedType& type : kTypes)
    if (type.number == number) return type.dtype;
  return DType::undefined;
}

std::optional<int64_t> number_of(DType dtype) {
  if (dtype == DType::uint16) return 17;  // 16 is DT_QUINT16
  for (const NumberedType& type : kTypes)
    if (type.dtype == dtype) return type.number;
  return std::nullopt;
}

Shape decode_shape(protobuf::Reader message) {
  std::vector<Dim> dims;
  bool unranked = false;
  while (message.next()) {
    if (message.field() == field::shape::unknown_rank) unranked = message.as_bool();
    if (message.field() != field::shape::dim) continue;
    int64_t size = 0;
    protobuf::Reader dim = message.as_message("dim");
    while (dim.next())
      if (dim.field() == field::shape::dim_size) size = dim.as_int64();
    dims.push_back(size < 0 ? Dim::unknown() : Dim(size));
  }
  return unranked ? Shape::unranked() : Shape(std::move(dims));
}

Shape name_unknown_dims(Shape shape, std::string_view name) {
  std::string word;
  for (const char c : name) word += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  if (word.empty() || std::isdigit(static_cast<unsigned char>(word[0])) != 0) word.insert(0, "_");
  for (size_t axis = 0; axis < shape.rank(); ++axis)
    if (shape[axis].is_unknown()) shape[axis] = Dim::symbol(fmt::format("{}_dim{}", word, axis));
  return shape;
}

}  // namespace modelconv::tensorflow
