#include "bindings/bind_pipeline.h"

#include <pybind11/functional.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include "bindings/bind_custom_ops.h"
#include "bindings/bind_tensor.h"
#include "bindings/core_model.h"
#include "formats/common/raise_scope.h"
#include "formats/common/weights.h"
#include "passes/all_passes.h"
#include "passes/decompose/decompose.h"
#include "pipeline/all_formats.h"
#include "pipeline/checked_simplify.h"
#include "pipeline/convert.h"
#include "pipeline/replace_weights.h"
#include "rewrite/trace_collector.h"

namespace modelconv {

#ifdef MODELCONV_TEST_RULES
PipelineReport simplify_for_tests(Model& model, const SimplifyOptions& options);
void bind_test_rules(pybind11::module_& m);
void bind_tflite_bytes(pybind11::module_& m);
#endif

namespace {

namespace py = pybind11;
using namespace py::literals;
using Path = std::filesystem::path;
using Names = std::vector<std::string>;
using Callback = std::optional<std::function<void(std::string, int64_t, int64_t)>>;
using Dimension = std::variant<std::monostate, int64_t, std::string>;
using Shapes = std::map<std::string, std::vector<Dimension>>;

// The core works without the GIL, and signals wait until Python runs: so that Ctrl-C stops the core at its next step,
// there is a sink whether or not anybody listens.
ProgressSink sink_from(Callback callback) {
  return [callback = std::move(callback)](std::string_view stage, int64_t done, int64_t total) {
    const py::gil_scoped_acquire with_gil;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (callback) (*callback)(std::string(stage), done, total);
  };
}

std::map<std::string, std::vector<Dim>> shapes_from(const Shapes& given) {
  std::map<std::string, std::vector<Dim>> shapes;
  for (const auto& [name, sizes] : given)
    for (std::vector<Dim>& dims = shapes[name]; const Dimension& size : sizes) {
      if (const auto* number = std::get_if<int64_t>(&size))
        dims.push_back(*number < 0 ? Dim() : Dim(*number));
      else if (const auto* symbol = std::get_if<std::string>(&size))
        dims.push_back(Dim::symbol(*symbol));
      else
        dims.emplace_back();
    }
  return shapes;
}

LoadOptions load_options(std::string source_format, Names inputs, Names outputs, Names input_names,
                         Names output_names, std::optional<Path> weights, FormatOptions options,
                         const PythonFunctions& custom_ops, Callback progress) {
  return {std::move(source_format),    std::move(inputs),
          std::move(outputs),          std::move(input_names),
          std::move(output_names),     {},
          std::move(weights),          std::move(options),
          custom_ops_from(custom_ops), sink_from(std::move(progress))};
}

// Tensors view the bytes object; the last of them may go on a thread without the GIL.
std::shared_ptr<const void> share(const py::bytes& bytes) {
  auto owner = std::make_unique<py::bytes>(bytes);
  const void* data = std::string_view(bytes).data();
  return {data, [owner = owner.release()](const void*) {
            const py::gil_scoped_acquire with_gil;
            delete owner;
          }};
}

Bytes view_of(const py::bytes& bytes) {
  const std::string_view view = bytes;
  return std::as_bytes(std::span(view.data(), view.size()));
}

template <class... Args>
CoreModelPtr load_path(const Path& path, const Args&... args) {
  const LoadOptions options = load_options(args...);
  const py::gil_scoped_release without_gil;
  return std::make_shared<CoreModel>(load_model(path, options));
}

template <class... Args>
CoreModelPtr load_bytes(const py::bytes& bytes, const Args&... args) {
  const Bytes view = view_of(bytes);
  const std::shared_ptr<const void> keep_alive = share(bytes);
  const LoadOptions options = load_options(args...);
  const py::gil_scoped_release without_gil;
  return std::make_shared<CoreModel>(load_model(view, keep_alive, options));
}

py::dict report_of(const RewriteReport& report) {
  std::map<std::string, int64_t> applied;
  std::map<std::string, double> seconds;
  for (const auto& [rule, stats] : report.rules) {
    if (stats.applied) applied[rule] = stats.applied;
    seconds[rule] = stats.seconds;
  }
  return py::dict("rewrites"_a = applied, "seconds"_a = seconds, "patches"_a = report.patches,
                  "hit_limit"_a = report.hit_limit, "contradictions"_a = report.contradictions);
}

// A build for tests may put a faulty rule in front of the others (tests/bindings/).
#ifdef MODELCONV_TEST_RULES
constexpr auto* kSimplifier = &simplify_for_tests;
#else
constexpr auto* kSimplifier = &simplify_model;
#endif

py::list rows_of(const std::vector<RewriteEvent>& events) {
  py::list rows;
  for (const RewriteEvent& event : events)
    rows.append(py::make_tuple(event.rule, event.node, event.applied, event.reason));
  return rows;
}

py::list rows_of(const std::vector<GuiltyRule>& guilty) {
  py::list rows;
  for (const GuiltyRule& rule : guilty)
    rows.append(py::dict("rule"_a = rule.rule, "node"_a = rule.node, "patch"_a = rule.patch,
                         "output"_a = rule.output, "error"_a = rule.error));
  return rows;
}

py::dict simplify(CoreModel& core, const Names& skip, const Names& enable, std::optional<int64_t> fold_limit,
                  std::optional<int64_t> opset, int64_t stop_after, int check, bool explain,
                  Callback progress) {
  SimplifyOptions options;
  options.skip = {skip.begin(), skip.end()};
  options.fold_limit = fold_limit;
  options.stop_after = stop_after;
  options.progress = sink_from(std::move(progress));
  options.enable = {enable.begin(), enable.end()};
  options.opset = opset;
  TraceCollector collector;
  if (explain) options.trace = [&](const RewriteEvent& event) { collector.note(event); };
  core.changed();
  CheckedReport report;
  {
    const py::gil_scoped_release without_gil;
    require_known_rules(options.skip, all_passes());
    if (check != 0)
      report = simplify_checked(core.model, options, check, kSimplifier);
    else
      static_cast<PipelineReport&>(report) = kSimplifier(core.model, options);
  }
  py::dict result = report_of(report);
  result["guilty"] = rows_of(report.guilty);
  result["left_alone"] = report.left_alone;
  if (explain) result["events"] = rows_of(collector.finish(*core.model.graph));
  return result;
}

py::dict cleanup(CoreModel& core, Callback progress) {
  const ProgressSink sink = sink_from(std::move(progress));
  core.changed();
  PipelineReport report;
  if (!holds_weights_only(*core.model.graph)) {
    const py::gil_scoped_release without_gil;
    report = run_passes(*core.model.graph, cleanup_pipeline(), {}, 2, sink);
  }
  return report_of(report);
}

// `renamed` is filled with the names that the target spells otherwise.
std::string save(const CoreModel& core, const Path& path, std::string target_format,
                 std::optional<int64_t> opset, std::optional<bool> external_data, FormatOptions options,
                 Callback progress, std::optional<py::dict> renamed) {
  std::map<std::string, std::string> names;
  const SaveOptions request{std::move(target_format),
                            opset,
                            external_data,
                            std::move(options),
                            sink_from(std::move(progress)),
                            [&](const std::string& from, const std::string& to) { names.emplace(from, to); }};
  {
    const py::gil_scoped_release without_gil;
    save_model(core.model, path, request);
  }
  if (renamed)
    for (const auto& [from, to] : names) (*renamed)[py::str(from)] = to;
  return format_for_target(path, request.target_format).name;
}

std::string detect_bytes(const py::bytes& bytes) {
  return detect_format(Source{{}, false, view_of(bytes), nullptr}).name;
}

// (name, canonical operator, is read, is written, restriction), sorted by name.
py::list describe_operators(const std::string& format_name) {
  py::list rows;
  const Format& format = format_named(format_name);
  if (!format.operators) return rows;
  for (const OperatorCoverage& row : format.operators())
    rows.append(py::make_tuple(row.name, row.canonical, row.is_read, row.is_written, row.note));
  return rows;
}

// What simplify() can run, in its order: passes with their rules. A pass without rules is one step.
py::list describe_passes() {
  py::list rows;
  for (const Pass* pass : all_passes()) {
    py::list rules;
    for (const RuleInfo& rule : pass->rules)
      rules.append(
          py::dict("name"_a = rule.name, "description"_a = rule.description, "opset"_a = rule.opset));
    rows.append(py::dict("name"_a = pass->name, "description"_a = pass->description,
                         "on_request"_a = pass->on_request, "rules"_a = rules));
  }
  return rows;
}

py::list describe_formats() {
  py::list rows;
  for (const Format* format : all_formats())
    rows.append(py::dict("name"_a = format->name, "description"_a = format->description,
                         "suffixes"_a = format->suffixes, "reads"_a = format->read != nullptr,
                         "writes"_a = format->write != nullptr));
  return rows;
}

// A weight given twice under one name is the caller's mistake; arrays are viewed, not copied.
CoreModelPtr weights_from(const std::vector<std::pair<std::string, py::object>>& arrays,
                          const std::string& source_format) {
  WeightList weights;
  for (const auto& [name, array] : arrays) weights.add(name, tensor_from_numpy(array));
  Model model = weights.take();
  model.source_format = source_format;
  return std::make_shared<CoreModel>(std::move(model));
}

py::dict replace_weights_of(CoreModel& core, const CoreModel& weights) {
  core.changed();
  const ReplacedWeights result = replace_weights(*core.model.graph, *weights.model.graph);
  return py::dict("how"_a = result.how, "replaced"_a = result.replaced, "unused"_a = result.unused,
                  "kept"_a = result.kept);
}

// `with _core.RaiseSurvey() as survey:` around whatever reads a model.
class PythonSurvey {
 public:
  void enter() { scope_ = std::make_unique<RaiseScope>(survey_); }
  void exit() { scope_.reset(); }
  const RaiseSurvey& survey() const { return survey_; }

