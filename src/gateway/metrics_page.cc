// SPDX-License-Identifier: Apache-2.0
#include "gateway/metrics_page.h"

#include <prometheus/text_serializer.h>

#include <functional>
#include <vector>

#include "base/secret_bytes.h"
#include "gateway/refuse.h"
#include "http/write.h"

namespace tg::gateway {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;
using Workers = std::span<const WorkerMetrics* const>;

MetricFamily family(std::string_view name, std::string_view help, MetricType type) {
  return {.name = "tollgate_" + std::string{name},
          .help = std::string{help},
          .type = type,
          .metric = {}};
}

void add(MetricFamily& family, Labels labels, std::int64_t value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  const auto number = static_cast<double>(value);
  if (family.type == MetricType::Counter) {
    metric.counter.value = number;
  } else {
    metric.gauge.value = number;
  }
  family.metric.push_back(std::move(metric));
}

template <typename Read>
std::int64_t sum(Workers workers, Read read) {
  std::int64_t total = 0;
  for (const auto* worker : workers) total += read(*worker).read();
  return total;
}

std::string path_of(std::size_t endpoint) {
  return std::string{openai::path(static_cast<openai::Endpoint>(endpoint))};
}

MetricFamily calls(Workers workers) {
  auto told = family("calls_total", "Calls that were let in and have ended, by outcome.",
                     MetricType::Counter);
  for (std::size_t endpoint = 0; endpoint < openai::kEndpointCount; ++endpoint) {
    for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome) {
      const auto number = sum(workers, [&](const WorkerMetrics& of) -> const Count& {
        return of.endpoints.at(endpoint).calls.at(outcome);
      });
      if (number == 0) continue;
      const auto* name = ledger::name(static_cast<ledger::Outcome>(outcome));
      add(told, {{"endpoint", path_of(endpoint)}, {"outcome", name}}, number);
    }
  }
  return told;
}

MetricFamily refusals(Workers workers) {
  auto told = family("refusals_total", "Requests for models that were refused, by reason.",
                     MetricType::Counter);
  for (std::size_t code = 0; code < kCodes; ++code) {
    const auto number =
        sum(workers, [&](const WorkerMetrics& of) -> const Count& { return of.refusals.at(code); });
    if (number > 0) add(told, {{"reason", name(static_cast<Code>(code))}}, number);
  }
  return told;
}

MetricFamily tokens(Workers workers) {
  auto told = family("tokens_total", "Tokens of calls that have ended.", MetricType::Counter);
  for (std::size_t endpoint = 0; endpoint < openai::kEndpointCount; ++endpoint) {
    const auto add_sum = [&](const char* direction, Count EndpointMetrics::* member) {
      const auto number = sum(workers, [&](const WorkerMetrics& of) -> const Count& {
        return of.endpoints.at(endpoint).*member;
      });
      if (number == 0) return;
      add(told, {{"endpoint", path_of(endpoint)}, {"direction", direction}}, number);
    };
    add_sum("input", &EndpointMetrics::input_tokens);
    add_sum("output", &EndpointMetrics::output_tokens);
  }
  return told;
}

constexpr double kMicrosecondsASecond = 1e6;

// The same bucket of all workers added up, and each bucket with those before it.
template <auto kBounds>
ClientMetric::Histogram histogram(std::span<const Durations<kBounds>* const> of) {
  ClientMetric::Histogram told;
  for (std::size_t bucket = 0; bucket <= kBounds.size(); ++bucket) {
    for (const auto* durations : of) {
      told.sample_count += static_cast<std::uint64_t>(durations->counts()[bucket].read());
    }
    const auto bound = bucket < kBounds.size()
                           ? static_cast<double>(kBounds[bucket]) / kMicrosecondsASecond
                           : std::numeric_limits<double>::infinity();
    told.bucket.push_back({.cumulative_count = told.sample_count, .upper_bound = bound});
  }
  for (const auto* durations : of) {
    told.sample_sum += static_cast<double>(durations->sum_us()) / kMicrosecondsASecond;
  }
  return told;
}

template <auto kBounds>
MetricFamily times(Workers workers, std::string_view name, std::string_view help,
                   Durations<kBounds> EndpointMetrics::* member) {
  auto told = family(name, help, MetricType::Histogram);
  for (std::size_t endpoint = 0; endpoint < openai::kEndpointCount; ++endpoint) {
    std::vector<const Durations<kBounds>*> of;
    for (const auto* worker : workers) of.push_back(&(worker->endpoints.at(endpoint).*member));
    ClientMetric metric;
    metric.label = {{"endpoint", path_of(endpoint)}};
    metric.histogram = histogram<kBounds>(of);
    if (metric.histogram.sample_count > 0) told.metric.push_back(std::move(metric));
  }
  return told;
}

MetricFamily of_each_worker(Workers workers, std::string_view name, std::string_view help,
                            MetricType type, Count WorkerMetrics::* member) {
  auto told = family(name, help, type);
  for (std::size_t number = 0; number < workers.size(); ++number) {
    add(told, {{"worker", std::to_string(number)}}, (workers[number]->*member).read());
  }
  return told;
}

