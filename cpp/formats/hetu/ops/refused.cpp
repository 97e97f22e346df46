// Operators that ONNX has no words for, and why.
#include <string_view>

#include "formats/hetu/ops/all_ops.h"

namespace modelconv::hetu {
namespace {

constexpr std::string_view kCommunication = "moves data between workers: convert a graph for one device";
constexpr std::string_view kTraining = "for training: name an output before it";
constexpr std::string_view kCompressed = "a compressed embedding: convert the plain table";

struct Refused {
  std::string_view name, reason;
};

constexpr Refused kRefused[] = {
    {"AllGatherCommunicate", kCommunication},
    {"AllReduceCommunicate", kCommunication},
    {"AllToAll", kCommunication},
    {"BroadcastCommunicate", kCommunication},
    {"HAllToAll", kCommunication},
    {"ParameterServerCommunicate", kCommunication},
    {"ParameterServerSparsePull", kCommunication},
    {"PipelineReceive", kCommunication},
    {"PipelineSend", kCommunication},
    {"ReduceCommunicate", kCommunication},
    {"ReduceScatterCommunicate", kCommunication},
    {"BinaryCrossEntropy", kTraining},
    {"BinaryCrossEntropyWithLogits", kTraining},
    {"CrossEntropy", kTraining},
    {"CrossEntropySparse", kTraining},
    {"NllLoss", kTraining},
    {"Optimizer", kTraining},
    {"SoftmaxCrossEntropy", kTraining},
    {"SoftmaxCrossEntropySparse", kTraining},
    {"CompoHash", kCompressed},
    {"DivHash", kCompressed},
    {"LearnHash", kCompressed},
    {"ModHash", kCompressed},
    {"QuantizedEmbeddingLookUp", kCompressed},
    {"RobeHash", kCompressed},
    {"TrilLookup", kCompressed},
    {"BalanceAssignment", "an assignment of experts that ONNX cannot say"},
    {"CSRmm", "ONNX has no sparse matrices of this kind"},
    {"CSRmv", "ONNX has no sparse matrices of this kind"},
    {"DistGCN_15d", kCommunication},
    {"NormalSample", "random numbers: give them as an input"},
    {"TruncatedNormalSample", "random numbers: give them as an input"},
    {"UniformSample", "random numbers: give them as an input"},
};

}  // namespace

OpMappings refused_ops() {
  OpMappings rows;
  for (const Refused& row : kRefused)
    rows.push_back(
        {OpName("hetu", std::string(row.name)), OpName(), nullptr, nullptr, std::string(row.reason)});
  return rows;
}

}  // namespace modelconv::hetu
