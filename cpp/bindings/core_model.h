// The model behind modelconv.Model: a graph and the evaluator that was planned for it.
#pragma once

#include <memory>
#include <mutex>

#include "eval/evaluator.h"
#include "ir/model.h"

namespace modelconv {

struct CoreModel {
  explicit CoreModel(Model read) : model(std::move(read)) {}

  Model model;
  // Planned at the first run and kept until the graph changes. Taken without the GIL, so that threads queue here.
  std::mutex mutex;
  std::unique_ptr<Evaluator> evaluator;
  int threads = 0;

  void changed() { evaluator.reset(); }
};

using CoreModelPtr = std::shared_ptr<CoreModel>;

}  // namespace modelconv
