#include "formats/tflite/decode.h"

#include "base/error.h"
#include "base/utf8.h"
#include "formats/tflite/decode_subgraph.h"
#include "formats/tflite/schema.h"
#include "ir/model.h"

namespace modelconv::tflite {
namespace {

using flatbuffer::Table;
using flatbuffer::Tables;

FileContext::Operator decode_operator_code(const Table& table) {
  const int32_t code = std::max<int32_t>(table.number<int8_t>(OperatorCodeField::deprecated_builtin_code),
                                         table.number<int32_t>(OperatorCodeField::builtin_code));
  if (code == kCustomOperator) {
    const std::string name = valid_utf8(table.text(OperatorCodeField::custom_code));
    ENSURE(!name.empty(), MalformedModelError, "a custom operator has no name");
    return {find_builtin(name) ? "custom:" + name : name, nullptr};
  }
  const BuiltinRow* row = find_builtin(code);
  ENSURE(row, MalformedModelError, "builtin operator {} is not known", code);
  return {std::string(row->name), find_options(row->options)};
}

std::string key_of(const Table& signature) {
  return valid_utf8(signature.text(SignatureField::signature_key));
}

// The wanted one; without a wish the first subgraph's, which may have none.
const Table* choose_signature(const Tables& signatures, const std::string& wanted) {
  for (const Table& signature : signatures)
    if (wanted.empty() ? signature.number<uint32_t>(SignatureField::subgraph_index) == 0
                       : key_of(signature) == wanted)
      return &signature;
  if (wanted.empty()) return nullptr;
  std::string keys;
  for (const Table& signature : signatures) keys += (keys.empty() ? "'" : ", '") + key_of(signature) + "'";
  throw BadArgument(fmt::format("the model has no signature '{}'", wanted))
      .hint(keys.empty() ? "it has none at all" : "its signatures are " + keys);
}

TensorNames names_of(const Table& signature, Field field) {
  TensorNames names;
  for (const Table& entry : signature.tables(field, "TensorMap"))
    names.emplace(entry.number<uint32_t>(TensorMapField::tensor_index),
                  valid_utf8(entry.text(TensorMapField::name)));
  return names;
}

void decode_metadata(const Table& root, const FileContext& context, Model& model) {
  for (const Table& entry : root.tables(ModelField::metadata, "Metadata")) {
    const std::string name = valid_utf8(entry.text(MetadataField::name));
    const Bytes bytes = context.buffer(entry.number<uint32_t>(MetadataField::buffer));
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    text = text.substr(0, text.find_last_not_of('\0') + 1);  // versions are padded
    if (name == "min_runtime_version") continue;             // follows from the operators
    if (is_valid_utf8(text) && text.find('\0') == std::string_view::npos)
      model.metadata["tflite.metadata." + name] = text;
    else
      model.notes.push_back(
          fmt::format("the file's metadata '{}' ({} bytes) is not kept", name, bytes.size()));
  }
}

void note_other_signatures(const Tables& signatures, const Table* chosen, Model& model) {
  std::string others;
  for (const Table& signature : signatures)
    if (&signature != chosen) others += (others.empty() ? "'" : ", '") + key_of(signature) + "'";
  if (!others.empty())
    model.notes.push_back(
        fmt::format("the file has further signatures, {}: the option 'signature' chooses", others));
}

}  // namespace

Model decode(const Source& source, const std::string& wanted_signature) {
  flatbuffer::Buffer buffer(source.bytes);
  const Table root = Table::root(buffer, "Model");
  const auto version = root.number<uint32_t>(ModelField::version);
  ENSURE(version == kSchemaVersion, MalformedModelError, "the model is of schema version {}, not {}", version,
         kSchemaVersion);
  FileContext context;
  context.bytes = source.bytes;
  context.keep_alive = source.keep_alive;
  context.subgraphs = root.tables(ModelField::subgraphs, "SubGraph");
  context.buffers = root.tables(ModelField::buffers, "Buffer");
  for (const Table& code : root.tables(ModelField::operator_codes, "OperatorCode"))
    context.operators.push_back(decode_operator_code(code));

  Model model;
  model.doc = valid_utf8(root.text(ModelField::description));
  const Tables signatures = root.tables(ModelField::signature_defs, "SignatureDef");
  const Table* signature = choose_signature(signatures, wanted_signature);
  const uint32_t index = signature ? signature->number<uint32_t>(SignatureField::subgraph_index) : 0;
  ENSURE(index < context.subgraphs.size(), MalformedModelError, "subgraph {} is not there, the model has {}",
         index, context.subgraphs.size());
  decode_subgraph(context, index, *model.graph,
                  signature ? names_of(*signature, SignatureField::inputs) : TensorNames(),
                  signature ? names_of(*signature, SignatureField::outputs) : TensorNames());
  if (signature) model.metadata[kSignatureKey] = key_of(*signature);
  decode_metadata(root, context, model);
  note_other_signatures(signatures, signature, model);
  return model;
}

}  // namespace modelconv::tflite
