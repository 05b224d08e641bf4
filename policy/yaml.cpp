#include "policy/yaml.hpp"

#include <fmt/format.h>
#include <libfyaml.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <unordered_map>

namespace tenancy::policy {

namespace {

constexpr int max_depth = 16;

struct Release {
  void operator()(fy_parser *parser) const { fy_parser_destroy(parser); }
  void operator()(fy_diag *diag) const { fy_diag_destroy(diag); }
};

// One report per line is enough.
void check_characters(const Source &source, Span file, Diagnostics &diagnostics) {
  const std::string_view text = std::string_view(source.text()).substr(0, file.end);
  bool line_reported = false;
  for (std::size_t at = file.begin; at < text.size();) {
    const std::size_t length = utf8_length(text.substr(at));
    const auto c = static_cast<unsigned char>(text[at]);
    const bool line_end = c == '\n' || (c == '\r' && text.substr(at + 1).starts_with('\n'));
    if (c == '\n') line_reported = false;
    const Span span{at, at + std::max<std::size_t>(length, 1)};
    if (length == 0 && !line_reported) {
      diagnostics.error("encoding", "this byte is not part of UTF-8 text", span,
                        "save the file as UTF-8");
      line_reported = true;
    } else if (is_invisible(text.substr(at, length)) && !line_reported) {
      diagnostics.error("control-character", "an invisible character that changes how text reads",
                        span, "remove it");
      line_reported = true;
    } else if (c == '\t' && !line_reported) {
      diagnostics.error("tab", "a tab, whose width nobody agrees on", span, "use spaces");
      line_reported = true;
    } else if ((c < 0x20 || c == 0x7F) && !line_end && c != '\t' && !line_reported) {
      diagnostics.error("control-character", fmt::format("a control character (0x{:02x})", c), span,
                        "remove it");
      line_reported = true;
    }
    at = span.end;
  }
}

// Builds the tree from libfyaml's events: its own document would refuse a duplicate key too, but
// stop there.
class Reader {
 public:
  Reader(const Source &source, Span file, Diagnostics &diagnostics)
      : source_(source),
        begin_(file.begin),
        text_(std::string_view(source.text()).substr(file.begin, file.end - file.begin)),
        diagnostics_(diagnostics) {
    fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = nullptr;
    diag_config.output_fn = [](fy_diag *, void *, const char *, std::size_t) {};
    diag_.reset(fy_diag_create(&diag_config));
    fy_diag_set_collect_errors(diag_.get(), true);

    fy_parse_cfg config{};
    config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE |
                                                   FYPCF_COLLECT_DIAG);
    config.diag = diag_.get();
    parser_.reset(fy_parser_create(&config));
    if (!parser_ || fy_parser_set_string(parser_.get(), text_.data(), text_.size()) != 0) {
      throw std::bad_alloc();
    }
  }

  std::optional<Node> read() {
    std::optional<Node> root;
    std::size_t documents = 0;
    while (Event event = next()) {
      if (event->type == FYET_DOCUMENT_START) {
        if (++documents == 2) {
          error("second-document", "the file holds a second document", event,
                "a policy is one document: remove this line and what follows");
          return std::nullopt;
        }
        if (fy_document_state_version_explicit(event->document_start.document_state) ||
            fy_document_state_tags_explicit(event->document_start.document_state)) {
          error("directive", "a YAML directive", event, "remove the line that begins with %");
        }
      } else if (event->type == FYET_MAPPING_START || event->type == FYET_SEQUENCE_START ||
                 event->type == FYET_SCALAR || event->type == FYET_ALIAS) {
        root = node(std::move(event), 0);
        if (broken_) return std::nullopt;
      }
    }
    if (broken_) return std::nullopt;
    if (!root) {
      diagnostics_.error("empty", "the file holds no policy", {begin_, begin_},
                         "begin with \"tenancy: 1\"");
    }
    return root;
  }

 private:
  struct FreeEvent {
    fy_parser *parser;
    void operator()(fy_event *event) const { fy_parser_event_free(parser, event); }
  };
  using Event = std::unique_ptr<fy_event, FreeEvent>;

