// SPDX-License-Identifier: Apache-2.0
#include "gateway/work_search.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/control_work.h"
#include "gateway/upstream_fetch.h"
#include "http/url.h"
#include "openai/object_answer.h"

namespace tg::gateway {
namespace {

constexpr int kPagesMax = 20;
constexpr std::size_t kPageBytesMax = 16 << 20;
// The provider's clock may be behind ours.
constexpr std::int64_t kClocksApartSeconds = 600;

struct Candidates {
  std::vector<std::string> ids;
  bool past = false;  // older ones follow
};

void look_through(const openai::ObjectPage& page, const ledger::OpenWork& work,
                  Candidates& candidates) {
  const auto since = to_unix_s(work.admission.at) - kClocksApartSeconds;
  for (const auto& listed : page.objects) {
    const auto made = openai::read_object(listed.json);
    if (!made) continue;
    const bool before = made->created_s != 0 && made->created_s < since;
    candidates.past |= before;
    if (!before && made->input_file_id == work.object_id) candidates.ids.push_back(listed.id);
  }
}

// Not those that other calls have made. One that was found for this call before has its instant.
std::string choose(const std::vector<std::string>& ids,
                   const std::vector<ledger::OwnedObject>& known, const ledger::OpenWork& work) {
  std::string unknown;
  for (const auto& id : ids) {
    const auto own = std::ranges::find(known, id, &ledger::OwnedObject::id);
    if (own == known.end()) {
      unknown = id;
    } else if (own->kind == sought_kind(work) && own->made_ms == to_unix_ms(work.admission.at)) {
      return id;
    }
  }
  return unknown;
}

std::string_view list_path(openai::ObjectKind kind) {
  return openai::path(openai::endpoint_of(kind)).substr(std::string_view{"/v1"}.size());
}

}  // namespace

openai::ObjectKind sought_kind(const ledger::OpenWork& work) noexcept {
  return work.admission.endpoint == openai::Endpoint::kFineTuning
             ? openai::ObjectKind::kFineTuningJob
             : openai::ObjectKind::kBatch;
}

net::Task<Result<WorkSearch>> search_work(WorkerContext* context,
                                          std::shared_ptr<const config::Provider> provider,
                                          const ledger::OpenWork* work,
                                          std::unique_ptr<Exchange>* exchange) {
  WorkSearch search;
  Candidates candidates;
  std::string query = "limit=100";
  for (int pages = 0; pages < kPagesMax && !search.complete; ++pages) {
    *exchange = make_fetch(*context, provider, list_path(sought_kind(*work)), query);
    WholeBody body{kPageBytesMax};
    auto status = co_await fetch(exchange->get(), &body);
    if (!status) co_return std::unexpected(status.error());
    search.status = *status;
    if (*status != 200) co_return search;
    const auto page = openai::read_page(body.bytes);
    if (!page) co_return fail(Code::kUpstreamProtocol, "the provider's list is none");
    look_through(*page, *work, candidates);
    search.complete = candidates.past || !page->has_more || page->objects.empty();
    if (!search.complete) {
      query = "limit=100&after=" + http::percent_encode(page->objects.back().id);
    }
  }
  if (candidates.ids.empty()) co_return search;
  std::move_only_function<Result<std::vector<ledger::OwnedObject>>()> find =
      [objects = context->shared.objects, project = work->admission.project_id.str(),
       asked = candidates.ids] { return objects->find(project, asked); };
  auto known = co_await on_control_thread(context, std::move(find));
  if (!known) co_return std::unexpected(known.error());
  search.object_id = choose(candidates.ids, *known, *work);
  co_return search;
}

}  // namespace tg::gateway
