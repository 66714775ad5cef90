// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <limits>

#include "providers/sandbox_parts.h"

namespace tg::providers::sandbox {
namespace {

// A schema that names itself ends here: deeper than any form that people write, and few enough
// values for an answer of some hundred kilobytes.
constexpr int kDepthMax = 32;
constexpr int kValuesMax = 4'096;
constexpr int kChoiceDepth = 8;

struct Format {
  std::string_view name;
  std::string_view example;
};
constexpr std::array kFormats{
    Format{"date-time", "2026-01-01T00:00:00Z"},
    Format{"date", "2026-01-01"},
    Format{"time", "00:00:00Z"},
    Format{"duration", "PT0S"},
    Format{"email", "sandbox@example.com"},
    Format{"hostname", "example.com"},
    Format{"ipv4", "192.0.2.1"},
    Format{"ipv6", "2001:db8::1"},
    Format{"uri", "https://example.com/"},
    Format{"uuid", "00000000-0000-4000-8000-000000000000"},
};

// Makes the smallest value that holds every property which the schema names.
class Example {
 public:
  Example(const Json& root, std::string_view text) : root_{root}, text_{text} {}

  Json make(const Json& schema, int depth) {
    // Counted first: what is too deep must end a long list as well.
    if (++values_ > kValuesMax || depth > kDepthMax) return nullptr;
    if (schema.contains("const")) return schema["const"];
    if (const auto& choices = member(schema, "enum"); choices.is_array() && !choices.empty()) {
      return choices.front();
    }
    if (const auto& target = member(schema, "$ref"); target.is_string()) {
      return make(resolve(target.get_ref<const std::string&>()), depth + 1);
    }
    for (const auto* combined : {"anyOf", "oneOf", "allOf"}) {
      const auto& schemas = member(schema, combined);
      if (!schemas.is_array() || schemas.empty()) continue;
      // Where a part is optional, null stands last: it ends what refers to itself.
      return make(depth < kChoiceDepth ? schemas.front() : schemas.back(), depth + 1);
    }
    return make_type(schema, depth);
  }

 private:
  Json make_type(const Json& schema, int depth) {
    const auto& types = member(schema, "type");
    const auto& type = types.is_array() && !types.empty() ? types.front() : types;
    if (type == "object" || schema.contains("properties")) return make_object(schema, depth);
    if (type == "array") return make_array(schema, depth);
    if (type == "string") return make_string(schema);
    if (type == "integer" || type == "number") return make_number(schema);
    if (type == "boolean") return true;
    return nullptr;
  }

  Json make_object(const Json& schema, int depth) {
    auto object = Json::object();
    const auto& properties = member(schema, "properties");
    if (!properties.is_object()) return object;
    for (const auto& [name, property] : properties.items()) {
      object[name] = make(property, depth + 1);
    }
    return object;
  }

  // Empty where that is allowed: so a schema that holds itself in a list comes to an end.
  Json make_array(const Json& schema, int depth) {
    auto array = Json::array();
    const auto& least = member(schema, "minItems");
    const auto count = least.is_number_integer() ? least.get<std::int64_t>() : 0;
    for (std::int64_t made = 0; made < count && values_ < kValuesMax; ++made) {
      array.push_back(make(member(schema, "items"), depth + 1));
    }
    return array;
  }

  [[nodiscard]] Json make_string(const Json& schema) const {
    const auto& format = member(schema, "format");
    for (const auto& known : kFormats) {
      if (format == known.name) return known.example;
    }
    const auto& most = member(schema, "maxLength");
    if (!most.is_number_unsigned() || text_.size() <= most.get<std::size_t>()) return text_;
    // The notice is ASCII: it can be cut anywhere.
    return kHonesty.substr(0, most.get<std::size_t>());
  }

  static Json make_number(const Json& schema) {
    if (const auto& least = member(schema, "minimum"); least.is_number()) return least;
    const auto& above = member(schema, "exclusiveMinimum");
    if (above.is_number_integer() &&
        above.get<std::int64_t>() < std::numeric_limits<std::int64_t>::max()) {
      return above.get<std::int64_t>() + 1;
    }
    if (const auto& most = member(schema, "maximum"); most.is_number() && most < 0) return most;
    return 0;
  }

  // "#/$defs/Step"; names with a slash or a tilde inside are not followed.
  const Json& resolve(std::string_view reference) const {
    static const Json kNull;
    if (!reference.starts_with('#')) return kNull;
    reference.remove_prefix(1);
    const Json* found = &root_;
    while (reference.starts_with('/')) {
      reference.remove_prefix(1);
      const auto name = reference.substr(0, reference.find('/'));
      found = &member(*found, name);
      reference.remove_prefix(name.size());
    }
    return *found;
  }

  const Json& root_;
  const std::string_view text_;
  int values_ = 0;
};

}  // namespace

Json example_of(const Json& schema, std::string_view text) {
  return Example{schema, text}.make(schema, 0);
}

}  // namespace tg::providers::sandbox
