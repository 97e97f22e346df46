// What is computed with formulas of other operators that several formats share: samples, boxes, spectra.
#include "formats/common/sampling.h"

#include <cmath>
#include <limits>

#include "formats/common/fourier_products.h"
#include "formats/common/suppression.h"
#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/emit.h"

namespace modelconv::tflite {
namespace {

using formula::Term;

// LiteRT drops boxes that overlap as much as the limit says, ONNX those that overlap more.
Term just_above(const Term& limit) {
  Translation& t = limit.translation();
  const Value& value = limit.value();
  if (!value.is_constant()) return limit * (1 + 1e-7);
  const auto known = static_cast<float>(value.constant().to_double().at(0));
  return {t, t.constant(Tensor::scalar(std::nextafter(known, std::numeric_limits<float>::infinity())))};
}

// Numbers behind those that count are zeros.
Term choose(const Term& boxes, const Term& scores, const formula::Suppression& limits) {
  Translation& t = boxes.translation();
  Node& node = t.add_node("tflite.NON_MAX_SUPPRESSION_V4",
                          {&boxes.value(), &scores.value(), &limits.most.value(),
                           &just_above(limits.overlap).value(), &limits.least.value()},
                          {}, 2);
  node.output(0)->type = Type::tensor(DType::int32, Shape::of_rank(1));
  node.output(1)->type = Type::tensor(DType::int32, Shape::of({}));
  const Term count = formula::reshape(Term(t, *node.output(1)), {1});
  return formula::slice(Term(t, *node.output(0)), 0, formula::numbers(t, {0}),
                        formula::cast(count, DType::int64));
}

void lower_non_max_suppression(Translation& t) { formula::lower_suppression(t, choose); }

}  // namespace

OpMappings lower_sampling() {
  return {
      {"tflite.GATHER", "nhwc.GridSample", nullptr, formula::lower_grid_sample, "cubic: two spatial axes"},
      {"tflite.SCATTER_ND", "nhwc.MaxUnpool", nullptr, formula::lower_max_unpool, "known sizes"},
      {"tflite.GATHER", "nhwc.RoiAlign", nullptr, formula::lower_roi_align,
       "mode avg, fixed number of samples"},
      {"tflite.NON_MAX_SUPPRESSION_V4", "NonMaxSuppression", nullptr, lower_non_max_suppression,
       "known numbers of images and classes"},
      {"tflite.FULLY_CONNECTED", "DFT", nullptr, formula::lower_dft,
       "known length; no inverse of half a spectrum"},
      {"tflite.FULLY_CONNECTED", "STFT", nullptr, formula::lower_stft, "known length of frames"},
  };
}

}  // namespace modelconv::tflite
