// Recurrent sections: the images or vectors of a batch are the steps of one sequence, as Darknet sees frames of a video one
// after the other. Source of the order of the weights: load_weights_upto in parser.c of github.com/AlexeyAB/darknet.
#include "formats/darknet/filters.h"

namespace modelconv::darknet {
namespace {

Filters read_recurrent_filters(Network& network, const char* filters_key, int64_t channels) {
  const Section& section = network.section();
  Filters filters = read_filters(network, filters_key, channels);
  filters.size = section.size("size", 3);
  filters.stride_y = filters.stride_x = section.size("stride", 1);
  filters.padding = section.flag("pad") ? filters.size / 2 : section.count("padding", 0);
  return filters;
}

void need_same_size(const Network& network, const Extent& a, const Extent& b) {
  if (a.h != b.h || a.w != b.w)
    network.section().fail("its convolutions change the size from {} to {}; a state cannot", b.str(),
                           a.str());
}

}  // namespace

void decode_rnn(Network& network) {
  const Section& section = network.section();
  const int64_t hidden = section.size("hidden", 1), outputs = section.size("output", 1);
  std::vector<Value*> inputs = {&network.previous()};
  append_connected(network, "input_", network.extent().count(), hidden, inputs);
  append_connected(network, "self_", hidden, hidden, inputs);
  Attrs attrs = append_connected(network, "output_", hidden, outputs, inputs);
  const int64_t logistic = section.integer("logistic", 0);
  attrs.set("self_activation", logistic == 2   ? std::string("loggy")
                               : logistic == 1 ? std::string("logistic")
                                               : section.text("activation", "logistic"));
  attrs.set("shortcut", int64_t{section.flag("shortcut")});
  attrs.set("hidden", hidden);
  network.add(inputs, std::move(attrs), {outputs, 1, 1});
}

void decode_lstm(Network& network) {
  const int64_t inputs = network.extent().count(), outputs = network.section().size("output", 1);
  std::vector<Value*> values = {&network.previous()};
  Attrs attrs;
  for (const char* gate : {"wf_", "wi_", "wg_", "wo_"})
    attrs = append_connected(network, gate, outputs, outputs, values);
  for (const char* gate : {"uf_", "ui_", "ug_", "uo_"})
    attrs = append_connected(network, gate, inputs, outputs, values);
  attrs.set("hidden", outputs);
  network.add(values, std::move(attrs), {outputs, 1, 1});
}

void decode_gru(Network& network) {
  const int64_t inputs = network.extent().count(), outputs = network.section().size("output", 1);
  std::vector<Value*> values = {&network.previous()};
  Attrs attrs;
  for (const char* gate : {"input_z_", "input_r_", "input_h_"})
    attrs = append_connected(network, gate, inputs, outputs, values);
  for (const char* gate : {"state_z_", "state_r_", "state_h_"})
    attrs = append_connected(network, gate, outputs, outputs, values);
  attrs.set("hidden", outputs);
  attrs.set("tanh", int64_t{network.section().flag("tanh")});  // of the first Darknet; off there too
  network.add(values, std::move(attrs), {outputs, 1, 1});
}

void decode_crnn(Network& network) {
  const Section& section = network.section();
  const Extent& image = network.extent();
  const Filters first = read_recurrent_filters(network, "hidden", image.c);
  const Filters self = read_recurrent_filters(network, "hidden", first.filters);
  const Filters last = read_recurrent_filters(network, "output", first.filters);
  const Extent state = first.output(image), output = last.output(state);
  need_same_size(network, state, image);
  std::vector<Value*> inputs = {&network.previous()};
  first.append_weights(network, "input_", inputs);
  self.append_weights(network, "self_", inputs);
  last.append_weights(network, "output_", inputs);
  Attrs attrs = last.attrs(network);
  attrs.set("shortcut", int64_t{section.flag("shortcut")});
  attrs.set("state", std::vector<int64_t>{state.c, state.h, state.w});
  network.add(inputs, std::move(attrs), output);
}

void decode_conv_lstm(Network& network) {
  const Section& section = network.section();
  const Extent& image = network.extent();
  const bool peephole = section.flag("peephole"), bottleneck = section.flag("bottleneck");
  Filters u = read_recurrent_filters(network, "output", image.c);
  u.activation = section.text("activation", "linear");
  Filters w = u, v = u;
  w.channels = bottleneck ? 2 * u.filters : u.filters;
  v.channels = u.filters;
  if (bottleneck && image.c != u.filters)
    section.fail("bottleneck=1 wants as many channels ({}) as output={}", image.c, u.filters);
  need_same_size(network, u.output(image), image);
  std::vector<Value*> inputs = {&network.previous()};
  const auto append = [&](const Filters& filters, std::initializer_list<const char*> gates) {
    for (const char* gate : gates) filters.append_weights(network, gate, inputs);
  };
  if (peephole) append(v, {"vf_", "vi_", "vo_"});
  append(w, {"wf_"});
  if (!bottleneck) append(w, {"wi_", "wg_", "wo_"});
  append(u, {"uf_", "ui_", "ug_", "uo_"});
  Attrs attrs = u.attrs(network);
  attrs.set("peephole", int64_t{peephole});
  attrs.set("bottleneck", int64_t{bottleneck});
  attrs.set("shortcut", int64_t{section.flag("shortcut")});
  attrs.set("lstm_activation", section.text("lstm_activation", "tanh"));
  attrs.set("state_constrain",
            static_cast<float>(section.integer("state_constrain", 32)));  // 32 * time_steps
  attrs.set("state", std::vector<int64_t>{u.filters, image.h, image.w});
  network.add(inputs, std::move(attrs), u.output(image));
}

void decode_history(Network& network) {
  const int64_t size = network.section().size("history_size", 4);
  const Extent& image = network.extent();
  if (size > 64) network.section().fail("history_size={} is more than 64", size);
  network.add({&network.previous()}, {{"history_size", size}}, {image.c * size, image.h, image.w});
}

}  // namespace modelconv::darknet
