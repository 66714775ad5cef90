// SPDX-License-Identifier: Apache-2.0
#include "cli/environment_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "http/url.h"
#include "keys/key_format.h"

namespace tg::cli {
namespace {

constexpr auto kOpenAi = "https://api.openai.com/v1";

bool is_own_address(const http::Url& url, const config::Settings& settings) {
  constexpr std::array<std::string_view, 3> kThisMachine{"127.0.0.1", "localhost", "::1"};
  const bool this_machine =
      url.host == settings.listen_host ||
      std::ranges::find(kThisMachine, std::string_view{url.host}) != kThisMachine.end();
  return this_machine && url.port == settings.listen_port;
}

bool has_provider(admin::Operations& operations) {
  const auto all =
      operations.run("list_providers", admin::Json::object(), admin::command_line_caller());
  if (!all) return true;  // nothing is added where nothing can be read
  return std::ranges::any_of(
      (*all)["data"], [](const admin::Json& provider) { return provider["kind"] != "sandbox"; });
}

}  // namespace

std::string add_environment_provider(admin::Operations& operations,
                                     const config::Settings& settings) {
  const auto credential = config::read_secret("OPENAI_API_KEY");
  if (!credential) return credential.error();
  if (credential->empty() || has_provider(operations)) return {};
  if (credential->reveal().starts_with(keys::kKeyPrefix)) {
    return "OPENAI_API_KEY is ignored: it is one of Tollgate's own keys, not a provider's.";
  }
  const auto base_url = config::process_environment("OPENAI_BASE_URL").value_or(kOpenAi);
  const auto parsed = http::parse_url(base_url);
  if (parsed && is_own_address(*parsed, settings)) {
    return "OPENAI_BASE_URL is ignored: it is this server's own address.";
  }

  const auto added = operations.run("add_provider",
                                    {{"name", "openai"},
                                     {"kind", "openai-compatible"},
                                     {"base_url", base_url},
                                     {"credential", credential->reveal()}},
                                    admin::command_line_caller());
  if (!added) {
    return fmt::format("The provider of OPENAI_API_KEY was not added: {}", added.error().message);
  }
  const auto warning = added->value("warning", "");
  return fmt::format("Added the provider of OPENAI_API_KEY, {} ({} models).{}{}",
                     added->value("base_url", ""), (*added)["models"].size(),
                     warning.empty() ? "" : " ", warning);
}

}  // namespace tg::cli
