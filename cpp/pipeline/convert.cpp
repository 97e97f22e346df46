#include "pipeline/convert.h"

#include "base/error.h"
#include "base/write_progress.h"
#include "formats/common/raise_scope.h"
#include "formats/common/weights.h"
#include "formats/onnx/encode.h"
#include "formats/tensorflow/format.h"
#include "ir/constant_bytes.h"
#include "passes/all_passes.h"
#include "pipeline/all_formats.h"

namespace modelconv {
namespace {

// What follows reading, whoever has read.
Model finish_loading(Model model, const Format& format, const LoadOptions& options) {
  if (!format.cuts_itself && !(options.inputs.empty() && options.outputs.empty()))
    model = extract(model, options.inputs, options.outputs);
  model.source_format = format.name;
  rename_inputs(*model.graph, options.input_names);
  rename_outputs(*model.graph, options.output_names);
  set_input_shapes(*model.graph, options.input_shapes);
  model.graph->verify();
  return model;
}

// Where the canonical graph is cut after it was raised, what the cut leaves out need not be raised.
class CutScope {
 public:
  CutScope(const Format& format, const LoadOptions& options) {
    if (!format.cuts_itself) scope_.emplace(options.inputs, options.outputs);
  }

 private:
  std::optional<RaiseScope> scope_;
};

// Operators of TensorFlow's that a file of another format carries.
void raise_embedded(Model& model, const CustomOps& custom_ops) {
  bool any = false;
  for_each_node(*model.graph, [&](const Node& node) { any = any || node.op().domain() == "flex"; });
  if (any) tensorflow_format().raise(*model.graph, custom_ops);
}

// A format that was named in vain: the contents may be of another.
Model read_as(const Format& format, const ReadRequest& request) {
  try {
    return format.read(request);
  } catch (MalformedModelError& error) {
    const Format* recognised = format_by_content(request.source);
    if (recognised && recognised != &format && error.hint().empty())
      error.hint(
          fmt::format("the contents look like {}: leave out source_format= (--from)", recognised->name));
    throw;
  }
}

Model load_from(const Source& source, const LoadOptions& options) {
  const Format& format =
      options.source_format.empty() ? detect_format(source) : format_named(options.source_format);
  ENSURE(format.read, UnknownFormatError, "{} cannot be read as {}: the format is written only",
         source.describe(), format.name);
  if (options.progress) options.progress("read", 0, 0);
  ReadRequest request{source,          options.inputs,     options.outputs, options.weights,
                      options.options, options.custom_ops, options.progress};
  const CutScope scope(format, options);
  Model model = read_as(format, request);
  raise_embedded(model, request.custom_ops);
  model = finish_loading(std::move(model), format, options);
  if (options.progress) options.progress("read", 1, 1);
  return model;
}

// An error that does not say yet which file it speaks of.
template <class Work>
auto naming(const std::string& source, const Work& work) {
  try {
    return work();
  } catch (Error& error) {
    error.in(source);
    throw;
  }
}

}  // namespace

Model load_model(const std::filesystem::path& path, const LoadOptions& options) {
  const Source source = open_source(path);
  return naming(source.describe(), [&] { return load_from(source, options); });
}

Model load_model(Bytes bytes, std::shared_ptr<const void> keep_alive, const LoadOptions& options) {
  const Source source{{}, false, bytes, std::move(keep_alive)};
  return naming(source.describe(), [&] { return load_from(source, options); });
}

Model load_graph(std::unique_ptr<Graph> graph, const std::string& where, const LoadOptions& options) {
  const Format& format = format_named(options.source_format);
  ENSURE(format.raise, InternalError, "{} decodes its files itself", format.name);
  return naming(where, [&] {
    Model model;
    model.graph = std::move(graph);
    const CutScope scope(format, options);
    format.raise(*model.graph, options.custom_ops);
    return finish_loading(std::move(model), format, options);
  });
}

namespace {

// What the ONNX writer will choose when nobody asks for anything else.
int64_t assumed_opset(const Model& model) {
  const auto source = model.opset_imports.find("");
  const bool known = model.source_format == "onnx" && source != model.opset_imports.end();
  return known ? source->second : kDefaultOnnxOpset;
}

}  // namespace

PipelineReport simplify_model(Model& model, const SimplifyOptions& options) {
  if (holds_weights_only(*model.graph)) return {};  // to the passes, weights that no node uses are waste
  set_input_shapes(*model.graph, options.input_shapes);
  PassOptions wanted = options;
  if (!wanted.opset) wanted.opset = assumed_opset(model);
  return run_passes(*model.graph, simplify_pipeline(), wanted, 4, options.progress);
}

void save_model(const Model& model, const std::filesystem::path& target, const SaveOptions& options) {
  const Format& format = format_for_target(target, options.target_format);
  if (holds_weights_only(*model.graph) && !holds_weights(format))
    throw BadArgument(
        fmt::format("{} holds weights and no graph; it cannot be written as {}",
                    model.source_format.empty() ? "the model" : "the " + model.source_format + " file",
                    format.name))
        .hint(
            "write .npz or .safetensors, name an architecture=, or convert the graph with these as its "
            "weights=");
  const WriteProgress progress(options.progress, constant_bytes(*model.graph));
  AtomicFiles files;
  format.write(
      model,
      {target, options.opset, options.external_data, options.options, options.progress, options.renamed},
      files);
  files.commit();
}

}  // namespace modelconv