  Event next() {
    Event event(fy_parser_parse(parser_.get()), FreeEvent{parser_.get()});
    if (!event && fy_parser_get_stream_error(parser_.get())) syntax_error();
    return event;
  }

  void syntax_error() {
    if (broken_) return;
    broken_ = true;
    void *iterator = nullptr;
    const fy_diag_error *first = fy_diag_errors_iterate(diag_.get(), &iterator);
    std::size_t at = 0;
    std::string message = "not well-formed";
    if (first != nullptr) {
      message = first->msg;
      at = offset(first->line, first->column);
    }
    diagnostics_.error("yaml", "this is not YAML: " + message, {at, at},
                       "look at the indentation, the quotes and the brackets here and just above");
  }

  // libfyaml counts from 1 in collected errors, columns in characters.
  std::size_t offset(int line, int column) const {
    std::size_t at = 0;
    for (int passed = 1; passed < line && at < text_.size(); ++passed) {
      at = std::min(text_.find('\n', at), text_.size() - 1) + 1;
    }
    for (int passed = 1; passed < column && at < text_.size() && text_[at] != '\n'; ++passed) {
      at += std::max<std::size_t>(utf8_length(text_.substr(at)), 1);
    }
    return begin_ + at;
  }

  Span span_of(const Event &event) const {
    const fy_mark *begin = fy_event_start_mark(event.get());
    const fy_mark *end = fy_event_end_mark(event.get());
    const std::size_t at = begin == nullptr ? 0 : begin->input_pos;
    return {begin_ + at, begin_ + (end == nullptr ? at : end->input_pos)};
  }

  void error(const char *name, const char *message, const Event &event, const char *help) {
    diagnostics_.error(name, message, span_of(event), help);
  }

  bool refuse_decoration(const Event &event) {
    fy_token *anchor = fy_event_get_anchor_token(event.get());
    fy_token *tag = fy_event_get_tag_token(event.get());
    for (fy_token *token : {anchor, tag}) {
      if (token == nullptr) continue;
      const fy_mark *begin = fy_token_start_mark(token);
      const fy_mark *end = fy_token_end_mark(token);
      // The mark of an anchor stands after its &.
      const std::size_t at = begin->input_pos - (token == anchor && begin->input_pos > 0 ? 1 : 0);
      diagnostics_.error(
          token == anchor ? "anchor" : "tag", token == anchor ? "an anchor" : "a tag",
          {begin_ + at, begin_ + end->input_pos},
          token == anchor ? "write the value out wherever it is meant" : "write the plain value");
    }
    return anchor != nullptr || tag != nullptr;
  }

  Node node(Event event, int depth) {
    Node result;
    result.span = span_of(event);
    if (depth > max_depth) {
      error("depth", "nested too deeply", event, "no policy needs more than 16 levels");
      broken_ = true;
      return result;
    }
    if (event->type == FYET_ALIAS) {
      result.span.begin -= result.span.begin > begin_ ? 1 : 0;
      diagnostics_.error("anchor", "an alias", result.span,
                         "write the value out wherever it is meant");
      return result;
    }
    const bool refused = refuse_decoration(event);
    switch (event->type) {
      case FYET_SCALAR:
        scalar(result, event);
        break;
      case FYET_SEQUENCE_START:
        result.kind = Node::Kind::sequence;
        sequence(result, depth);
        break;
      default:
        result.kind = Node::Kind::mapping;
        mapping(result, depth);
        break;
    }
    if (refused) result.kind = Node::Kind::refused;
    return result;
  }

  void scalar(Node &result, const Event &event) {
    result.kind = Node::Kind::scalar;
    std::size_t length = 0;
    const char *text = fy_token_get_text(event->scalar.value, &length);
    if (text != nullptr) result.text.assign(text, length);
    switch (fy_token_scalar_style(event->scalar.value)) {
      case FYSS_SINGLE_QUOTED:
        result.style = Node::Style::single_quoted;
        break;
      case FYSS_DOUBLE_QUOTED:
        result.style = Node::Style::double_quoted;
        break;
      case FYSS_LITERAL:
      case FYSS_FOLDED:
        result.style = Node::Style::block;
        break;
      default:
        break;
    }
  }

