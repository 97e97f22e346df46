#include "formats/darknet/decode.h"

#include <algorithm>
#include <map>

#include "base/utf8.h"
#include "formats/darknet/diagnose.h"
#include "formats/darknet/settings.h"

namespace modelconv::darknet {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMostSections = 10000;

std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// The .cfg, taken apart. Sections refer to the file, so it does not move.
struct Config {
  ini::File file;
  std::vector<Section> sections;  // without [net]
  std::optional<Section> net;
};

void refuse_unknown(const std::vector<Section>& sections) {
  std::map<std::string, std::vector<std::string>> unknown;
  for (const Section& section : sections)
    if (!find_section_type(section.name()))
      unknown["darknet." + section.name()].push_back(section.describe());
  if (unknown.empty()) return;
  std::vector<MissingOp> ops;
  for (const auto& [op, nodes] : unknown) ops.push_back({op, nodes, "no section of that name is known"});
  std::vector<std::string> spellings;
  for (const SectionType& type : section_types())
    for (const std::string_view spelling : type.spellings) spellings.emplace_back(spelling);
  const auto near = nearest_names(OpName(ops[0].op).name(), spellings, 1);
  UnsupportedOpError error("reading Darknet", std::move(ops));
  if (!near.empty()) error.hint(fmt::format("did you mean [{}]?", near[0]));
  throw error;
}

void read_config(std::string_view text, Config& config) {
  config.file = ini::parse(text);
  const auto& sections = config.file.sections;
  ENSURE(!sections.empty() && (sections[0].name == "net" || sections[0].name == "network"),
         MalformedModelError, "the first section of a .cfg is [net], here it is {}",
         sections.empty() ? "missing" : "[" + sections[0].name + "]");
  ENSURE(sections.size() <= kMostSections, MalformedModelError,
         "the .cfg has {} sections, {} at most are read", sections.size(), kMostSections);
  config.net.emplace(sections[0], -1);
  for (size_t i = 1; i < sections.size(); ++i)
    config.sections.emplace_back(sections[i], static_cast<int64_t>(i) - 1);
  ENSURE(!config.sections.empty(), MalformedModelError, "the .cfg has no section but [net]");
  refuse_unknown(config.sections);
}

void read_sections(const Config& config, Network& network) {
  network.begin(*config.net);
  for (const Section& section : config.sections) {
    const SectionType& type = *find_section_type(section.name());
    network.open(section, std::string(type.name));
    type.decode(network);
  }
}

std::optional<fs::path> find_sibling(const fs::path& path, const char* suffix) {
  if (path.empty()) return std::nullopt;
  const fs::path sibling = fs::path(path).replace_extension(suffix);
  std::error_code unreadable;  // then it is not there
  return fs::is_regular_file(sibling, unreadable) ? std::optional(sibling) : std::nullopt;
}

FileError no_weights(const ReadRequest& request) {
  const fs::path& path = request.source.path;
  FileError error("a .cfg holds no numbers: its .weights file is missing");
  if (!path.empty())
    error.because(fmt::format("there is no '{}'", fs::path(path).replace_extension(".weights").string()));
  error.hint(
      "name it with weights= (--weights), or ask for random numbers with options={\"random_weights\": 0}");
  return error;
}

// All that the .cfg asks for, without building anything that is kept.
void check_length(const Config& config, const Settings& settings, const WeightsFile& file) {
  Graph scratch;
  std::vector<WeightRequest> requests;
  int64_t wanted = 0;
  const auto note = [&](const WeightRequest& request) {
    requests.push_back(request);
    wanted += element_count(request.dims);
    return Tensor::filled(DType::float32, {}, 0);
  };
  Network network(scratch, settings, note, file.transposed());
  read_sections(config, network);
  if (wanted != file.float_count()) throw_length_mismatch(file, requests, config.sections, network);
}

TakeWeights weights_for(const ReadRequest& request, const Config& config, const Settings& settings,
                        bool& transposed) {
  if (settings.random_weights) return random_weights(*settings.random_weights);
  const auto path = request.weights ? request.weights : find_sibling(request.source.path, ".weights");
  if (!path) throw no_weights(request);
  const auto mapped = MappedFile::open(*path);
  const auto file = std::make_shared<const WeightsFile>(mapped->bytes(), mapped);
  transposed = file->transposed();
  check_length(config, settings, *file);
  auto next = std::make_shared<int64_t>(0);
  return [file, next](const WeightRequest& wanted) {
    const int64_t first = *next;
    *next += element_count(wanted.dims);
    return file->view(first, wanted.dims);
  };
}

// Heads, and what no later section reads. Decoded heads are joined to one pair of outputs.
void add_outputs(Network& network) {
  Graph& graph = network.graph();
  std::vector<Value*> boxes, scores;
  for (const Layer& layer : network.layers()) {
    if (layer.is_head) {
      boxes.push_back(layer.value->producer()->output(0));
      scores.push_back(layer.value->producer()->output(1));
    } else if (!layer.is_read || &layer == &network.layers().back()) {
      graph.add_output(layer.value->name(), *layer.value);
    }
  }
  if (boxes.empty()) return;
  boxes.insert(boxes.end(), scores.begin(), scores.end());
  Node& joined = graph.add_node("darknet.boxes", boxes, {}, {"boxes", "scores"}, "boxes");
  if (!network.settings().suppress) {
    graph.add_output("boxes", *joined.output(0));
    graph.add_output("scores", *joined.output(1));
    return;
  }
  Node& best = graph.add_node("darknet.nms", {joined.output(0), joined.output(1)},
                              {{"score_threshold", network.settings().score_threshold},
                               {"nms_threshold", network.settings().nms_threshold}},
                              {"detections"}, "detections");
  graph.add_output("detections", *best.output());
}

void add_names(const ReadRequest& request, Model& model) {
  const auto option = request.options.find("names");
  const auto path = option != request.options.end() ? std::optional<fs::path>(option->second)
                                                    : find_sibling(request.source.path, ".names");
  if (!path) return;
  const auto file = MappedFile::open(*path);
  std::string names = valid_utf8(as_text(file->bytes()));
  std::erase(names, '\r');
  while (!names.empty() && names.back() == '\n') names.pop_back();
  model.metadata["names"] = names;
}

}  // namespace

Model decode(const ReadRequest& request) {
  Settings settings = read_settings(request.options);
  const fs::path& path = request.source.path;
  if (!path.empty()) {
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    settings.folders = {folder.string(), (folder / "..").string()};
  }
  Config config;
  read_config(as_text(request.source.bytes), config);
  bool transposed = false;
  const TakeWeights take = weights_for(request, config, settings, transposed);
  Model model;
  model.source_format = "darknet";
  Network network(*model.graph, settings, take, transposed);
  read_sections(config, network);
  add_outputs(network);
  for (const std::string& line : config.file.ignored)
    model.notes.push_back(line + " is neither a section nor a key and was ignored");
  if (settings.random_weights)
    model.notes.push_back("the weights are random numbers, as random_weights asked for");
  add_names(request, model);
  return model;
}

}  // namespace modelconv::darknet
