// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "http/head.h"

// W3C Trace Context, Level 2: what ties a call to the trace that it is part of.
//
// Threading:  pure.
namespace tg::http {

inline constexpr std::string_view kTraceParent = "traceparent";
inline constexpr std::string_view kTraceState = "tracestate";

// The 32 hexadecimal digits of a message's trace; empty where its traceparent is missing, stands
// there twice, or is invalid. Then its tracestate means nothing either, and neither is passed on.
[[nodiscard]] std::string_view trace_id_of(const Fields& fields) noexcept;

[[nodiscard]] std::string_view trace_id_of(std::string_view traceparent) noexcept;

}  // namespace tg::http
