#include "formats/common/angle.h"

#include <numbers>

namespace modelconv::formula {

// The arc tangent of y / x is right on the right; half a turn is added on the left.
Term angle_of(const Term& y, const Term& x) {
  Translation& t = x.translation();
  const Term is_origin = both(equal(x, 0.0), equal(y, 0.0));
  const Term angle = compute("Atan", {y / where(is_origin, number(t, x.dtype(), 1), x)});
  const Term half = number(t, x.dtype(), std::numbers::pi);
  return where(x < 0.0, where(y < 0.0, angle - half, angle + half), angle);
}

}  // namespace modelconv::formula
