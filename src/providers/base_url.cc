// SPDX-License-Identifier: Apache-2.0
#include "providers/base_url.h"

#include <fmt/format.h>

#include <cstdint>

namespace tg::providers {

std::string base_url(const http::Url& url) {
  const bool bracketed = url.host.contains(':');
  const std::uint16_t default_port = url.tls ? 443 : 80;
  auto text = fmt::format("{}://{}{}{}", url.tls ? "https" : "http", bracketed ? "[" : "", url.host,
                          bracketed ? "]" : "");
  if (url.port != default_port) text += fmt::format(":{}", url.port);
  return text + url.path_prefix;
}

Result<std::string> base_url(std::string_view text) {
  TG_TRY(const auto url, http::parse_url(text));
  return base_url(url);
}

}  // namespace tg::providers
