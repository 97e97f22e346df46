#include "formats/tensorflow/control_flow/regions.h"

#include <algorithm>
#include <unordered_set>

namespace modelconv::tensorflow {
namespace {

constexpr size_t kDeepestNesting = 100;

std::string_view frame_name(const FlatNode& enter) {
  for (const auto& [name, value] : enter.attrs)
    if (name == "frame_name") return decode_string(value);
  return {};
}

size_t key_of(const TensorRef& ref) { return ref.node * 100'000 + ref.port; }

}  // namespace

bool is_op(const FlatNode& node, std::string_view op) {
  return !node.cut && (node.op == op || (node.op.starts_with("Ref") && node.op.substr(3) == op));
}

bool closes_loop(const FlatNode& from, const FlatNode& to) {
  return is_op(to, "Merge") && is_op(from, "NextIteration");
}

bool Region::is_inside(const Region& outer) const {
  for (const Region* region = this; region; region = region->parent)
    if (region == &outer) return true;
  return false;
}

Regions::Regions(const FlatGraph& flat, const std::vector<size_t>& order)
    : flat_(flat), region_(flat.nodes.size()) {
  regions_.emplace_back();
  // A loop's depth is that of its deepest input, which may come late: then everything inside is placed again.
  for (size_t round = 0;; ++round) {
    moved_ = false;
    place_nodes(order, false);
    if (!moved_ || round == kDeepestNesting) break;
  }
  place_nodes(order, true);
  collect_variables();
  collect_conditionals(order);
}

void Regions::refuse(size_t node, const std::string& reason) const {
  const FlatNode& at = flat_.nodes[node];
  throw UnsupportedOpError("reading TensorFlow control flow",
                           {{"tf." + std::string(at.op), {at.name}, reason}});
}

void Regions::place_nodes(const std::vector<size_t>& order, bool last_try) {
  for (const size_t node : order) region_[node] = place(node, last_try);
}

Region* Regions::place(size_t node, bool last_try) {
  const FlatNode& at = flat_.nodes[node];
  Region* joined = &regions_.front();
  std::vector<Region*> sources;
  for (const TensorRef& input : at.inputs)
    if (!closes_loop(flat_.nodes[input.node], at)) sources.push_back(&region_of(input));
  for (const TensorRef& control : at.controls) sources.push_back(&region_of(control));
  if (is_op(at, "Merge") && !is_loop_merge(node)) {
    // Behind a condition: where the deepest input stands, one level out.
    Region* deepest = joined;
    for (Region* source : sources)
      if (source->is_inside(*deepest)) deepest = source;
    if (deepest->kind != Region::Kind::branch) {
      if (last_try) refuse(node, "its inputs do not come from the two branches of one Switch");
      return deepest;
    }
    return deepest->parent;
  }
  for (Region* source : sources) joined = join(joined, source, node, last_try);
  if (is_op(at, "Enter")) return &frame_of(node, *joined);
  return joined;
}

Region* Regions::join(Region* a, Region* b, size_t node, bool last_try) const {
  if (b->is_inside(*a)) return b;
  if (a->is_inside(*b) || !last_try) return a;
  refuse(node, "its inputs come from different branches or loops");
}

// The loop of an Enter; a loop is as deep as the deepest value that enters it.
Region& Regions::frame_of(size_t enter, Region& parent) {
  const FlatNode& node = flat_.nodes[enter];
  Region*& frame = frames_[{std::string(frame_name(node)), node.call}];
  if (!frame) {
    frame = &regions_.emplace_back();
    frame->kind = Region::Kind::loop;
    frame->name = frame_name(node);
    frame->parent = &parent;
  }
  if (parent.is_inside(*frame)) refuse(enter, "a loop enters itself");
  if (&parent != frame->parent && parent.is_inside(*frame->parent)) {
    frame->parent = &parent;
    moved_ = true;
  }
  return *frame;
}

Region& Regions::branch(Region& parent, TensorRef predicate, size_t side) {
  Region*& region = branches_[{&parent, predicate.node, predicate.port, side}];
  if (!region) {
    region = &regions_.emplace_back();
    region->kind = Region::Kind::branch;
    region->parent = &parent;
    region->predicate = predicate;
    region->side = side;
    ENSURE(regions_.size() <= 20 * flat_.nodes.size() + 100, MalformedModelError,
           "the branches of this graph do not come to an end");
  }
  return *region;
}

TensorRef Regions::through_identities(TensorRef ref) const {
  for (size_t hops = 0; hops < flat_.nodes.size(); ++hops) {
    const FlatNode& node = flat_.nodes[ref.node];
    if (node.cut || node.op != "Identity" || node.inputs.empty()) break;
    ref = node.inputs[0];
  }
  return ref;
}

bool Regions::is_loop_switch(size_t node) const {
  const FlatNode& at = flat_.nodes[node];
  return is_op(at, "Switch") && at.inputs.size() == 2 &&
         is_op(flat_.nodes[through_identities(at.inputs[1]).node], "LoopCond");
}

bool Regions::is_loop_merge(size_t node) const {
  const FlatNode& at = flat_.nodes[node];
  return is_op(at, "Merge") && std::any_of(at.inputs.begin(), at.inputs.end(), [&](const TensorRef& input) {
           return is_op(flat_.nodes[input.node], "NextIteration");
         });
}

Region& Regions::region_of(const TensorRef& ref) const {
  const FlatNode& node = flat_.nodes[ref.node];
  Region* region = region_[ref.node];
  if (is_op(node, "Exit")) return region->parent ? *region->parent : *region;
  if (is_op(node, "Switch") && node.inputs.size() == 2 && !is_loop_switch(ref.node))
    return const_cast<Regions*>(this)->branch(*region, through_identities(node.inputs[1]), ref.port);
  return *region;
}

TensorRef Regions::resolve(TensorRef ref) const {
  for (size_t hops = 0; hops <= flat_.nodes.size(); ++hops) {
    const FlatNode& node = flat_.nodes[ref.node];
    if (node.inputs.empty()) return ref;
    const bool hands_on = is_op(node, "Enter") || (is_op(node, "Switch") && !is_loop_switch(ref.node));
    if (!hands_on) return ref;
    ref = node.inputs[0];
  }
  refuse(ref.node, "it needs its own result");
}

void Regions::collect_variables() {
  std::map<size_t, size_t> place_of_merge;  // -> place in its loop's variables
  for (size_t i = 0; i < flat_.nodes.size(); ++i) {
    const FlatNode& node = flat_.nodes[i];
    if (is_op(node, "LoopCond") && !node.inputs.empty()) {
      Region& loop = *region_[i];
      if (loop.kind != Region::Kind::loop || loop.condition)
        refuse(i, "it is not the one condition of a loop");
      loop.condition = node.inputs[0];
    }
    if (!is_loop_merge(i)) continue;
    Region& loop = *region_[i];
    if (loop.kind != Region::Kind::loop || node.inputs.size() != 2)
      refuse(i, "it is not at the head of a loop");
    LoopVariable variable;
    variable.merge = i;
    for (const TensorRef& input : node.inputs) {
      const FlatNode& source = flat_.nodes[input.node];
      if (source.inputs.empty() || (!is_op(source, "Enter") && !is_op(source, "NextIteration")))
        refuse(i, "its inputs are not an Enter and a NextIteration");
      (is_op(source, "Enter") ? variable.initial : variable.next) = source.inputs[0];
    }
    place_of_merge[i] = loop.variables.size();
    loop.variables.push_back(variable);
  }
  const auto variable_of = [&](size_t merge) -> LoopVariable* {
    const auto place = place_of_merge.find(merge);
    return place == place_of_merge.end() ? nullptr : &region_[merge]->variables[place->second];
  };
  for (size_t i = 0; i < flat_.nodes.size(); ++i) {
    if (!is_loop_switch(i)) continue;
    LoopVariable* variable = variable_of(flat_.nodes[i].inputs[0].node);
    if (!variable) refuse(i, "what it switches is not a variable of the loop");
    variable->select = i;
  }
  for (size_t i = 0; i < flat_.nodes.size(); ++i) {
    const FlatNode& node = flat_.nodes[i];
    if (!is_op(node, "Exit")) continue;
    LoopVariable* variable = nullptr;
    if (!node.inputs.empty() && is_loop_switch(node.inputs[0].node))
      variable = variable_of(flat_.nodes[node.inputs[0].node].inputs[0].node);
    if (!variable || region_[i]->kind != Region::Kind::loop)
      refuse(i, "what leaves the loop is none of its variables");
    if (!variable->exit) variable->exit = i;
    variable->exits.push_back(i);
  }
}

bool Regions::changes(const LoopVariable& variable) const {
  const TensorRef next = through_identities(variable.next);
  return !(variable.select && next.node == *variable.select) && next.node != variable.merge;
}

void Regions::merge_sides(size_t merge, Conditional& conditional) const {
  const FlatNode& node = flat_.nodes[merge];
  if (node.inputs.size() != 2) refuse(merge, fmt::format("it merges {} values, not two", node.inputs.size()));
  Region* sides[2] = {&region_of(node.inputs[0]), &region_of(node.inputs[1])};
  const size_t deep = sides[0]->is_inside(*sides[1]) || !sides[1]->is_inside(*sides[0]) ? 0 : 1;
  Region& known = *sides[deep];
  if (known.kind != Region::Kind::branch || known.parent != region_[merge])
    refuse(merge, "its inputs do not come from the two branches of one Switch");
  Region& other = *sides[1 - deep];
  const bool is_opposite = other.kind == Region::Kind::branch && other.parent == known.parent &&
                           key_of(other.predicate) == key_of(known.predicate) && other.side != known.side;
  if (!is_opposite && !region_[merge]->is_inside(other))
    refuse(merge, "its inputs come from branches of different conditions");
  conditional.region = region_[merge];
  conditional.predicate = known.predicate;
  conditional.sides[known.side] = &known;
  if (is_opposite) conditional.sides[other.side] = &other;
  conditional.merges = {merge};
  conditional.results[known.side] = {node.inputs[deep]};
  conditional.results[1 - known.side] = {node.inputs[1 - deep]};
}

// Merges of one predicate become one If, unless one needs the other.
void Regions::collect_conditionals(const std::vector<size_t>& order) {
  using Key = std::tuple<Region*, size_t>;
  std::map<Key, std::vector<Conditional>> groups;
  for (const size_t i : order) {
    if (!is_op(flat_.nodes[i], "Merge") || is_loop_merge(i)) continue;
    Conditional one;
    merge_sides(i, one);
    groups[{one.region, key_of(one.predicate)}].push_back(std::move(one));
  }
  for (auto& [key, group] : groups) {
    std::vector<size_t> level(flat_.nodes.size(), 0);
    if (group.size() > 1 && groups.size() <= 200) {
      std::unordered_set<size_t> members;
      for (const Conditional& one : group) members.insert(one.merges[0]);
      for (const size_t i : order) {
        for (const TensorRef& input : flat_.nodes[i].inputs) level[i] = std::max(level[i], level[input.node]);
        if (members.contains(i)) ++level[i];
      }
    } else {
      for (size_t i = 0; i < group.size(); ++i) level[group[i].merges[0]] = i;
    }
    std::map<size_t, Conditional> by_level;
    for (Conditional& one : group) {
      auto [found, is_new] = by_level.try_emplace(level[one.merges[0]], one);
      if (is_new) continue;
      found->second.merges.push_back(one.merges[0]);
      for (const size_t side : {0, 1}) {
        found->second.results[side].push_back(one.results[side][0]);
        if (!found->second.sides[side]) found->second.sides[side] = one.sides[side];
      }
    }
    for (auto& [number, conditional] : by_level) {
      for (const size_t merge : conditional.merges) conditional_of_[merge] = conditionals_.size();
      conditionals_.push_back(std::move(conditional));
    }
  }
}

std::vector<TensorRef> Regions::captured(std::vector<TensorRef> pending,
                                         const std::vector<const Region*>& inside) const {
  std::vector<TensorRef> outside;
  std::unordered_set<size_t> seen;
  while (!pending.empty()) {
    const TensorRef ref = resolve(pending.back());
    pending.pop_back();
    if (!seen.insert(key_of(ref)).second) continue;
    const Region& region = region_of(ref);
    if (std::none_of(inside.begin(), inside.end(),
                     [&](const Region* r) { return r && region.is_inside(*r); })) {
      outside.push_back(ref);
      continue;
    }
    const FlatNode& node = flat_.nodes[ref.node];
    if (is_op(node, "Exit")) {
      const Region& loop = *region_[ref.node];
      for (const LoopVariable& variable : loop.variables) {
        pending.push_back(variable.initial);
        pending.push_back(variable.next);
      }
      if (loop.condition) pending.push_back(*loop.condition);
    }
    if (is_loop_merge(ref.node) || is_loop_switch(ref.node)) continue;
    if (is_op(node, "Merge")) pending.push_back(conditional_of(ref.node).predicate);
    for (const TensorRef& input : node.inputs) pending.push_back(input);
  }
  return outside;
}

std::vector<TensorRef> Regions::captured_by(Region& loop) const {
  std::vector<TensorRef> wanted;
  for (const LoopVariable& variable : loop.variables) {
    wanted.push_back(variable.initial);
    wanted.push_back(variable.next);
  }
  if (loop.condition) wanted.push_back(*loop.condition);
  return captured(std::move(wanted), {&loop});
}

std::vector<TensorRef> Regions::captured_by(const Conditional& conditional) const {
  std::vector<TensorRef> wanted = conditional.results[0];
  wanted.insert(wanted.end(), conditional.results[1].begin(), conditional.results[1].end());
  wanted.push_back(conditional.predicate);
  return captured(std::move(wanted), {conditional.sides[0], conditional.sides[1]});
}

}  // namespace modelconv::tensorflow
