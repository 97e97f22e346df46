// Complex numbers: pairs of real ones in a last axis of their own, between the operators of this file only.
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/ops/attributes.h"

namespace modelconv::tflite {
namespace {

Term part(const Term& x, int64_t which) { return squeeze(slice(x, -1, which, which + 1), {-1}); }

void raise_real(Translation& t) { set_output(t, 0, part(input(t, 0), 0)); }
void raise_imag(Translation& t) { set_output(t, 0, part(input(t, 0), 1)); }
void raise_complex_abs(Translation& t) { set_output(t, 0, reduce("ReduceL2", input(t, 0), {-1})); }

// Along the columns of real numbers, of which one half says all; then along the rows.
void raise_rfft2d(Translation& t) {
  const auto lengths = t.constant_ints(1, "the lengths");
  ENSURE(lengths.size() == 2 && lengths[0] > 0 && lengths[1] > 0, MalformedModelError,
         "its lengths are not two");
  const auto rank = static_cast<int64_t>(t.rank(0));
  if (rank < 2) t.refuse("its input has rank {}", rank);
  const auto transform = [&](const Term& x, int64_t length, int64_t axis, bool half) {
    return compute("DFT",
                   {x, number(t, DType::int64, static_cast<double>(length)),
                    number(t, DType::int64, static_cast<double>(axis))},
                   {{"onesided", int64_t{half}}});
  };
  const Term rows = transform(unsqueeze(input(t, 0), {-1}), lengths[1], rank - 1, true);
  set_output(t, 0, transform(rows, lengths[0], rank - 2, false));
}

}  // namespace

OpMappings complex_ops() {
  const std::string note = "of RFFT2D's result";
  return {
      {"tflite.COMPLEX_ABS", "ReduceL2", raise_complex_abs, nullptr, note},
      {"tflite.IMAG", "Slice", raise_imag, nullptr, note},
      {"tflite.REAL", "Slice", raise_real, nullptr, note},
      {"tflite.RFFT2D", "DFT", raise_rfft2d, nullptr, "result used by COMPLEX_ABS, IMAG and REAL"},
  };
}

}  // namespace modelconv::tflite
