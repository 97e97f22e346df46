// Sliding windows as TensorFlow says them: images are (N, spatial..., C), and one spatial axis is written as two.
#pragma once

#include "formats/tensorflow/ops/term.h"
#include "ops/window.h"

namespace modelconv::tensorflow {

// How the border is treated. Explicit amounts are used up by a Pad in front, or given to the operator where it takes them.
struct Border {
  std::string padding;                             // "VALID", "SAME" or "EXPLICIT"
  std::vector<int64_t> pads_begin, pads_end;       // of EXPLICIT
  std::vector<int64_t> explicit_paddings() const;  // a pair per axis of the image
};

// `x`: the image, channels last. ceil_mode is in the amounts: what it adds stands at the end.
Border border_of(const Translation& t, const Window& window, const Value& x);

// {1, values..., 1}, the order of axes of an image.
std::vector<int64_t> per_axis(const std::vector<int64_t>& spatial);

// Grown by elements of this value at the border.
Term pad_image(const Term& x, const Border& border, double value);

// An image of one spatial axis gets a second one, of size 1, in front of it.
Term as_plane(const Term& x);
Term as_line(const Term& x);
Window as_plane(const Window& window);

size_t spatial_rank(const Translation& t);

// The elements that a place of the window sees, one image per place: for windows that TensorFlow has no operator for.
std::vector<Term> window_taps(const Term& padded, const Window& window,
                              const std::vector<int64_t>& positions);

}  // namespace modelconv::tensorflow
