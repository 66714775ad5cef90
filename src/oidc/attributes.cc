// SPDX-License-Identifier: Apache-2.0
#include "oidc/attributes.h"

#include <algorithm>
#include <optional>

namespace tg::oidc {
namespace {

constexpr std::size_t kExpressionBytesMax = 512;
constexpr std::size_t kStepsMax = 16;

// A text as it stands, or the steps from the claims to one of their values.
struct Term {
  bool is_literal = false;
  std::string literal;
  std::vector<std::string> steps;
};

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_{text} {}

  // Empty where it is not understood.
  std::vector<Term> read() {
    std::vector<Term> terms;
    do {
      auto term = read_term();
      if (!term || terms.size() == kStepsMax) return {};
      terms.push_back(*std::move(term));
    } while (take('+'));
    skip_spaces();
    if (!text_.empty()) return {};
    return terms;
  }

 private:
  void skip_spaces() { text_.remove_prefix(std::min(text_.find_first_not_of(' '), text_.size())); }

  bool take(char c) {
    skip_spaces();
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }

  std::optional<std::string> read_quoted() {
    skip_spaces();
    if (!text_.starts_with('"') && !text_.starts_with('\'')) return std::nullopt;
    const auto end = text_.find(text_.front(), 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string quoted{text_.substr(1, end - 1)};
    // Escapes would be a second way to write the same.
    if (quoted.contains('\\')) return std::nullopt;
    text_.remove_prefix(end + 1);
    return quoted;
  }

  std::optional<std::string> read_name() {
    skip_spaces();
    const auto end = std::ranges::find_if_not(text_, is_name_byte) - text_.begin();
    if (end == 0 || (text_.front() >= '0' && text_.front() <= '9')) return std::nullopt;
    std::string name{text_.substr(0, static_cast<std::size_t>(end))};
    text_.remove_prefix(name.size());
    return name;
  }

  std::optional<Term> read_term() {
    if (auto literal = read_quoted()) {
      return Term{.is_literal = true, .literal = *std::move(literal), .steps = {}};
    }
    const auto root = read_name();
    if (!root || (*root != "claims" && *root != "assertion")) return std::nullopt;
    Term term;
    for (;;) {
      std::optional<std::string> step;
      if (take('.')) {
        step = read_name();
      } else if (take('[')) {
        step = read_quoted();
        if (!take(']')) return std::nullopt;
      } else {
        break;
      }
      if (!step || term.steps.size() == kStepsMax) return std::nullopt;
      term.steps.push_back(*std::move(step));
    }
    if (term.steps.empty()) return std::nullopt;
    return term;
  }

  std::string_view text_;
};

std::vector<Term> parse(std::string_view expression) {
  if (expression.size() > kExpressionBytesMax) return {};
  return Reader{expression}.read();
}

// Null where the token has no such value.
Json value_of(const Json& claims, const Term& term) {
  if (term.is_literal) return term.literal;
  const Json* at = &claims;
  for (const auto& step : term.steps) {
    if (!at->is_object()) return nullptr;
    const auto found = at->find(step);
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return *at;
}

Json evaluate(const Json& claims, const std::vector<Term>& terms) {
  if (terms.size() == 1) return value_of(claims, terms.front());
  std::string joined;
  for (const auto& term : terms) {
    const auto value = value_of(claims, term);
    if (!value.is_string()) return nullptr;
    joined += value.get_ref<const std::string&>();
  }
  return joined;
}

// 1 is 1.0; nothing else is equal to what has another type.
bool is_same(const Json& left, const Json& right) {
  if (left.is_number() && right.is_number()) return left == right;
  return left.type() == right.type() && left.is_primitive() && left == right;
}

}  // namespace

Result<void> check_expression(std::string_view expression) {
  if (!parse(expression).empty()) return {};
  return fail(Code::kFieldInvalid,
              "write what picks a claim: claims.repository, claims[\"kubernetes.io\"].namespace, "
              "or texts and those with + between them");
}

Json attributes_of(const Json& claims, const std::vector<Transformation>& derived) {
  auto attributes = claims;
  for (const auto& [attribute, expression] : derived) {
    auto value = evaluate(claims, parse(expression));
    if (value.is_null()) {
      // What was to be in the claim's place must not leave the claim there.
      attributes.erase(attribute);
    } else {
      attributes[attribute] = std::move(value);
    }
  }
  return attributes;
}

bool matches(const Json& attributes, const Json& matchers) {
  if (!matchers.is_object() || matchers.empty() || !attributes.is_object()) return false;
  for (const auto& [attribute, value] : matchers.items()) {
    const auto found = attributes.find(attribute);
    if (found == attributes.end() || found->is_null() || !is_same(*found, value)) return false;
  }
  return true;
}

}  // namespace tg::oidc
