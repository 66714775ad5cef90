// SPDX-License-Identifier: Apache-2.0
// Step 4: pick a target, translate the request for it, send it. Before the first byte goes out the
// journal says so. An upstream that fails before its answer begins gives way to the next target.
#include "base/number_text.h"
#include "gateway/call.h"
#include "gateway/http_exchange.h"
#include "gateway/journal_wait.h"
#include "gateway/sandbox_exchange.h"
#include "gateway/upstream_head.h"
#include "http/trace_context.h"
#include "http/write.h"
#include "net/coarse_clock.h"
#include "providers/sandbox.h"

namespace tg::gateway {
namespace {

using namespace std::string_view_literals;

// Ours to say, about this hop alone, or nobody's business upstream: the client's key above all.
constexpr std::array kNotForwarded{
    "authorization"sv,    "api-key"sv,   "x-api-key"sv,
    "cookie"sv,           "host"sv,      "content-length"sv,
    "accept-encoding"sv,  "expect"sv,    "openai-organization"sv,
    "openai-project"sv,   "forwarded"sv, "x-forwarded-for"sv,
    "x-forwarded-host"sv, "x-real-ip"sv, "origin"sv,
    "referer"sv,
};

constexpr std::string_view kOwnPrefix = "x-tollgate-";

// How long a stream that has told its end may take to tell its usage, when nobody listens any more.
constexpr std::chrono::seconds kUsageGrace{2};
constexpr std::chrono::seconds kCutGrace{1};

struct Passing {
  std::string_view connection;  // the field of this name
  bool traced = false;          // by a traceparent that holds
};

bool is_forwarded(const http::Field& field, const Passing& passing) {
  const auto same = [&field](std::string_view name) {
    return http::equals_ignore_case(field.name, name);
  };
  if (std::ranges::any_of(kNotForwarded, same) || http::is_hop_by_hop(field.name)) return false;
  // Nobody but us says what Tollgate says.
  if (http::starts_with_ignore_case(field.name, kOwnPrefix)) return false;
  if (!passing.traced && (same(http::kTraceParent) || same(http::kTraceState))) return false;
  // What Connection names belongs to the hop, too.
  auto connection = passing.connection;
  while (!connection.empty()) {
    const auto comma = connection.find(',');
    auto named = connection.substr(0, comma);
    while (named.starts_with(' ')) named.remove_prefix(1);
    while (named.ends_with(' ')) named.remove_suffix(1);
    if (same(named)) return false;
    connection.remove_prefix(comma == std::string_view::npos ? connection.size() : comma + 1);
  }
  return true;
}

// The one that every server of this dialect knows; OpenAI's reasoning models refuse it.
std::string_view output_limit_name(openai::Endpoint endpoint, bool reasons) {
  if (endpoint == openai::Endpoint::kResponses) return "max_output_tokens";
  return reasons ? "max_completion_tokens" : "max_tokens";
}

bool may_try_next(Code code) {
  return code == Code::kUpstreamUnreachable || code == Code::kUpstreamTls ||
         code == Code::kUpstreamTimeout || code == Code::kUpstreamTruncated;
}

}  // namespace

net::Task<bool> Call::forward() {
  context_.running.join(*this, *key_);
  context_.metrics.running_calls.add(1);
  // Revoked while its body was still coming: nobody was there to be cut.
  if (key_->revoked.load(std::memory_order_acquire)) key_revoked_ = true;
  client_.watch([this] { on_client_gone(); });

  account_.sent();
  auto written = co_await written_down();
  if (!written) co_return co_await broken(written.error());

  if (object_ && object_->match.act == openai::ObjectAct::kList) co_return co_await relay_list();
  const std::size_t targets = std::max<std::size_t>(1, targets_.size());
  Error last{Code::kUpstreamUnreachable};
  for (std::size_t number = 0; number < targets && !stopped(); ++number) {
    target_ = targets_.empty() ? nullptr : &targets_[number];
    auto made = make_exchange(target_);
    if (!made) {
      last = made.error();
      break;
    }
    exchange_ = *std::move(made);
    ++attempts_;
    own_time_.pause();
    auto answer = co_await exchange_->begin();
    own_time_.go_on();
    if (answer) co_return co_await relay(*answer);
    last = answer.error();
    // What another would begin as well, this one may have begun.
    if (!may_try_next(last.code) || (begins_work() && exchange_->sent())) break;
  }
  co_return co_await broken(last);
}

// Nothing goes out before the journal has it, as far as the operator wants it to last.
net::Task<Result<void>> Call::written_down() {
  const auto& shared = context_.shared;
  if (!shared.sync_before_sending || stopped()) co_return Result<void>{};
  const auto deadline = net::coarse_now() + context_.options.sync_timeout;
  auto synced = co_await wait_for_sync(&context_.worker, shared.sync, deadline);
  if (!synced) co_return fail(Code::kJournalFull, "the journal cannot be synced to disk");
  co_return Result<void>{};
}

Result<std::unique_ptr<Exchange>> Call::make_exchange(const config::Target* target) {
  if (target == nullptr) {
    if (form_) {
      TG_TRY(body_, whole_form());
    }
    const providers::SandboxRequest request{
        .endpoint = match_.endpoint,
        .path = head_.path,
        .content_type = head_.fields.find("content-type"),
        .body = body_,
        .peek = request_,
        .created_s = to_unix_s(account_.admission().at),
    };
    return std::make_unique<SandboxExchange>(context_.worker, providers::answer(request));
  }
  const auto& options = context_.options;
  if (object_ && object_->upload) {
    auto& upload = *object_->upload;
    return std::make_unique<HttpExchange>(context_.upstreams, options, target->provider,
                                          upstream_head(*target, upload.size()), &upload);
  }
  if (form_) {
    TG_TRY(auto edit, form_->edit_field("model", target->upstream_model));
    exchange_.reset();
    source_ = std::make_unique<HeldSource>(form_->body(), std::move(edit));
    return std::make_unique<HttpExchange>(context_.upstreams, options, target->provider,
                                          upstream_head(*target, source_->size()), source_.get());
  }
  rewrite_body(*target);
  const auto body = rewritten_body_.empty() ? body_ : std::string_view{rewritten_body_};
  auto exchange = std::make_unique<HttpExchange>(context_.upstreams, options, target->provider,
                                                 upstream_head(*target, body.size()), body);
  if (begins_work()) exchange->do_once();
  return exchange;
}

void Call::rewrite_body(const config::Target& target) {
  rewritten_body_.clear();
  if (object_) return;
  const bool streams_usage = match_.endpoint == openai::Endpoint::kChatCompletions ||
                             match_.endpoint == openai::Endpoint::kCompletions;
  auto rewrite = forced_;
  const bool model_in_body = request_.model_value.has_value() && match_.model.empty();
  if (!model_in_body || request_.model != target.upstream_model) {
    rewrite.model = target.upstream_model;
  }
  rewrite.include_usage = request_.stream && streams_usage && !request_.usage_wanted;
  rewrite.output_tokens_max = account_.output_cap();
  rewrite.output_limit_name = output_limit_name(match_.endpoint, model_->reasons);
  if (rewrite.changes()) {
    rewritten_body_ = openai::rewrite_json(body_, request_, rewrite);
  }
}

std::string Call::upstream_head(const config::Target& target,
                                std::optional<std::uint64_t> body_bytes) const {
  // The endpoint's path begins with /v1, which the provider's prefix replaces.
  const auto path = object_ ? head_.path : openai::path(match_.endpoint);
  auto head =
      begin_upstream_head(*target.provider, {.method = head_.method,
                                             .path = path.substr(std::string_view{"/v1"}.size()),
                                             .query = head_.query});
  if (!body_bytes) {
    head.append("Transfer-Encoding: chunked\r\n");
  } else if (*body_bytes > 0 || head_.method == "POST") {
    head.append("Content-Length: ");
    append_number(head, *body_bytes);
    head.append("\r\n");
  }
  head.append("X-Tollgate-Call-Id: ").append(id_text_).append("\r\n");
  const Passing passing{.connection = head_.fields.find("connection"),
                        .traced = !http::trace_id_of(head_.fields).empty()};
  for (const auto& field : head_.fields) {
    if (is_forwarded(field, passing)) {
      head.append(field.name).append(": ").append(field.value).append("\r\n");
    }
  }
  head.append("\r\n");
  return head;
}

void Call::on_client_gone() {
  client_gone_ = true;
  if (place_ != nullptr) return grace_.set(std::chrono::steady_clock::now());
  if (!exchange_ || outlives_client()) return;
  if (answer_.finish_reason_seen && !answer_.finished) {
    grace_.set(std::chrono::steady_clock::now() + kUsageGrace);
  } else {
    exchange_->cancel();
  }
}

void Call::cut() noexcept {
  if (!context_.draining) key_revoked_ = true;
  if (place_ != nullptr) return grace_.set(std::chrono::steady_clock::now());
  grace_.set(std::chrono::steady_clock::now() + kCutGrace);  // where the client does not read on
  if (exchange_ && !outlives_client()) exchange_->cancel();
}

// The upstream goes on with such work though nobody waits for it, so its name must be heard, by
// which it is asked after. When the server ends, the next one takes what is written down.
bool Call::outlives_client() const noexcept { return begins_work() && !context_.draining; }

}  // namespace tg::gateway
