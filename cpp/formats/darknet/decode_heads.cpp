// Softmax, and the sections that end a detector. What each writes into its channels: entry_index of yolo_layer.c,
// gaussian_yolo_layer.c, region_layer.c and detection_layer.c of github.com/AlexeyAB/darknet.
#include <numeric>

#include "formats/darknet/network.h"
#include "formats/darknet/tree.h"

namespace modelconv::darknet {
namespace {

void set_tree(Network& network, int64_t classes, Attrs& attrs) {
  const Section& section = network.section();
  if (!section.has("tree")) return;
  const Tree tree = read_tree(section, network.settings().folders);
  if (static_cast<int64_t>(tree.parents.size()) != classes)
    section.fail("its tree has {} classes, the section {}", tree.parents.size(), classes);
  attrs.set("parents", tree.parents);
  attrs.set("group_sizes", tree.group_sizes);
}

void check_channels(const Network& network, int64_t anchors, int64_t entries, const char* key) {
  if (network.extent().c == anchors * entries) return;
  throw MalformedModelError(fmt::format("{}: it reads {} channels, the section before gives {}",
                                        network.section().describe(), anchors * entries, network.extent().c))
      .because(fmt::format("{} anchors ({}=) of {} numbers each", anchors, key, entries))
      .hint(fmt::format("set filters={} in the section before, or classes= here", anchors * entries));
}

// Widths and heights of the anchors in use. Missing ones are 0.5, as in Darknet.
std::vector<float> chosen_anchors(const Section& section, const std::vector<int64_t>& mask, int64_t total) {
  std::vector<float> all = section.numbers("anchors"), chosen;
  all.resize(static_cast<size_t>(total) * 2, 0.5F);
  for (const int64_t index : mask) {
    if (index < 0 || index >= total) section.fail("mask={} is none of num={} anchors", index, total);
    for (const int64_t i : {2 * index, 2 * index + 1}) chosen.push_back(all[static_cast<size_t>(i)]);
  }
  return chosen;
}

constexpr int64_t kMostAnchors = 4096;

void decode_masked(Network& network, int64_t box_entries, Attrs attrs) {
  const Section& section = network.section();
  const int64_t classes = section.size("classes", 20), total = section.size("num", 1);
  if (total > kMostAnchors) section.fail("num={} is more than {}", total, kMostAnchors);
  std::vector<int64_t> mask = section.integers("mask");
  const char* key = mask.empty() ? "num" : "mask";
  if (mask.empty()) {
    mask.resize(static_cast<size_t>(total));
    std::iota(mask.begin(), mask.end(), 0);
  }
  check_channels(network, static_cast<int64_t>(mask.size()), box_entries + 1 + classes, key);
  attrs.set("anchors", chosen_anchors(section, mask, total));
  attrs.set("classes", classes);
  attrs.set("scale_x_y", section.number("scale_x_y", 1));
  network.add_head(std::move(attrs));
}

}  // namespace

void decode_softmax(Network& network) {
  const Section& section = network.section();
  const int64_t groups = section.size("groups", 1), count = network.extent().count();
  const bool spatial = section.number("spatial", 0) != 0;
  if (count % groups != 0) section.fail("groups={} does not divide {}", groups, count);
  const float temperature = section.number("temperature", 1);
  if (temperature == 0) section.fail("temperature=0");
  Attrs attrs = {{"groups", groups}, {"temperature", temperature}, {"spatial", int64_t{spatial}}};
  set_tree(network, count, attrs);
  network.add({&network.previous()}, std::move(attrs), spatial ? network.extent() : Extent{count, 1, 1});
}

void decode_yolo(Network& network) {
  decode_masked(network, 4, {{"new_coords", int64_t{network.section().flag("new_coords")}}});
}

void decode_gaussian_yolo(Network& network) {
  decode_masked(network, 8, {{"yolo_point", network.section().text("yolo_point", "center")}});
}

void decode_region(Network& network) {
  const Section& section = network.section();
  const int64_t classes = section.size("classes", 20), anchors = section.size("num", 1);
  if (anchors > kMostAnchors) section.fail("num={} is more than {}", anchors, kMostAnchors);
  if (section.integer("coords", 4) != 4) section.fail("coords= other than 4 is not supported");
  check_channels(network, anchors, 5 + classes, "num");
  std::vector<int64_t> all(static_cast<size_t>(anchors));
  std::iota(all.begin(), all.end(), 0);
  Attrs attrs = {{"anchors", chosen_anchors(section, all, anchors)},
                 {"classes", classes},
                 {"softmax", int64_t{section.flag("softmax")}},
                 {"classfix", section.integer("classfix", 0)}};
  set_tree(network, classes, attrs);
  network.add_head(std::move(attrs));
}

void decode_detection(Network& network) {
  const Section& section = network.section();
  const int64_t classes = section.size("classes", 1), boxes = section.size("num", 1),
                side = section.size("side", 7);
  if (side > 4096 || boxes > kMostAnchors) section.fail("side={}, num={} are too many boxes", side, boxes);
  if (section.integer("coords", 1) != 4) section.fail("coords= other than 4 is not supported");
  if (section.flag("reorg")) section.fail("reorg=1 is not supported");
  const int64_t wanted = side * side * (classes + boxes * 5);
  if (network.extent().count() != wanted)
    section.fail("it reads {} numbers (side={}, classes={}, num={}), the section before gives {}", wanted,
                 side, classes, boxes, network.extent().count());
  network.add_head({{"side", side},
                    {"num", boxes},
                    {"classes", classes},
                    {"softmax", int64_t{section.flag("softmax")}},
                    {"sqrt", int64_t{section.flag("sqrt")}}});
}

}  // namespace modelconv::darknet
