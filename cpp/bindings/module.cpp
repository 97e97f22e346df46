// Contents of the compiled module.
#include <pybind11/pybind11.h>

#include "bindings/bind_custom_ops.h"
#include "bindings/bind_errors.h"
#include "bindings/bind_graph_listing.h"
#include "bindings/bind_growing_graph.h"
#include "bindings/bind_hdf5.h"
#include "bindings/bind_layout.h"
#include "bindings/bind_model.h"
#include "bindings/bind_pipeline.h"
#include "bindings/bind_quantization.h"
#include "bindings/bind_source_graph.h"
#include "bindings/bind_target_graph.h"
#include "bindings/bind_verify.h"

PYBIND11_MODULE(_core, m) {
  m.doc() = "The compiled core of modelconv.";
  modelconv::bind_errors(m);
  modelconv::bind_custom_ops(m);
  modelconv::bind_model(m);
  modelconv::bind_hdf5(m);
  modelconv::bind_layout(m);
  modelconv::bind_pipeline(m);
  modelconv::bind_quantization(m);
  modelconv::bind_source_graph(m);
  modelconv::bind_growing_graph(m);
  modelconv::bind_target_graph(m);
  modelconv::bind_graph_listing(m);
  modelconv::bind_verify(m);
}
