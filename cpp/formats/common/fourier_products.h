// Fourier transforms as products with matrices of cosines and sines, for targets that have no complex numbers.
#pragma once

#include "formats/common/mapping.h"

namespace modelconv::formula {

void lower_dft(Translation& t);   // of known length; no inverse of half a spectrum
void lower_stft(Translation& t);  // known length of frames

}  // namespace modelconv::formula
