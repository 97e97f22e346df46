// Calls, statements and graphs of the text form.
#include <iterator>
#include <type_traits>
#include <utility>

#include "ir/text_cursor.h"
#include "ir/text_literals.h"
#include "ir/text_syntax.h"

namespace modelconv::syntax {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : cursor_(text) {}

  Document document() {
    Document document;
    cursor_.skip_lines();
    document.has_header = at_header();
    if (document.has_header) {
      document.graph = graph();
      cursor_.skip_lines();
      if (!cursor_.rest().empty()) cursor_.fail_expected("the end of the text behind the graph");
    } else {
      document.graph.statements = statements('\0');
    }
    return document;
  }

  std::vector<Statement> statements(char end) {
    std::vector<Statement> statements;
    while (true) {
      cursor_.skip_lines();
      if (cursor_.take(';')) continue;
      if (cursor_.peek() == end && (end != '\0' || cursor_.rest().empty())) return statements;
      statements.push_back(statement());
      if (!at_statement_end(end)) cursor_.fail_expected("the end of the line or ';' behind the statement");
      if (const std::string name = node_name(); !name.empty()) statements.back().node_name = name;
    }
  }

 private:
  bool at_header() {
    const size_t start = cursor_.at();
    const bool header = cursor_.take_word("graph") && cursor_.at_name();
    cursor_.go_back(start);
    return header;
  }

  bool at_statement_end(char end) {
    const char c = cursor_.peek();
    return c == '\n' || c == ';' || c == '#' || c == end;
  }