 private:
  RaiseSurvey survey_;
  std::unique_ptr<RaiseScope> scope_;
};

void bind_survey(py::module_& m) {
  py::class_<PythonSurvey>(m, "RaiseSurvey")
      .def(py::init())
      .def("__enter__",
           [](py::object self) {
             self.cast<PythonSurvey&>().enter();
             return self;
           })
      .def("__exit__", [](PythonSurvey& self, const py::args&) { self.exit(); })
      .def_property_readonly("ops", [](const PythonSurvey& self) { return self.survey().ops; })
      .def_property_readonly("cuts", [](const PythonSurvey& self) { return self.survey().cuts; })
      .def_property_readonly("begins", [](const PythonSurvey& self) { return self.survey().begins; });
}

void bind_load(py::module_& m) {
  const auto define = [&](const char* name, auto function, const char* source) {
    m.def(name, function, py::arg(source), py::kw_only(), "source_format"_a = "", "inputs"_a = Names{},
          "outputs"_a = Names{}, "input_names"_a = Names{}, "output_names"_a = Names{},
          "weights"_a = std::nullopt, "options"_a = FormatOptions{}, "custom_ops"_a = PythonFunctions{},
          "progress"_a = std::nullopt);
  };
  define("load",
         &load_path<std::string, Names, Names, Names, Names, std::optional<Path>, FormatOptions,
                    PythonFunctions, Callback>,
         "path");
  define("load_bytes",
         &load_bytes<std::string, Names, Names, Names, Names, std::optional<Path>, FormatOptions,
                     PythonFunctions, Callback>,
         "bytes");
}

}  // namespace

void bind_pipeline(py::module_& m) {
#ifdef MODELCONV_TEST_RULES
  bind_test_rules(m);
  bind_tflite_bytes(m);
#endif
  bind_load(m);
  bind_survey(m);
  m.def("detect_format", &detect_bytes, "bytes"_a);
  m.def("detect_format", [](const Path& path) { return detect_format(open_source(path)).name; }, "path"_a);
  m.def("formats", &describe_formats);
  m.def(
      "takes_weights", [](const std::string& name) { return takes_weights(format_named(name)); }, "format"_a);
  m.def("weights_from", &weights_from, "arrays"_a, "source_format"_a = "");
  m.def("operators", &describe_operators, "format"_a);
  m.def(
      "format_for_target",
      [](const Path& target, const std::string& format) { return format_for_target(target, format).name; },
      "target"_a, "format"_a = "");
  m.def(
      "is_taken_apart", [](const std::string& op) { return decompose::decomposition_of(op) != nullptr; },
      "op"_a);
  m.def("passes", &describe_passes);
  auto model = m.attr("Model").cast<py::class_<CoreModel, CoreModelPtr>>();
  model.def("simplify", &simplify, py::kw_only(), "skip"_a = Names{}, "enable"_a = Names{},
            "fold_limit"_a = std::nullopt, "opset"_a = std::nullopt, "stop_after"_a = -1, "check"_a = 0,
            "explain"_a = false, "progress"_a = std::nullopt);
  model.def("replace_weights", &replace_weights_of, "weights"_a);
  model.def("cleanup", &cleanup, py::kw_only(), "progress"_a = std::nullopt);
  model.def("save", &save, "path"_a, py::kw_only(), "target_format"_a = "", "opset"_a = std::nullopt,
            "external_data"_a = std::nullopt, "options"_a = FormatOptions{}, "progress"_a = std::nullopt,
            "renamed"_a = std::nullopt);
  model.def(
      "set_input_shapes",
      [](CoreModel& core, const Shapes& shapes) {
        core.changed();
        set_input_shapes(*core.model.graph, shapes_from(shapes));
      },
      "shapes"_a);
  model.def(
      "rename",
      [](CoreModel& core, const Names& inputs, const Names& outputs) {
        rename_inputs(*core.model.graph, inputs);
        rename_outputs(*core.model.graph, outputs);
      },
      "inputs"_a, "outputs"_a);
  model.def(
      "extract",
      [](const CoreModel& core, const Names& inputs, const Names& outputs) {
        return std::make_shared<CoreModel>(extract(core.model, inputs, outputs));
      },
      "inputs"_a, "outputs"_a);
}

}  // namespace modelconv
