// SPDX-License-Identifier: Apache-2.0
// Between step 3's refusal and its telling: where a limit opens again soon, a call may wait for it,
// behind those who wait already. It holds nothing meanwhile.
#include "gateway/authenticate.h"
#include "gateway/call.h"

namespace tg::gateway {
namespace {

// How often the first of a line looks: limits open by the clock, and by calls on other workers that
// end. A tick of the timer wheel.
constexpr auto kLook = net::TimerWheel::kTick;

}  // namespace

// Of money nothing comes back soon; a day's rate does not open while a client waits.
bool Call::may_wait() const noexcept {
  const auto wait = context_.options.limit_wait;
  if (wait.count() == 0 || context_.draining || refusal_.limit == nullptr || !refusal_.rate) {
    return false;
  }
  return refusal_.rate->metric == limits::Metric::kConcurrency || refusal_.rate->resets_in <= wait;
}

net::Task<bool> Call::wait_in_line() {
  const auto begun = std::chrono::steady_clock::now();
  WaitingLine::Place place{context_.worker};
  if (!context_.waiting.join(place, *refusal_.limit)) co_return false;
  place_ = &place;
  context_.running.join(*this, *key_);
  client_.watch([this] { on_client_gone(); });
  own_time_.pause();
  const auto end = begun + context_.options.limit_wait;
  bool admitted = false;
  for (bool over = false; !admitted && !over;) {
    const auto look = std::chrono::steady_clock::now() + kLook;
    const auto until = place.is_first() ? std::min(look, end) : end;
    co_await place.until(until);
    over = std::chrono::steady_clock::now() >= end || context_.draining || stopped();
    admitted = look_again(place.is_first());
    if (!admitted && !may_wait()) over = true;
  }
  own_time_.go_on();
  place_ = nullptr;
  leave();
  grace_.clear();
  queued_ = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                  begun);
  co_return admitted;
}

// What holds for the caller may have changed while it waited.
bool Call::look_again(bool first) {
  const auto give_up = [this](Code code) {
    refusal_.rate.reset();
    return decline(code);
  };
  if (client_gone_) return give_up(Code::kClosed);
  if (key_revoked_) return give_up(Code::kKeyInvalid);
  if (context_.draining) return give_up(Code::kShuttingDown);
  if (context_.overloaded()) return give_up(Code::kOverloaded);
  if (const auto closed = key_->closed(to_unix_ms(wall_now()))) return give_up(*closed);
  if (auto fault = certificate_fault(context_, client_, *key_)) {
    refusal_.rate.reset();
    return decline(Code::kCertificateRequired, *std::move(fault));
  }
  return first ? reserve() : reserve_in_turn();
}

}  // namespace tg::gateway
