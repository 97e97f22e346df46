// Discrete Fourier transforms of tensors whose last axis is the real and the imaginary part.
#pragma once

#include "formats/common/term.h"

namespace modelconv::formula {

// Along one axis. `length` (one element): cut off or filled up with zeros. The inverse divides by the length.
Term transform(const Term& x, int64_t axis, const Term* length, bool inverse, bool onesided);

// The half that a transform of real numbers leaves out along `axis` (counted from the end, as -2), put back: element i beyond
// the middle is the conjugate of element length - i.
Term complete_half(const Term& half, int64_t axis, const Term& length);

}  // namespace modelconv::formula
