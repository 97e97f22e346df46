#include "passes/fuse/batchnorm.h"

#include "ops/attributes.h"
#include "passes/fold/evaluate.h"

namespace modelconv {

std::variant<Affine, Outcome> affine_of_batchnorm(const Match& match, Patch& patch) {
  const Node& norm = match.root();
  if (int_attr(norm, "training_mode") != 0) return refuse("the normalisation is in training mode");
  for (size_t i = 1; i < norm.output_count(); ++i)
    if (norm.output(i) && !norm.output(i)->is_unused()) return refuse("its running statistics are used");
  for (const char* name : {"scale", "beta", "mean", "var"})
    if (match[name]->dtype() != match["w"]->dtype())
      return refuse("'{}' has another dtype than the weights", name);
  Value& epsilon = scalar_like(patch, *match["var"], float_attr(norm, "epsilon"));
  Value& deviation = fold(patch, "Sqrt", {&fold(patch, "Add", {match["var"], &epsilon})});
  Value& scale = fold(patch, "Div", {match["scale"], &deviation});
  Value& shift = fold(patch, "Sub", {match["beta"], &fold(patch, "Mul", {match["mean"], &scale})});
  return Affine{&scale, &shift};
}

}  // namespace modelconv