  void sequence(Node &result, int depth) {
    while (Event event = next()) {
      if (event->type == FYET_SEQUENCE_END) return close(result, event);
      result.items.push_back(node(std::move(event), depth + 1));
      if (broken_) return;
    }
  }

  using Keys = std::unordered_map<std::string, Span>;

  void mapping(Node &result, int depth) {
    Keys keys;
    while (Event event = next()) {
      if (event->type == FYET_MAPPING_END) return close(result, event);
      Node key = node(std::move(event), depth + 1);
      if (broken_) return;
      Event value_event = next();
      if (!value_event) return;
      Node value = node(std::move(value_event), depth + 1);
      if (broken_) return;
      // What is not there has no mark: it is missed after its key.
      if (value.span.end < key.span.end) value.span = {key.span.end, key.span.end};
      if (accept_key(keys, key)) result.members.push_back({std::move(key), std::move(value)});
    }
  }

  bool accept_key(Keys &keys, const Node &key) {
    if (key.kind == Node::Kind::refused) return false;
    if (key.kind != Node::Kind::scalar) {
      diagnostics_.error("key", "a key that is not a plain word", key.span, "quote it");
      return false;
    }
    if (key.style == Node::Style::plain && key.text == "<<") {
      diagnostics_.error("merge-key", "a merge key", key.span,
                         "write the members out wherever they are meant");
      return false;
    }
    const auto [first, is_new] = keys.emplace(key.text, key.span);
    if (is_new) return true;
    diagnostics_.error("duplicate-key", fmt::format("\"{}\" stands here twice", key.text), key.span,
                       fmt::format("the first one is in line {}; keep one of them",
                                   source_.line_of(first->second)));
    return false;
  }

  void close(Node &result, const Event &end) const {
    result.span.end = std::max(result.span.end, span_of(end).end);
  }

  const Source &source_;
  std::size_t begin_;  // of the file within the source
  std::string_view text_;
  Diagnostics &diagnostics_;
  std::unique_ptr<fy_diag, Release> diag_;
  std::unique_ptr<fy_parser, Release> parser_;
  bool broken_ = false;
};

}  // namespace

std::optional<Node> read_yaml(const Source &source, Diagnostics &diagnostics, std::size_t file) {
  const std::size_t errors = diagnostics.errors();
  check_characters(source, source.extent(file), diagnostics);
  if (diagnostics.errors() > errors) return std::nullopt;
  return Reader(source, source.extent(file), diagnostics).read();
}

bool is_ambiguous(const Node &node) {
  if (node.kind != Node::Kind::scalar || node.style != Node::Style::plain) return false;
  std::string word = node.text;
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  static constexpr std::array<std::string_view, 10> words{"yes", "no",   "on",    "off",  "y",
                                                          "n",   "true", "false", "null", "~"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::size_t source_offset(const Source &source, const Node &scalar, std::size_t at) {
  const std::string_view raw = source.text();
  const auto blank = [](char c) { return c == ' ' || c == '\n' || c == '\r'; };
  std::size_t place = scalar.span.begin;  // after the opening quote
  // Walk both texts side by side: white space may differ by folding, a quote by doubling.
  for (std::size_t read = 0; read < at && read < scalar.text.size(); ++read) {
    if (blank(scalar.text[read])) {
      while (place < raw.size() && blank(raw[place])) ++place;
      while (read + 1 < scalar.text.size() && blank(scalar.text[read + 1])) ++read;
      continue;
    }
    if (scalar.style == Node::Style::block || scalar.style == Node::Style::plain) {
      while (place < raw.size() && blank(raw[place])) ++place;
    }
    if (scalar.style == Node::Style::single_quoted && raw.substr(place).starts_with("''")) ++place;
    if (scalar.style == Node::Style::double_quoted && raw.substr(place).starts_with('\\')) ++place;
    if (place >= raw.size() || raw[place] != scalar.text[read]) return scalar.span.begin;
    ++place;
  }
  return std::min(place, raw.size());
}

}  // namespace tenancy::policy
