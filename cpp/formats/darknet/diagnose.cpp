#include "formats/darknet/diagnose.h"

#include <cmath>
#include <cstring>
#include <optional>

namespace modelconv::darknet {
namespace {

// A variance is a positive number. The first section whose variances are not says that the numbers before it are others
// than the .cfg thinks.
std::optional<int64_t> first_odd_variance(const WeightsFile& file,
                                          const std::vector<WeightRequest>& requests) {
  int64_t at = 0;
  for (const WeightRequest& request : requests) {
    const int64_t count = element_count(request.dims);
    if (count > file.float_count() - at) return std::nullopt;
    if (request.what.ends_with("variance"))
      for (const double value : file.view(at, {count}).to_double())
        if (!(value >= 0) || value > 1e12) return request.section;
    at += count;
  }
  return std::nullopt;
}

std::optional<int64_t> section_at_end(const WeightsFile& file, const std::vector<WeightRequest>& requests) {
  int64_t at = 0;
  for (const WeightRequest& request : requests) {
    at += element_count(request.dims);
    if (at > file.float_count()) return request.section;
  }
  return std::nullopt;
}

bool is_head(const std::string& type) {
  return type == "yolo" || type == "region" || type == "Gaussian_yolo";
}

// Floats that one more filter in section `index` takes there.
int64_t floats_per_filter(const std::vector<WeightRequest>& requests, int64_t index, int64_t filters) {
  int64_t count = 0;
  for (const WeightRequest& request : requests)
    if (request.section == index) count += element_count(request.dims);
  return filters > 0 && count % filters == 0 ? count / filters : 0;
}

struct Guess {
  int64_t section = -1;
  std::string text;
};

// Another number of filters before every head, that is another number of classes.
std::optional<Guess> guess_classes(const std::vector<WeightRequest>& requests, const Network& network,
                                   int64_t difference) {
  int64_t per_filter = 0;
  Guess guess;
  int64_t filters = 0;
  std::string head;
  for (size_t i = 1; i < network.layers().size(); ++i) {
    if (!is_head(network.layers()[i].type)) continue;
    filters = network.layers()[i - 1].extent.c;
    head = network.layers()[i].type;
    per_filter += floats_per_filter(requests, static_cast<int64_t>(i) - 1, filters);
    if (guess.section < 0) guess.section = static_cast<int64_t>(i) - 1;
  }
  if (per_filter == 0 || difference % per_filter != 0) return std::nullopt;
  const int64_t wanted = filters + difference / per_filter;
  if (wanted <= 0) return std::nullopt;
  guess.text = fmt::format(
      "the file fits filters={} in the section before each [{}], with classes= there to match", wanted, head);
  return guess;
}

std::optional<Guess> guess_normalization(const std::vector<Section>& sections, const Network& network,
                                         int64_t difference) {
  for (size_t i = 0; i < network.layers().size(); ++i) {
    const Layer& layer = network.layers()[i];
    if (layer.type != "convolutional" && layer.type != "connected") continue;
    const bool has = sections[i].flag("batch_normalize");
    if (difference == 3 * layer.extent.c * (has ? -1 : 1))
      return Guess{static_cast<int64_t>(i),
                   fmt::format("the file fits batch_normalize={} there", has ? 0 : 1)};
  }
  return std::nullopt;
}

std::optional<Guess> guess_channels(const std::vector<WeightRequest>& requests, const Network& network,
                                    int64_t difference) {
  for (const WeightRequest& request : requests) {
    if (request.what != "weights" || request.dims.size() != 4) continue;
    const int64_t per_channel = request.dims[0] * request.dims[2] * request.dims[3];
    const int64_t channels = network.input().c;
    if (per_channel == 0 || difference % per_channel != 0 || request.dims[1] != channels) return std::nullopt;
    const int64_t wanted = channels + difference / per_channel;
    if (wanted <= 0) return std::nullopt;
    return Guess{request.section, fmt::format("the file fits channels={} in [net]", wanted)};
  }
  return std::nullopt;
}

}  // namespace

void throw_length_mismatch(const WeightsFile& file, const std::vector<WeightRequest>& requests,
                           const std::vector<Section>& sections, const Network& network) {
  int64_t wanted = 0;
  for (const WeightRequest& request : requests) wanted += element_count(request.dims);
  const int64_t difference = file.float_count() - wanted;
  std::optional<Guess> guess = guess_classes(requests, network, difference);
  if (!guess) guess = guess_normalization(sections, network, difference);
  if (!guess) guess = guess_channels(requests, network, difference);
  std::optional<int64_t> parts = first_odd_variance(file, requests);
  if (parts && guess && guess->section > *parts)
    guess.reset();  // the files part before what it would explain
  if (guess) parts = guess->section;
  if (!parts) parts = section_at_end(file, requests);
  MalformedModelError error(
      fmt::format("the weights file is too {}: it holds {} floats, the .cfg asks for {}",
                  difference < 0 ? "short" : "long", file.float_count(), wanted));
  std::string why = file.describe();
  if (parts) {
    why += fmt::format("; the two part at {} or before", sections[static_cast<size_t>(*parts)].describe());
  }
  error.because(why);
  error.hint(guess ? guess->text
                   : "check filters=, size=, groups= and batch_normalize= there, or whether the file is of "
                     "another .cfg");
  throw error;
}

}  // namespace modelconv::darknet
