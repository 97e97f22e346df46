// What a beam search leaves: for each step the chosen ids and which beam of the step before each came from.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

// A Scan from the last step to the first that carries, for each final beam, the beam that it was in at that step.
Term follow_parents(const Term& ids, const Term& parents, const Term& beams) {
  Translation& t = ids.translation();
  if (ids.rank() != 3 || parents.rank() != 3) t.refuse("its ids have not three dimensions");
  const auto body = std::make_shared<Graph>("step", &t.graph());
  const auto step_type = [](const Term& x) {
    std::vector<Dim> dims = x.value().shape().dims();
    dims.erase(dims.begin());
    return Type::tensor(x.dtype(), Shape(dims));
  };
  Value& beam = body->add_input("beam", step_type(parents));
  Value& step_ids = body->add_input("ids", step_type(ids));
  Value& step_parents = body->add_input("parents", step_type(parents));
  const auto pick = [&](Value& from) -> Value& {
    Node& node = body->add_node("GatherElements", {&from, &beam}, {{"axis", int64_t{1}}}, {std::string()});
    infer_node(node);
    return *node.output();
  };
  body->add_output("next_beam", pick(step_parents));
  body->add_output("picked", pick(step_ids));
  Node& scan = t.add_node("Scan", {&beams.value(), &ids.value(), &parents.value()},
                          {{"body", GraphPtr(body)},
                           {"num_scan_inputs", int64_t{2}},
                           {"scan_input_directions", std::vector<int64_t>{1, 1}},
                           {"scan_output_directions", std::vector<int64_t>{1}}},
                          2);
  return {t, *scan.output(1)};
}

// step_ids, parent_ids [steps, batch, beams], sequence lengths [batch], end token. Behind its length, and behind its
// first end token, a beam has end tokens (tensorflow_addons/custom_ops/seq2seq/cc/kernels/beam_search_ops.cc).
void raise_gather_tree(Translation& t) {
  const Term ids = input(t, 0), parents = input(t, 1);
  const Term end = reshape(input(t, 3), std::vector<int64_t>{});
  const Term lengths = unsqueeze(index_input(t, 2), {0, 2});
  const Term is_inside = unsqueeze(range(size_of(ids, 0)), {1, 2}) < lengths;
  const Term own = cast(range(size_of(ids, 2)), parents.dtype());
  // Steps behind the length lead each beam to itself.
  const Term beams = follow_parents(where(is_inside, ids, end), where(is_inside, parents, own),
                                    expand(own, shape_from(ids, 1)));
  const Term ends = cast(equal(beams, end), DType::int64);
  set_output(t, 0, where(equal(cumulative_sum(ends, 0, true), 0.0), beams, end));
}

}  // namespace

OpMappings beam_search_ops() {
  return {
      {"tf.Addons>GatherTree", "Scan", raise_gather_tree, nullptr, ""},
      {"tf.GatherTree", "Scan", raise_gather_tree, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
