// RotaryEmbedding: pairs of a head's elements turned by an angle that grows with the position.
#include "ops/all_ops.h"
#include "ops/visit_types.h"

namespace modelconv {
namespace {

struct Layout {
  int64_t batch, length, heads, size;
  bool heads_first;  // [batch, heads, length, size]; else [batch, length, heads * size]
  int64_t offset(int64_t b, int64_t place, int64_t head) const {
    return heads_first ? ((b * heads + head) * length + place) * size
                       : ((b * length + place) * heads + head) * size;
  }
};

Layout read_layout(const KernelContext& context) {
  const Dims& x = context.input(0).dims();
  if (x.size() == 4) return {x[0], x[2], x[1], x[3], true};
  if (x.size() != 3) context.fail("the input has {} axes, not 3 or 4", x.size());
  const int64_t heads = int_attr(context.node(), "num_heads");
  if (heads < 1 || x[2] % heads != 0) context.fail("{} elements in {} heads", x[2], heads);
  return {x[0], x[1], heads, x[2] / heads, false};
}

// Row of the caches for each batch and place.
std::vector<int64_t> cache_rows(const KernelContext& context, const Layout& layout, int64_t turned) {
  const Dims& cache = context.input(1).dims();
  if (context.input(2).dims() != cache) context.fail("the caches differ in shape");
  std::vector<int64_t> rows;
  if (!context.has_input(3)) {
    if (cache != Dims{layout.batch, layout.length, turned / 2})
      context.fail("caches of {} do not fit", to_string(cache));
    for (int64_t i = 0; i < layout.batch * layout.length; ++i) rows.push_back(i);
    return rows;
  }
  if (cache.size() != 2 || cache[1] != turned / 2) context.fail("caches of {} do not fit", to_string(cache));
  if (context.input(3).dims() != Dims{layout.batch, layout.length}) context.fail("positions do not fit");
  rows = context.input(3).to_int64();
  for (int64_t row : rows)
    if (row < 0 || row >= cache[0]) context.fail("position {} in a cache of {}", row, cache[0]);
  return rows;
}

template <class T>
void rotate(KernelContext& context) {
  const Layout layout = read_layout(context);
  const int64_t given = int_attr(context.node(), "rotary_embedding_dim"),
                turned = given == 0 ? layout.size : given;
  if (turned < 0 || turned > layout.size || turned % 2 != 0)
    context.fail("{} elements of {} to turn", turned, layout.size);
  const bool interleaved = int_attr(context.node(), "interleaved") != 0;
  const std::vector<int64_t> rows = cache_rows(context, layout, turned);
  const T *x = context.input(0).data<T>().data(), *cosines = context.input(1).data<T>().data(),
          *sines = context.input(2).data<T>().data();
  T* y = context.allocate(0, dtype_of<T>, context.input(0).dims()).template mutable_data<T>().data();
  const int64_t half = turned / 2, step = interleaved ? 2 : 1, distance = interleaved ? 1 : half;
  context.threads().parallel_for(layout.batch * layout.length, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T *cosine = cosines + rows[static_cast<size_t>(i)] * half,
              *sine = sines + rows[static_cast<size_t>(i)] * half;
      for (int64_t head = 0; head < layout.heads; ++head) {
        const int64_t at = layout.offset(i / layout.length, i % layout.length, head);
        for (int64_t k = 0; k < half; ++k) {
          const T a = x[at + k * step], b = x[at + k * step + distance];
          y[at + k * step] = cosine[k] * a - sine[k] * b;
          y[at + k * step + distance] = sine[k] * a + cosine[k] * b;
        }
        for (int64_t k = turned; k < layout.size; ++k) y[at + k] = x[at + k];
      }
    }
  });
}

void run_rotary(KernelContext& context) {
  for (size_t i : {1, 2})
    if (context.input(i).dtype() != context.input(0).dtype()) context.fail("inputs of different types");
  visit_types(context, context.input(0).dtype(), [&]<class T>(T) { rotate<T>(context); }, FloatTypes());
}

}  // namespace

OpDefs rotary_embedding_ops() {
  return {OpDef("RotaryEmbedding").infer(infer_same_as_first).evaluate(run_rotary).widen_half()};
}

}  // namespace modelconv
