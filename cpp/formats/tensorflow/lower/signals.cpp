// Fourier transforms; patterns in text.
#include "formats/common/fourier_products.h"
#include "formats/tensorflow/lower/all_lowerings.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

void lower_regex_full_match(Translation& t) {
  const Term pattern = {t, t.constant(Tensor::scalar(string_attr(t.node(), "pattern")))};
  set_output(t, 0, compute("tf.RegexFullMatch", {input(t, 0), pattern}));
}

}  // namespace

OpMappings lower_signals() {
  return {
      {"tf.MatMul", "DFT", nullptr, formula::lower_dft, "known length; no inverse of half a spectrum"},
      {"tf.MatMul", "STFT", nullptr, formula::lower_stft, "known length of frames"},
      {"tf.RegexFullMatch", "RegexFullMatch", nullptr, lower_regex_full_match, ""},
  };
}

}  // namespace modelconv::tensorflow
