// HDF5 files, from which Python takes the weights of Keras and TensorLayer.
#pragma once

#include <pybind11/pybind11.h>

namespace modelconv {

void bind_hdf5(pybind11::module_& m);

}  // namespace modelconv
