// Random numbers: the same distributions, other numbers than ONNX Runtime's, which are not those of other runtimes either.
#include <cmath>

#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

float float_or(const Translation& t, const char* name, float fallback) {
  return t.node().attrs.get_or<float>(name, fallback);
}

// TensorFlow draws anew each time where both seeds are 0.
Attrs drawing(const Translation& t, DType dtype) {
  const auto seed = static_cast<int64_t>(std::fabs(float_or(t, "seed", 0)));
  return {{"dtype", Type::tensor(dtype)}, {"seed", seed}, {"seed2", seed}};
}

DType drawn_type(DType dtype) { return is_float(dtype) ? dtype : DType::float32; }

void draw_uniform(Translation& t, const Term& shape, DType dtype) {
  const double low = double{float_or(t, "low", 0)}, high = double{float_or(t, "high", 1)};
  const Term drawn = compute("tf.RandomUniform", {shape}, drawing(t, drawn_type(dtype)));
  set_output(t, 0, cast(drawn * (high - low) + low, dtype));
}

void draw_normal(Translation& t, const Term& shape, DType dtype) {
  const Term drawn = compute("tf.RandomStandardNormal", {shape}, drawing(t, drawn_type(dtype)));
  set_output(t, 0, cast(drawn * double{float_or(t, "scale", 1)} + double{float_or(t, "mean", 0)}, dtype));
}

Term given_shape(Translation& t) { return numbers(t, ints_attr(t.node(), "shape")); }
DType given_type(const Translation& t) { return optional_dtype(t.node(), "dtype").value_or(DType::float32); }
DType type_like(Translation& t) { return optional_dtype(t.node(), "dtype").value_or(t.required(0).dtype()); }

void lower_uniform(Translation& t) { draw_uniform(t, given_shape(t), given_type(t)); }
void lower_normal(Translation& t) { draw_normal(t, given_shape(t), given_type(t)); }
void lower_uniform_like(Translation& t) { draw_uniform(t, shape_of(input(t, 0)), type_like(t)); }
void lower_normal_like(Translation& t) { draw_normal(t, shape_of(input(t, 0)), type_like(t)); }

void lower_bernoulli(Translation& t) {
  const Term p = input(t, 0);
  const Term drawn = compute("tf.RandomUniform", {shape_of(p)}, drawing(t, p.dtype()));
  set_output(t, 0, cast(drawn < p, type_like(t)));
}

void lower_multinomial(Translation& t) {
  const auto seed = static_cast<int64_t>(std::fabs(float_or(t, "seed", 0)));
  const Term count = number(t, DType::int32, static_cast<double>(int_attr(t.node(), "sample_size")));
  const DType dtype = dtype_attr(t.node(), "dtype");
  set_output(t, 0,
             compute("tf.Multinomial", {input(t, 0), count},
                     {{"seed", seed}, {"seed2", seed}, {"output_dtype", Type::tensor(dtype)}}));
}

}  // namespace

OpMappings lower_random() {
  return {
      {"tf.RandomUniform", "RandomUniform", nullptr, lower_uniform, ""},
      {"tf.RandomUniform", "RandomUniformLike", nullptr, lower_uniform_like, ""},
      {"tf.RandomStandardNormal", "RandomNormal", nullptr, lower_normal, ""},
      {"tf.RandomStandardNormal", "RandomNormalLike", nullptr, lower_normal_like, ""},
      {"tf.RandomUniform", "Bernoulli", nullptr, lower_bernoulli, ""},
      {"tf.Multinomial", "Multinomial", nullptr, lower_multinomial, ""},
  };
}

}  // namespace modelconv::tensorflow
