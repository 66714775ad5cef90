// SPDX-License-Identifier: Apache-2.0
// A list of what a project has upstream. The provider lists what all projects have, so its pages
// are read until there are enough of this one's.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "gateway/call.h"
#include "gateway/control_work.h"
#include "gateway/upstream_fetch.h"
#include "http/url.h"
#include "openai/error_table.h"

namespace tg::gateway {
namespace {

constexpr std::size_t kLimitDefault = 20;
constexpr std::size_t kLimitMax = 100;
// 5,000 objects of others between two of one's own; who has more needs a provider of their own.
constexpr int kPagesMax = 50;

struct ListQuery {
  std::size_t limit = kLimitDefault;
  std::string cursor;
  std::string rest;  // as the client wrote it, "&order=asc"
};

ListQuery read_query(std::string_view query) {
  ListQuery read;
  for (const auto& [name, value] : http::parse_query(query)) {
    if (name == "limit") {
      std::size_t limit = 0;
      std::from_chars(value.data(), value.data() + value.size(), limit);
      read.limit = std::clamp<std::size_t>(limit, 1, kLimitMax);
    } else if (name == "after") {
      read.cursor = value;
    } else {
      read.rest += "&" + http::percent_encode(name) + "=" + http::percent_encode(value);
    }
  }
  return read;
}

}  // namespace

// What of one of the provider's pages is this project's; 0 with `page` whole, else the status.
net::Task<Result<int>> Call::read_own_page(std::string query, openai::ObjectPage* page) {
  exchange_ = make_fetch(context_, object_->target.provider, head_.path.substr(3), query);
  ++attempts_;
  WholeBody body{context_.options.answer_bytes_max};
  own_time_.pause();
  auto status = co_await fetch(exchange_.get(), &body);
  own_time_.go_on();
  if (!status || *status != 200) co_return status;
  auto read = openai::read_page(body.bytes);
  if (!read) co_return fail(Code::kUpstreamProtocol, "the provider's list is none");
  *page = *std::move(read);
  co_return 200;
}

net::Task<Result<void>> Call::keep_own(openai::ObjectPage* page) {
  std::vector<std::string> ids;
  for (const auto& object : page->objects) ids.push_back(object.id);
  auto found = co_await find_own(std::move(ids));
  if (!found) co_return std::unexpected(found.error());
  std::erase_if(page->objects, [&](const openai::ListedObject& listed) {
    return std::ranges::none_of(*found, [&](const ledger::OwnedObject& own) {
      return own.id == listed.id && own.kind == object_->match.kind;
    });
  });
  co_return Result<void>{};
}

// From where the list goes on: the providers that have such objects of this project, each after the
// other.
net::Task<Result<std::vector<std::string>>> Call::listed_providers() {
  std::move_only_function<Result<std::vector<std::string>>()> list =
      [objects = context_.shared.objects, project = key_->project->id.text(),
       kind = object_->match.kind] { return objects->providers_with(project, kind); };
  auto providers = co_await on_control_thread(&context_, std::move(list));
  if (!providers) co_return providers;
  const auto from = std::ranges::find(*providers, pinned_provider_);
  if (from != providers->end()) providers->erase(providers->begin(), from);
  std::erase_if(*providers,
                [this](const std::string& id) { return !snapshot_->find_provider(id); });
  co_return providers;
}

net::Task<bool> Call::relay_list() {
  target_ = &object_->target;
  auto query = read_query(head_.query);
  auto providers = co_await listed_providers();
  if (!providers) co_return co_await broken(providers.error());
  openai::ObjectPage own;
  std::size_t provider = 0;
  for (int pages = 0; pages < kPagesMax && provider < providers->size() && !stopped(); ++pages) {
    object_->target.provider = snapshot_->find_provider((*providers)[provider]);
    auto asked = fmt::format("limit={}{}", kLimitMax, query.rest);
    if (!query.cursor.empty()) asked += "&after=" + http::percent_encode(query.cursor);
    openai::ObjectPage page;
    auto status = co_await read_own_page(std::move(asked), &page);
    if (!status) co_return co_await broken(status.error());
    if (*status != 200) co_return co_await broken({Code::kUpstreamProtocol, "no list"});
    const bool ends = !page.has_more || page.objects.empty();
    query.cursor = ends ? std::string{} : page.objects.back().id;
    if (ends) ++provider;
    own.has_more = provider < providers->size();
    auto kept = co_await keep_own(&page);
    if (!kept) co_return co_await broken(kept.error());
    for (auto& object : page.objects) own.objects.push_back(std::move(object));
    if (own.objects.size() > query.limit) {
      own.objects.resize(query.limit);
      own.has_more = true;
    }
    if (own.objects.size() == query.limit) break;
  }
  if (stopped()) co_return co_await broken({Code::kCancelled});
  answer_body_ = openai::write_page(own);
  settle(ledger::Outcome::kCompleted, 200);
  AnswerHead head;
  head.status = 200;
  head.content_type = "application/json";
  co_return co_await write_whole(head);
}

}  // namespace tg::gateway