MetricFamily upstream_connections(Workers workers) {
  auto told = family("upstream_connections_total", "How calls came to a connection upstream.",
                     MetricType::Counter);
  const auto add_sum = [&](const char* result, Count WorkerMetrics::* member) {
    add(told, {{"result", result}},
        sum(workers, [&](const WorkerMetrics& of) -> const Count& { return of.*member; }));
  };
  add_sum("opened", &WorkerMetrics::upstream_opened);
  add_sum("reused", &WorkerMetrics::upstream_reused);
  add_sum("failed", &WorkerMetrics::upstream_failed);
  return told;
}

// Both sums over the same calls: their quotient is the drift.
MetricFamily compared_tokens(const TokenDrift* drift) {
  auto told = family("compared_tokens_total",
                     "Tokens of compared calls, as counted here and as reported by the provider.",
                     MetricType::Counter);
  if (drift == nullptr) return told;
  for (const auto& row : drift->rows()) {
    const auto add_sums = [&](const char* direction, const TokenDrift::Sums& sums) {
      if (sums.calls == 0) return;
      add(told, {{"model", row.model}, {"direction", direction}, {"by", "tollgate"}}, sums.counted);
      add(told, {{"model", row.model}, {"direction", direction}, {"by", "provider"}},
          sums.reported);
    };
    add_sums("input", row.input);
    add_sums("output", row.output);
  }
  return told;
}

MetricFamily build_info(std::string_view version) {
  auto told = family("build_info", "Always 1.", MetricType::Gauge);
  add(told, {{"version", std::string{version}}}, 1);
  return told;
}

bool may_read(const Shared& shared, const http::RequestHead& head) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto given = head.fields.find("authorization");
  return !shared.metrics_token.empty() && given.starts_with(kScheme) &&
         equal_in_constant_time(given.substr(kScheme.size()), shared.metrics_token.reveal());
}

}  // namespace

std::string metrics_text(Workers workers, std::string_view version, const TokenDrift* drift) {
  using enum MetricType;
  const std::vector<MetricFamily> families{
      build_info(version),
      calls(workers),
      refusals(workers),
      tokens(workers),
      compared_tokens(drift),
      times(workers, "call_duration_seconds", "From a call's head to its end.",
            &EndpointMetrics::duration),
      times(workers, "first_byte_seconds", "From a call's head to the head of its answer.",
            &EndpointMetrics::first_byte),
      times(workers, "overhead_seconds",
            "Of it, what was neither the client's time nor the provider's.",
            &EndpointMetrics::overhead),
      of_each_worker(workers, "connections", "Clients that are connected.", Gauge,
                     &WorkerMetrics::connections),
      of_each_worker(workers, "connections_accepted_total", "Clients that were let in.", Counter,
                     &WorkerMetrics::connections_accepted),
      of_each_worker(workers, "connections_refused_total", "Clients above connections_max.",
                     Counter, &WorkerMetrics::connections_refused),
      of_each_worker(workers, "running_calls", "Calls that are on their way.", Gauge,
                     &WorkerMetrics::running_calls),
      of_each_worker(workers, "open_work", "Batches and responses that go on upstream.", Gauge,
                     &WorkerMetrics::open_work),
      of_each_worker(workers, "waiting_calls", "Calls that wait for a limit to let them through.",
                     Gauge, &WorkerMetrics::waiting_calls),
      of_each_worker(workers, "body_bytes", "Of requests, in memory.", Gauge,
                     &WorkerMetrics::body_bytes),
      of_each_worker(workers, "log_lines_lost_total",
                     "Lines of calls that the log's reader was too slow for.", Counter,
                     &WorkerMetrics::log_lines_lost),
      of_each_worker(workers, "upstream_idle_connections", "Kept for the next call.", Gauge,
                     &WorkerMetrics::upstream_idle),
      upstream_connections(workers),
  };
  return prometheus::TextSerializer{}.Serialize(families);
}

net::Task<bool> serve_metrics(WorkerContext& context, Client* client,
                              const http::RequestHead* head) {
  const auto& shared = context.shared;
  const bool keep_alive =
      head->keep_alive && !context.draining && head->framing == http::Framing::kNone;
  std::string bytes;
  if (may_read(shared, *head)) {
    const http::Response response{
        .status = 200,
        .fields = {{"content-type", "text/plain; version=0.0.4; charset=utf-8"}},
        .body = metrics_text(shared.metrics, shared.version, shared.token_drift)};
    bytes = http::serialize(response, keep_alive, head->method == "HEAD");
  } else {
    auto refusal =
        refusal_of(shared.metrics_token.empty() ? Code::kPathNotFound : Code::kKeyInvalid, head);
    refusal.message = shared.metrics_token.empty()
                          ? "Metrics are closed until the operator sets TOLLGATE_METRICS_TOKEN."
                          : "Metrics need the operator's token: Authorization: Bearer "
                            "(TOLLGATE_METRICS_TOKEN).";
    refusal.keep_alive = keep_alive;
    bytes = error_answer(refusal);
  }
  auto written = co_await client->write(bytes);
  co_return written.has_value() && keep_alive;
}

}  // namespace tg::gateway
