// SPDX-License-Identifier: Apache-2.0
#include "http/trace_context.h"

#include <algorithm>

namespace tg::http {
namespace {

// version "-" trace-id "-" parent-id "-" trace-flags
constexpr std::size_t kVersionBytes = 2;
constexpr std::size_t kTraceAt = 3;
constexpr std::size_t kTraceBytes = 32;
constexpr std::size_t kParentAt = 36;
constexpr std::size_t kParentBytes = 16;
constexpr std::size_t kFlagsAt = 53;
constexpr std::size_t kFlagsBytes = 2;
constexpr std::size_t kBytes = 55;

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

std::string_view trace_id_of(std::string_view traceparent) noexcept {
  if (traceparent.size() < kBytes) return {};
  const auto version = traceparent.substr(0, kVersionBytes);
  const auto trace = traceparent.substr(kTraceAt, kTraceBytes);
  const auto parent = traceparent.substr(kParentAt, kParentBytes);
  const auto flags = traceparent.substr(kFlagsAt, kFlagsBytes);
  const bool dashes = traceparent[kTraceAt - 1] == '-' && traceparent[kParentAt - 1] == '-' &&
                      traceparent[kFlagsAt - 1] == '-';
  if (!dashes || !is_lower_hex(version) || !is_lower_hex(trace) || !is_lower_hex(parent) ||
      !is_lower_hex(flags)) {
    return {};
  }
  if (version == "ff" || is_zero(trace) || is_zero(parent)) return {};
  // What later versions add stands behind another dash.
  const bool longer = traceparent.size() > kBytes;
  if (longer && (version == "00" || traceparent[kBytes] != '-')) return {};
  return trace;
}

std::string_view trace_id_of(const Fields& fields) noexcept {
  const auto traceparent = fields.find(kTraceParent);
  if (traceparent.empty() || fields.count(kTraceParent) > 1) return {};
  return trace_id_of(traceparent);
}

}  // namespace tg::http