  // `# name`: one word without spaces, or a quoted name. Other comments say nothing.
  std::string node_name() {
    const size_t start = cursor_.at();
    std::string_view comment = cursor_.comment();
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!comment.empty() && is_blank(comment.front())) comment.remove_prefix(1);
    while (!comment.empty() && is_blank(comment.back())) comment.remove_suffix(1);
    if (comment.empty()) return {};
    if (comment.front() != '"') {
      const bool one_word = comment.find_first_of(" \t\"") == std::string_view::npos;
      return one_word ? std::string(comment) : std::string();
    }
    const size_t end = cursor_.at();
    cursor_.go_back(cursor_.at_of(comment));
    std::string name = cursor_.string();
    if (cursor_.at() != cursor_.at_of(comment) + comment.size())
      cursor_.fail_at(start, "a quoted node name must be alone in its comment");
    cursor_.go_back(end);
    return name;
  }

  Statement statement() {
    Statement statement;
    statement.at = cursor_.at();
    if (at_call()) {
      statement.value = call_operand();
      return statement;
    }
    do statement.results.push_back(result());
    while (cursor_.take(','));
    if (cursor_.take('=')) {
      statement.value = value_of(statement.results);
      return statement;
    }
    for (const Result& declared : statement.results)
      if (declared.type.kind == Type::Kind::unknown)
        cursor_.fail_expected("'=' behind the results, or a type");
    return statement;
  }

  Operand value_of(const std::vector<Result>& results) {
    Operand value;
    cursor_.skip();
    value.at = cursor_.at();
    if (cursor_.peek() == '{') {
      value.kind = Operand::Kind::literal;
      value.literal = read_elements(cursor_, results[0].type);
    } else {
      value = operand();
    }
    const bool fits = value.kind == Operand::Kind::call ||
                      (results.size() == 1 && !results[0].name.empty() &&
                       (value.kind == Operand::Kind::literal || value.kind == Operand::Kind::value));
    if (!fits) cursor_.fail_at(value.at, "what is behind '=' gives no value for the names in front of it");
    return value;
  }

  Result result() {
    Result result;
    cursor_.skip();
    result.at = cursor_.at();
    if (!cursor_.take_word("_")) result.name = value_name("the name of a value");
    if (cursor_.take(':')) result.type = read_type(cursor_);
    return result;
  }

  // Empty names would mean "left out".
  std::string value_name(const char* what) {
    cursor_.skip();
    const size_t start = cursor_.at();
    std::string name = cursor_.name(what);
    if (name.empty()) cursor_.fail_at(start, "the name of a value cannot be empty");
    return name;
  }

  // A name that '(', '[' or '|' follows, and no literal.
  bool at_call() {
    if (!cursor_.at_name() || at_tensor(cursor_)) return false;
    const size_t start = cursor_.at();
    cursor_.name("an operator");
    const char next = cursor_.peek();
    cursor_.go_back(start);
    return next == '(' || next == '[' || next == '|';
  }

  Operand operand() {
    const Cursor::Level level(cursor_);
    Operand operand;
    cursor_.skip();
    operand.at = cursor_.at();
    if (cursor_.at_number() || at_tensor(cursor_)) {
      operand.kind = Operand::Kind::literal;
      operand.literal = literal();
    } else if (cursor_.take('*')) {
      operand.kind = Operand::Kind::rest;
      operand.name = value_name("the name of the operands that follow");
    } else if (at_call()) {
      return call_operand();
    } else if (!cursor_.take_word("_")) {
      operand.kind = Operand::Kind::value;
      operand.name = value_name("an operand");
      operand.optional = cursor_.take('?');
      if (!operand.optional && cursor_.take('=')) return named_call(std::move(operand));
    }
    return operand;
  }

  Operand named_call(Operand operand) {
    if (!at_call()) cursor_.fail_expected("a call behind '='");
    const size_t start = operand.at;
    std::string name = std::move(operand.name);
    operand = call_operand();
    operand.at = start;
    operand.name = std::move(name);
    return operand;
  }

  Operand call_operand() {
    Operand operand;
    operand.kind = Operand::Kind::call;
    operand.at = cursor_.at();
    operand.call = std::make_unique<Call>(call());
    return operand;
  }

  Tensor literal() {
    if (cursor_.at_number()) {
      const auto number = read_number(cursor_);
      return number.index() == 0 ? Tensor::scalar(std::get<int64_t>(number))
                                 : Tensor::scalar(std::get<float>(number));
    }
    const size_t start = cursor_.at();
    auto read = read_tensor_or_type(cursor_);
    if (read.index() == 1)
      cursor_.fail_at(start, "a literal needs its elements between braces: int64[2]{1, 2}");
    return std::get<Tensor>(std::move(read));
  }

  Call call() {
    Call call;
    cursor_.skip();
    call.at = cursor_.at();
    do call.ops.emplace_back(cursor_.name("an operator"));
    while (cursor_.take('|'));
    if (cursor_.peek() == '[') call.attributes = attributes();
    cursor_.open('(', "in front of the operands");
    while (!cursor_.take_close(')')) {
      if (!call.operands.empty() && !cursor_.take_separator(')')) continue;
      call.operands.push_back(operand());
    }
    return call;
  }

  std::vector<AttributeText> attributes() {
    std::vector<AttributeText> attributes;
    cursor_.open('[', "in front of the attributes");
    while (!cursor_.take_close(']')) {
      if (!attributes.empty() && !cursor_.take_separator(']')) continue;
      AttributeText attribute;
      cursor_.skip();
      attribute.at = cursor_.at();
      attribute.name = cursor_.name("the name of an attribute");
      cursor_.expect('=', "behind the name of the attribute");
      attribute.value = attribute_value();
      attributes.push_back(std::move(attribute));
    }
    return attributes;
  }

  using AttributeValue = decltype(AttributeText::value);

  AttributeValue attribute_value() {
    const Cursor::Level level(cursor_);
    if (cursor_.peek() == '[') return list("");
    if (cursor_.peek() == '"') return Attribute(cursor_.string());
    if (cursor_.at_number())
      return std::visit([](auto number) { return Attribute(number); }, read_number(cursor_));
    if (at_header()) return std::make_shared<const GraphText>(graph());
    for (const char* kind : {"ints", "floats", "strings", "tensors", "graphs", "types"})
      if (cursor_.take_word(kind)) return list(kind);
    return std::visit([](auto&& read) { return Attribute(std::move(read)); }, read_tensor_or_type(cursor_));
  }

  // `kind` is empty or says what the elements are, which an empty list does not.
  AttributeValue list(std::string_view kind) {
    const size_t start = cursor_.at();
    std::vector<AttributeValue> items;
    cursor_.open('[', "in front of a list");
    while (!cursor_.take_close(']')) {
      if (!items.empty() && !cursor_.take_separator(']')) continue;
      items.push_back(attribute_value());
    }
    if (kind.empty()) kind = items.empty() ? "ints" : kind_of_items(items);
    AttributeValue value;
    const bool fits = (kind == "ints" && collect<int64_t>(items, value)) ||
                      (kind == "floats" && collect<float>(items, value)) ||
                      (kind == "strings" && collect<std::string>(items, value)) ||
                      (kind == "tensors" && collect<Tensor>(items, value)) ||
                      (kind == "types" && collect<Type>(items, value)) ||
                      (kind == "graphs" && collect_graphs(items, value));
    if (!fits) cursor_.fail_at(start, fmt::format("the elements of this list are not all {}", kind));
    return value;
  }

  // Of the first element; one float makes all numbers floats.
  static std::string_view kind_of_items(const std::vector<AttributeValue>& items) {
    static constexpr const char* kKinds[] = {"ints", "floats", "strings", "tensors", "graphs", "types"};
    if (items[0].index() != 0) return "graphs";
    const size_t kind = std::get<Attribute>(items[0]).index();
    if (kind >= std::size(kKinds)) return "of one kind";
    for (const AttributeValue& item : items)
      if (kind == 0 && item.index() == 0 && std::holds_alternative<float>(std::get<Attribute>(item)))
        return "floats";
    return kKinds[kind];
  }

  template <class T>
  static const T* element_as(const AttributeValue& item) {
    const Attribute* attribute = std::get_if<Attribute>(&item);
    return attribute ? std::get_if<T>(attribute) : nullptr;
  }

  template <class T>
  static bool collect(const std::vector<AttributeValue>& items, AttributeValue& value) {
    std::vector<T> elements;
    for (const AttributeValue& item : items) {
      if (const T* element = element_as<T>(item))
        elements.push_back(*element);
      else if (const int64_t* integer = element_as<int64_t>(item); integer && std::is_same_v<T, float>)
        append_integer(elements, *integer);
      else
        return false;
    }
    value = Attribute(std::move(elements));
    return true;
  }

  static void append_integer(std::vector<float>& floats, int64_t value) {
    floats.push_back(static_cast<float>(value));
  }
  template <class T>
  static void append_integer(std::vector<T>&, int64_t) {}

  static bool collect_graphs(const std::vector<AttributeValue>& items, AttributeValue& value) {
    std::vector<GraphTextPtr> graphs;
    for (const AttributeValue& item : items) {
      const GraphTextPtr* graph = std::get_if<GraphTextPtr>(&item);
      if (!graph) return false;
      graphs.push_back(*graph);
    }
    value = std::move(graphs);
    return true;
  }

  GraphText graph() {
    const Cursor::Level level(cursor_);
    GraphText graph;
    graph.at = cursor_.at();
    cursor_.take_word("graph");
    graph.name = cursor_.name("the graph's name");
    cursor_.open('(', "in front of the graph's inputs");
    while (!cursor_.take_close(')')) {
      if (!graph.inputs.empty() && !cursor_.take_separator(')')) continue;
      graph.inputs.push_back(result());
      if (graph.inputs.back().name.empty()) cursor_.fail_at(graph.inputs.back().at, "an input needs a name");
    }
    cursor_.expect_text("->", "behind the graph's inputs");
    cursor_.open('(', "in front of the graph's outputs");
    while (!cursor_.take_close(')')) {
      if (!graph.outputs.empty() && !cursor_.take_separator(')')) continue;
      graph.outputs.push_back(output());
    }
    cursor_.open('{', "in front of the graph's statements");
    {
      const Cursor::Block block(cursor_);
      graph.statements = statements('}');
    }
    cursor_.close('}', "behind the graph's statements");
    return graph;
  }

  OutputText output() {
    OutputText output;
    output.result.at = cursor_.at();
    output.result.name = cursor_.name("the name of an output");
    if (cursor_.take(':')) output.result.type = read_type(cursor_);
    output.value = cursor_.take('=') ? value_name("the value that fills the output") : output.result.name;
    return output;
  }

  Cursor cursor_;
};

}  // namespace

Document parse_document(std::string_view text) { return Parser(text).document(); }

std::vector<Statement> parse_statements(std::string_view text) { return Parser(text).statements('\0'); }

}  // namespace modelconv::syntax
