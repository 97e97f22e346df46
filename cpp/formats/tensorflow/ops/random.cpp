// Random numbers. ONNX's generators are not TensorFlow's: the distribution is the same, the numbers are not.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

// Both seeds zero: another sequence each time.
void set_seed(const Translation& t, Attrs& attrs) {
  const int64_t seed = int_of(t, "seed", 0), second = int_of(t, "seed2", 0);
  if (seed != 0 || second != 0) attrs.set("seed", static_cast<float>((seed ^ second) & 0xFFFFFF));
}

Term random(Translation& t, const char* op, const Term& shape, DType dtype) {
  Attrs attrs = {{"dtype", static_cast<int64_t>(dtype)}};
  set_seed(t, attrs);
  return compute(op, {filled(shape, dtype, 0)}, attrs);
}

void raise_uniform(Translation& t) {
  set_output(t, 0, random(t, "RandomUniformLike", index_input(t, 0), type_of(t, "dtype", DType::float32)));
}

void raise_normal(Translation& t) {
  set_output(t, 0, random(t, "RandomNormalLike", index_input(t, 0), type_of(t, "dtype", DType::float32)));
}

// Whole numbers from the lowest to one below the highest. Halves of the interval [0, 1) lie on both sides of rounding, so
// that the largest value may come out as the limit: it is kept below.
void raise_uniform_int(Translation& t) {
  const Term low = index_input(t, 1), high = index_input(t, 2);
  const Term unit = random(t, "RandomUniformLike", index_input(t, 0), DType::float64);
  const Term drawn = low + cast(compute("Floor", {unit * cast(high - low, DType::float64)}), DType::int64);
  set_output(t, 0, cast(minimum(drawn, high - 1.0), type_of(t, "Tout", DType::int32)));
}

// Rows in the order of random keys.
void raise_shuffle(Translation& t) {
  const Term x = input(t, 0), count = size_of(x, 0);
  const Term keys = random(t, "RandomUniformLike", count, DType::float32);
  Node& order = t.add_node("TopK", {&keys.value(), &count.value()}, {{"axis", int64_t{0}}}, 2);
  set_output(t, 0, gather(x, {t, *order.output(1)}));
}

void raise_multinomial(Translation& t) {
  const auto count = t.constant_ints(1, "the number of samples");
  ENSURE(count.size() == 1, MalformedModelError, "the number of samples is given as {} numbers",
         count.size());
  const DType type = type_of(t, "output_dtype", DType::int64);
  Attrs attrs = {{"sample_size", count[0]}, {"dtype", static_cast<int64_t>(DType::int64)}};
  set_seed(t, attrs);
  set_output(t, 0, cast(compute("Multinomial", {input(t, 0)}, attrs), type));
}

}  // namespace

OpMappings random_ops() {
  const std::string note = "the same distribution, other numbers";
  return {
      {"tf.Multinomial", "Multinomial", raise_multinomial, nullptr, "constant number of samples; " + note},
      {"tf.RandomShuffle", "TopK", raise_shuffle, nullptr, "another order"},
      {"tf.RandomStandardNormal", "RandomNormalLike", raise_normal, nullptr, note},
      {"tf.RandomUniform", "RandomUniformLike", raise_uniform, nullptr, note},
      {"tf.RandomUniformInt", "RandomUniformLike", raise_uniform_int, nullptr, note},
  };
}

}  // namespace modelconv::tensorflow
