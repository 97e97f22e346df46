// Source of the numbers: tensorflow/lite/tools/versioning/op_version.cc.
#include "formats/tflite/versions.h"

#include <algorithm>
#include <unordered_map>

#include "formats/tflite/quantization.h"

namespace modelconv::tflite {
namespace {

// What a version depends on.
struct Signature {
  const Node& node;

  DType in(size_t index) const { return node.input(index) ? node.input(index)->dtype() : DType::undefined; }
  DType out(size_t index = 0) const {
    return node.output(index) ? node.output(index)->dtype() : DType::undefined;
  }
  size_t rank(size_t index) const { return node.input(index) ? node.input(index)->shape().rank() : 0; }
  int64_t number(std::string_view name, int64_t fallback = 0) const {
    return node.attrs.get_or<int64_t>(name, fallback);
  }
  bool is(std::string_view name, std::string_view value) const {
    const auto* text = node.attrs.get<std::string>(name);
    return text && *text == value;
  }
  std::optional<Quantization> quantization(size_t index) const {
    return node.input(index) ? quantization_of(*node.input(index)) : std::nullopt;
  }
  bool is_per_axis(size_t index) const {
    const auto q = quantization(index);
    return q && q->is_per_axis();
  }
  // float activations, int8 weights
  bool is_hybrid(size_t weights = 1) const {
    return in(0) == DType::float32 && in(weights) == DType::int8 && out() == DType::float32;
  }
  size_t largest_rank() const { return std::max(rank(0), rank(1)); }
  bool broadcasts_above_rank_4() const {
    return largest_rank() > 4 &&
           !(node.input(0) && node.input(1) && node.input(0)->shape().equals(node.input(1)->shape()));
  }
};

using Rule = int32_t (*)(const Signature&);
using D = DType;

bool is_byte(DType dtype) { return dtype == D::int8 || dtype == D::uint8; }

int32_t int8_2(const Signature& s) { return s.in(0) == D::int8 ? 2 : 1; }
int32_t int8_2_int16_3(const Signature& s) { return s.in(0) == D::int16 ? 3 : int8_2(s); }
int32_t int8_2_int16_4(const Signature& s) { return s.in(0) == D::int16 ? 4 : int8_2(s); }

int32_t conv_2d(const Signature& s) {
  const Value *x = s.node.input(0), *w = s.node.input(1);
  const bool ranked = x && w && s.rank(0) == 4 && s.rank(1) == 4;
  if (ranked && x->shape()[3].is_known() && w->shape()[3].is_known() && !(x->shape()[3] == w->shape()[3]))
    return 6;
  if (s.in(0) == D::int8 && s.in(1) == D::int4) return 7;
  if (s.is_hybrid()) return s.is_per_axis(1) ? 5 : 2;
  return s.in(0) == D::int16 ? 4 : s.in(0) == D::int8 ? 3 : 1;
}

int32_t depthwise_conv_2d(const Signature& s) {
  if (s.in(0) == D::int16) return 5;
  if (s.in(0) == D::int8 && s.in(1) == D::int4) return 7;
  if (s.is_hybrid()) return s.is_per_axis(1) ? 6 : 4;
  if (s.in(0) == D::int8) return 3;
  return s.number("dilation_w_factor", 1) != 1 || s.number("dilation_h_factor", 1) != 1 ? 2 : 1;
}

int32_t fully_connected(const Signature& s) {
  if (s.in(0) == D::int8 && s.in(1) == D::int4) return 10;
  if (s.is_hybrid() && s.number("asymmetric_quantize_inputs") != 0) return 9;
  if (s.in(0) == D::int16) return 7;
  if (!s.node.input(2)) return 6;
  if (s.number("keep_num_dims") != 0) return 5;
  if (s.in(0) == D::int8) return 4;
  if (s.is_hybrid()) return 3;
  return s.is("weights_format", "SHUFFLED4x16INT8") ? 2 : 1;
}

int32_t transpose_conv(const Signature& s) {
  if (s.node.attrs.has("fused_activation_function") && !s.is("fused_activation_function", "NONE")) return 4;
  if (s.node.input(3)) return 3;
  return s.in(1) == D::int8 ? 2 : 1;
}

int32_t gather(const Signature& s) {
  if (s.in(1) == D::int16) return 6;
  if (s.number("batch_dims") != 0) return 5;
  return s.in(0) == D::int16 ? 4 : s.in(0) == D::boolean ? 3 : int8_2(s);
}

int32_t gather_nd(const Signature& s) {
  return s.in(1) == D::int16 ? 4 : s.in(0) == D::int16 ? 3 : s.in(0) == D::string ? 2 : 1;
}

// A rescaling factor of 1 and more came with version 3.
int32_t mul(const Signature& s) {
  const auto a = s.quantization(0), b = s.quantization(1);
  if ((s.in(0) == D::int16 && !a) || s.in(0) == D::uint32) return 7;
  if (s.in(0) == D::complex64) return 6;
  if (s.in(0) == D::int64) return 5;
  if (s.in(0) == D::int16) return 4;
  const auto y = quantization_of(*s.node.output());
  if (a && b && y && a->scales[0] * b->scales[0] / y->scales[0] >= 1.0F) return 3;
  return int8_2(s);
}

int32_t add(const Signature& s) {
  if (s.in(0) == D::int16 && !s.quantization(0)) return 5;
  if (s.in(0) == D::int64) return 4;
  if (s.in(0) == D::int16 && s.number("pot_scale_int16", 1) == 0) return 3;
  return int8_2(s);
}

int32_t sub(const Signature& s) {
  if (s.in(0) == D::int16 && s.number("pot_scale_int16", 1) == 0) return 5;
  if (s.in(0) == D::int64) return 4;
  return s.broadcasts_above_rank_4() ? 3 : int8_2(s);
}

int32_t strided_slice(const Signature& s) {
  if (s.number("ellipsis_mask") != 0 || s.number("new_axis_mask") != 0) return 6;
  if (s.in(0) == D::string) return 5;
  return s.rank(0) > 4 ? 4 : s.in(0) == D::boolean ? 3 : int8_2(s);
}

int32_t resize_bilinear(const Signature& s) {
  return s.in(0) == D::int16 ? 4 : s.number("half_pixel_centers") != 0 ? 3 : int8_2(s);
}
int32_t resize_nearest(const Signature& s) {
  if (s.in(0) == D::int16) return 4;
  return s.number("half_pixel_centers") != 0 || s.number("align_corners") != 0 ? 3 : int8_2(s);
}

int32_t transpose(const Signature& s) {
  if (s.rank(0) > 5) return 6;
  if (s.in(0) == D::int16) return 5;
  return s.rank(0) > 4 ? 4 : s.in(0) == D::boolean ? 3 : int8_2(s);
}

int32_t cast(const Signature& s) {
  const auto either = [&](DType dtype) { return s.in(0) == dtype || s.out() == dtype; };
  if (either(D::float64) || either(D::float16)) return 5;
  return either(D::uint16) ? 4 : either(D::int8) ? 3 : either(D::uint32) ? 2 : 1;
}

int32_t dequantize(const Signature& s) {
  if (s.in(0) == D::int4) return 6;
  if (s.in(0) == D::int16 || s.in(0) == D::float16) return 3;
  return s.in(0) != D::int8 ? 1 : s.is_per_axis(0) ? 5 : 2;
}

int32_t quantize(const Signature& s) {
  if (s.in(0) == D::int4 || s.out() == D::int4) return 4;
  if (const auto q = quantization_of(*s.node.output()); q && q->is_per_axis()) return 3;
  return s.out() == D::int16 ? 2 : 1;
}

int32_t batch_matmul(const Signature& s) {
  if (s.is_hybrid()) return s.number("asymmetric_quantize_inputs") != 0 ? 4 : 1;
  return int8_2_int16_3(s);
}

int32_t svdf(const Signature& s) {
  if (s.in(0) == D::int8) return 3;
  return !s.is_hybrid() ? 1 : s.number("asymmetric_quantize_inputs") != 0 ? 4 : 2;
}

int32_t hybrid_rnn(const Signature& s) {
  return !s.is_hybrid() ? 1 : s.number("asymmetric_quantize_inputs") != 0 ? 3 : 2;
}

int32_t lstm(const Signature& s) {
  if (s.is("kernel_type", "BASIC")) return 2;
  if (s.in(0) == D::int16) return 5;
  return !s.is_hybrid(2) ? 1 : s.number("asymmetric_quantize_inputs") != 0 ? 4 : 3;
}

int32_t sequence_lstm(const Signature& s) {
  if (s.in(0) == D::int16) return 5;
  if (s.number("diagonal_recurrent_tensors") != 0) return 4;
  return !s.is_hybrid(2) ? 1 : s.number("asymmetric_quantize_inputs") != 0 ? 3 : 2;
}

int32_t fill(const Signature& s) {
  if (s.in(1) == D::float16) return 4;
  if (s.in(1) == D::int8 || s.in(1) == D::int16) return 3;
  return s.in(1) == D::boolean || s.in(1) == D::string ? 2 : 1;
}

int32_t abs_version(const Signature& s) {
  if (s.in(0) == D::int32) return 5;
  if (s.in(0) == D::int16) return s.quantization(0) ? 3 : 4;
  return is_byte(s.in(0)) ? 2 : 1;
}

struct Row {
  std::vector<std::string_view> operators;
  Rule version;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> table = {
      {{"CONV_2D"}, conv_2d},
      {{"DEPTHWISE_CONV_2D"}, depthwise_conv_2d},
      {{"FULLY_CONNECTED"}, fully_connected},
      {{"TRANSPOSE_CONV"}, transpose_conv},
      {{"GATHER"}, gather},
      {{"GATHER_ND"}, gather_nd},
      {{"MUL"}, mul},
      {{"ADD"}, add},
      {{"SUB"}, sub},
      {{"DIV"}, [](const Signature& s) { return s.broadcasts_above_rank_4() ? 2 : 1; }},
      {{"STRIDED_SLICE"}, strided_slice},
      {{"RESIZE_BILINEAR"}, resize_bilinear},
      {{"RESIZE_NEAREST_NEIGHBOR"}, resize_nearest},
      {{"TRANSPOSE"}, transpose},
      {{"CAST"}, cast},
      {{"DEQUANTIZE"}, dequantize},
      {{"QUANTIZE"}, quantize},
      {{"BATCH_MATMUL"}, batch_matmul},
      {{"SVDF"}, svdf},
      {{"RNN", "UNIDIRECTIONAL_SEQUENCE_RNN", "BIDIRECTIONAL_SEQUENCE_RNN", "BIDIRECTIONAL_SEQUENCE_LSTM"},
       hybrid_rnn},
      {{"LSTM"}, lstm},
      {{"UNIDIRECTIONAL_SEQUENCE_LSTM"}, sequence_lstm},
      {{"FILL"}, fill},
      {{"ABS"}, abs_version},
      {{"FAKE_QUANT"}, [](const Signature& s) { return s.number("narrow_range") != 0 ? 2 : 1; }},
      {{"SIGN"}, [](const Signature& s) { return s.in(0) == D::int32 ? 2 : 1; }},
      {{"WHERE"}, [](const Signature& s) { return s.in(0) == D::boolean ? 1 : 2; }},
      {{"GELU"}, [](const Signature& s) { return is_byte(s.in(0)) ? 2 : 1; }},
      {{"RELU"}, [](const Signature& s) { return s.in(0) == D::int16 ? 3
                                                 : is_byte(s.in(0))  ? 2
                                                                     : 1; }},
      {{"LEAKY_RELU"}, [](const Signature& s) { return s.in(0) == D::int16 ? 2 : 1; }},
      {{"L2_NORMALIZATION"}, [](const Signature& s) { return s.out() == D::int8 ? 2 : 1; }},
      {{"SQUEEZE"}, [](const Signature& s) { return s.in(0) == D::string ? 2 : 1; }},
      {{"TILE"}, [](const Signature& s) { return s.in(0) == D::int8     ? 3
                                                 : s.in(0) == D::string ? 2
                                                                        : 1; }},
      {{"REVERSE_V2"},
       [](const Signature& s) { return s.in(0) == D::int8      ? 3
                                       : s.in(0) == D::boolean ? 2
                                                               : 1; }},
      {{"ARG_MAX", "ARG_MIN"}, [](const Signature& s) { return s.in(0) == D::boolean ? 3 : int8_2(s); }},
      {{"UNPACK"},
       [](const Signature& s) {
         return s.in(0) == D::int16 ? 4 : s.in(0) == D::boolean ? 3 : is_byte(s.in(0)) ? 2 : 1;
       }},
      {{"SPLIT"},
       [](const Signature& s) {
         return s.in(1) == D::int16 ? 4 : s.in(1) == D::int32 ? 3 : s.in(1) == D::int8 ? 2 : 1;
       }},
      {{"SLICE"},
       [](const Signature& s) { return s.rank(0) > 4          ? 5
                                       : s.in(0) == D::string ? 3
                                                              : int8_2_int16_4(s); }},
      {{"PAD", "PADV2"}, [](const Signature& s) { return s.rank(0) > 4 ? 4 : int8_2_int16_3(s); }},
      {{"SELECT"},
       [](const Signature& s) { return std::max(s.largest_rank(), s.rank(2)) > 4 ? 3 : int8_2(s); }},
      {{"MAXIMUM", "MINIMUM"},
       [](const Signature& s) {
         return s.in(0) != D::int16 && s.broadcasts_above_rank_4() ? 3 : int8_2_int16_4(s);
       }},
      {{"SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND"},
       [](const Signature& s) { return s.rank(0) != 4 ? 3 : int8_2(s); }},
      {{"FLOOR_DIV"},
       [](const Signature& s) {
         return s.in(0) == D::int16 || s.in(0) == D::int8 ? 3 : s.in(0) == D::float32 ? 2 : 1;
       }},
      {{"FLOOR_MOD", "EXP", "REDUCE_PROD", "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5"},
       [](const Signature& s) { return s.in(0) == D::int16 || s.in(0) == D::int8 ? 2 : 1; }},
      {{"BROADCAST_TO"},
       [](const Signature& s) { return s.in(0) == D::int16 || s.in(0) == D::int8 ? 3 : 2; }},
      {{"SPARSE_TO_DENSE"},
       [](const Signature& s) { return is_byte(s.in(2))      ? 3
                                       : s.in(2) == D::int64 ? 2
                                                             : 1; }},
      {{"EQUAL"},
       [](const Signature& s) { return s.in(0) == D::int16    ? 4
                                       : s.in(0) == D::string ? 3
                                                              : int8_2(s); }},
      {{"NOT_EQUAL"}, [](const Signature& s) { return s.in(0) == D::string ? 3 : int8_2(s); }},
      {{"MAX_POOL_2D", "AVERAGE_POOL_2D", "PACK", "TANH", "LOGISTIC", "CONCATENATION", "SOFTMAX", "MEAN",
        "MIRROR_PAD", "REDUCE_MAX", "REDUCE_MIN", "RELU6", "LESS", "GREATER_EQUAL"},
       int8_2_int16_3},
      {{"SPACE_TO_DEPTH", "SPLIT_V", "SUM", "LOG_SOFTMAX", "TOPK_V2", "GREATER", "LESS_EQUAL", "RSQRT",
        "SQUARED_DIFFERENCE", "DEPTH_TO_SPACE"},
       int8_2},
  };
  return table;
}

}  // namespace

int32_t operator_version(const Node& node) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, Rule> map;
    for (const Row& row : rows())
      for (const std::string_view name : row.operators) map[name] = row.version;
    return map;
  }();
  const auto found = by_name.find(node.op().name());
  return found == by_name.end() ? 1 : found->second(Signature{node});
}

}  // namespace modelconv::tflite
