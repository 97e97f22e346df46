// Activations by Keras's names.
#pragma once

#include "formats/keras/ops/arguments.h"

namespace modelconv::keras {

std::vector<std::string> activation_names();
// The node's own operator is the activation's name: "keras.relu".
void raise_activation_by_name(Translation& t);

}  // namespace modelconv::keras
