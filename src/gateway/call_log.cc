// SPDX-License-Identifier: Apache-2.0
#include "gateway/call_log.h"

#include <pthread.h>

#include <string_view>

#include "base/give_way.h"
#include "openai/error_table.h"

namespace tg::gateway {
namespace {

constexpr std::chrono::milliseconds kInterval{200};
// Written at once: large enough that a call's share of the system call is nothing.
constexpr std::size_t kBatchBytes = 64 << 10;
constexpr int kLinesAPass = 1024;

// Only what there is: a field without a value says nothing.
using Fields = std::vector<LogField>;

void add_text(Fields& fields, std::string_view name, std::string_view text) {
  if (!text.empty()) fields.emplace_back(name, text);
}

// What a client chose may be anything, its key by mistake too.
std::string_view told(std::string_view chosen) {
  return chosen.contains("sk-") ? std::string_view{"(looks like a key)"} : chosen;
}

void add_who(Fields& fields, const CallLine& line) {
  add_text(fields, "request", line.request);
  add_text(fields, "client_request", told(line.client_request));
  add_text(fields, "trace", line.trace);
  add_text(fields, "key", line.key);
  add_text(fields, "project", line.project);
  add_text(fields, "organization", line.organization);
  add_text(fields, "address", line.address);
}

void add_what(Fields& fields, const CallLine& line) {
  add_text(fields, "endpoint", openai::path(line.numbers.endpoint));
  add_text(fields, "model", told(line.model));
  add_text(fields, "upstream_model", told(line.upstream_model));
  add_text(fields, "provider", line.provider);
  if (line.numbers.stream) fields.emplace_back("stream", true);
  if (line.numbers.test) fields.emplace_back("test", true);
}

void add_end(Fields& fields, const CallLine::Numbers& numbers) {
  if (numbers.admitted) fields.emplace_back("attempts", numbers.attempts);
  if (numbers.goes_on) {
    fields.emplace_back("goes_on", true);
  } else if (numbers.admitted) {
    fields.emplace_back("outcome", ledger::name(numbers.outcome));
    fields.emplace_back("input_tokens", numbers.input_tokens);
    fields.emplace_back("output_tokens", numbers.output_tokens);
    if (numbers.estimated) fields.emplace_back("estimated", true);
    fields.emplace_back("charge_nanousd", numbers.charge.count());
  }
  fields.emplace_back("duration_us", numbers.duration_us);
  if (numbers.queued_us > 0) fields.emplace_back("queued_us", numbers.queued_us);
  if (numbers.first_byte_us > 0) {
    fields.emplace_back("first_byte_us", numbers.first_byte_us);
    fields.emplace_back("overhead_us", numbers.overhead_us);
  }
}

}  // namespace

void CallLog::start() {
  thread_ = std::jthread{[this] { run(); }};
  pthread_setname_np(thread_.native_handle(), "call-log");
}

void CallLog::stop() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void CallLog::run() {
  const GivingWay gives{true};
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    wake_.wait_for(lock, kInterval);
    lock.unlock();
    write_all();
    lock.lock();
  }
  write_all();
}

void CallLog::write_all() {
  for (bool more = true; more;) {
    more = false;
    for (auto& source : sources_) {
      if (write_lines(source)) more = true;
      write_lost(source);
    }
  }
  log_.write();
}

// True where a pass was not enough: others come before the rest.
bool CallLog::write_lines(Source& source) {
  for (int lines = 0; lines < kLinesAPass; ++lines) {
    CallLine line;
    if (!source.lines->take(line)) return false;
    append(line);
    source.lines->drop();
    give_way();
    if (log_.bytes() >= kBatchBytes) log_.write();
  }
  return true;
}

void CallLog::append(const CallLine& line) {
  const auto& numbers = line.numbers;
  fields_.clear();
  if (numbers.declined) fields_.emplace_back("why", name(numbers.why));
  fields_.emplace_back("status", numbers.status);
  add_who(fields_, line);
  add_what(fields_, line);
  add_end(fields_, numbers);
  const auto level = numbers.declined ? openai::error_row(numbers.why).level : LogLevel::kInfo;
  log_.add(numbers.at, level, numbers.admitted ? "call" : "call refused", fields_);
}

void CallLog::write_lost(Source& source) {
  const auto lost = source.lost->read();
  if (lost == source.told_lost) return;
  const LogField lines{"lines", lost - source.told_lost};
  log_.add(wall_now(), LogLevel::kWarning, "lines of calls left out", {&lines, 1});
  source.told_lost = lost;
}

}  // namespace tg::gateway
