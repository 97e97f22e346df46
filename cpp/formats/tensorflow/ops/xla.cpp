// Operators of TensorFlow's compiler that stand in graphs as they are. How axes pair up is a message of its own, encoded in
// a string attribute (xla/xla_data.proto).
#include <algorithm>

#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"
#include "wire/protobuf.h"

namespace modelconv::tensorflow {
namespace {

using Axes = std::vector<int64_t>;

protobuf::Reader message_of(const std::string& encoded, const char* name) {
  return protobuf::Reader({reinterpret_cast<const std::byte*>(encoded.data()), encoded.size()}, name);
}

// Letters for the axes: equal ones are multiplied, and summed up where the result does not have them.
void raise_dot(Translation& t) {
  const std::string encoded = string_of(t, "dimension_numbers", "");
  Axes lists[4];  // DotDimensionNumbers: contracted axes left, right, batch axes left, right
  protobuf::Reader message = message_of(encoded, "DotDimensionNumbers");
  while (message.next())
    if (message.field() >= 1 && message.field() <= 4) message.append_varints(lists[message.field() - 1]);
  const size_t ranks[] = {t.rank(0), t.rank(1)};
  if (ranks[0] + ranks[1] > 26) t.refuse("its operands have {} and {} axes", ranks[0], ranks[1]);
  std::string left(ranks[0], ' '), right(ranks[1], ' '), result;
  char next = 'a';
  const auto pair = [&](const Axes& a, const Axes& b, bool is_kept) {
    ENSURE(a.size() == b.size(), MalformedModelError, "{} axes are paired with {}", a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      ENSURE(a[i] >= 0 && b[i] >= 0 && static_cast<size_t>(a[i]) < ranks[0] &&
                 static_cast<size_t>(b[i]) < ranks[1],
             MalformedModelError, "the axes {} and {} do not exist", a[i], b[i]);
      left[static_cast<size_t>(a[i])] = right[static_cast<size_t>(b[i])] = next;
      if (is_kept) result += next;
      ++next;
    }
  };
  pair(lists[2], lists[3], true);
  pair(lists[0], lists[1], false);
  for (std::string* operand : {&left, &right})
    for (char& letter : *operand)
      if (letter == ' ') result += letter = next++;
  const DType type = type_of(t, "preferred_element_type", t.required(0).dtype());
  set_output(t, 0,
             compute("Einsum", {cast(input(t, 0), type), cast(input(t, 1), type)},
                     {{"equation", left + "," + right + "->" + result}}));
}

// Where each role of an axis stands. ONNX wants batch, channels, space, and for the kernel output, input, space.
struct Layout {
  int64_t batch = 0, feature = 0;
  Axes spatial;
  Axes order() const {
    Axes perm = {batch, feature};
    perm.insert(perm.end(), spatial.begin(), spatial.end());
    return perm;
  }
};

void check_order(const Axes& perm, size_t rank) {
  Axes sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i)
    ENSURE(sorted.size() == rank && sorted[i] == static_cast<int64_t>(i), MalformedModelError,
           "the axes of an operand of rank {} are not each named once", rank);
}

void raise_convolution(Translation& t) {
  const std::string encoded = string_of(t, "dimension_numbers", "");
  Layout image, kernel, result;
  protobuf::Reader message = message_of(encoded, "ConvolutionDimensionNumbers");
  while (message.next()) switch (message.field()) {
      case 3: kernel.feature = message.as_int64(); break;
      case 4: kernel.batch = message.as_int64(); break;
      case 6: message.append_varints(kernel.spatial); break;
      case 7: image.batch = message.as_int64(); break;
      case 8: image.feature = message.as_int64(); break;
      case 9: result.batch = message.as_int64(); break;
      case 10: result.feature = message.as_int64(); break;
      case 11: message.append_varints(image.spatial); break;
      case 12: message.append_varints(result.spatial); break;
      default: break;
    }
  const size_t rank = t.rank(0);
  check_order(image.order(), rank);
  check_order(kernel.order(), t.rank(1));
  check_order(result.order(), rank);
  const auto strides = t.constant_ints(2, "the strides"), padding = t.constant_ints(3, "the padding");
  const auto image_dilation = t.constant_ints(4, "the dilation"),
             dilations = t.constant_ints(5, "the dilation");
  const auto groups = t.constant_ints(6, "the number of groups");
  ENSURE(rank >= 2 && strides.size() == rank - 2 && padding.size() == 2 * (rank - 2) && groups.size() == 1 &&
             dilations.size() == rank - 2,
         MalformedModelError, "its window has not {} axes", rank - 2);
  if (std::any_of(image_dilation.begin(), image_dilation.end(), [](int64_t d) { return d != 1; }))
    t.refuse("its input is dilated");
  if (int_of(t, "batch_group_count", 1) != 1) t.refuse("its batch is divided into groups");
  Axes pads(2 * (rank - 2));
  for (size_t i = 0; i < rank - 2; ++i) {
    pads[i] = padding[2 * i];
    pads[rank - 2 + i] = padding[2 * i + 1];
  }
  if (std::any_of(pads.begin(), pads.end(), [](int64_t pad) { return pad < 0; }))
    t.refuse("a padding is negative");
  const Term y =
      compute("Conv", {transpose(input(t, 0), image.order()), transpose(input(t, 1), kernel.order())},
              {{"strides", strides}, {"dilations", dilations}, {"pads", pads}, {"group", groups[0]}});
  Axes back(rank);
  const Axes order = result.order();
  for (size_t i = 0; i < rank; ++i) back[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  set_output(t, 0, transpose(y, back));
}

}  // namespace

OpMappings xla_ops() {
  return {
      {"tf.XlaConv", "Conv", raise_convolution, nullptr, "constant window, input not dilated"},
      {"tf.XlaConvV2", "Conv", raise_convolution, nullptr, "constant window, input not dilated"},
      {"tf.XlaDot", "Einsum", raise_dot, nullptr, ""},
      {"tf.XlaDotV2", "Einsum", raise_dot, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
