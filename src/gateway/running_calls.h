// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "keys/key_table.h"

// The calls that run on a worker, so that a revoked key's can be cut in the next turn of its loop.
// A list, because joining and leaving happens on every call and revoking almost never.
//
// Threading:  one per worker, used by it alone.
namespace tg::gateway {

class RunningCalls;

class RunningCall {
 public:
  RunningCall() = default;
  RunningCall(const RunningCall&) = delete;
  RunningCall& operator=(const RunningCall&) = delete;

 protected:
  ~RunningCall() { leave(); }
  void leave() noexcept {
    if (place_ == nullptr) return;
    *place_ = next_;
    if (next_ != nullptr) next_->place_ = place_;
    place_ = nullptr;
  }

  // Ends the call as soon as it can; called on its worker, at most once.
  virtual void cut() noexcept = 0;

 private:
  friend class RunningCalls;
  const keys::Key* key_ = nullptr;
  RunningCall* next_ = nullptr;
  RunningCall** place_ = nullptr;
};

class RunningCalls {
 public:
  void join(RunningCall& call, const keys::Key& key) noexcept {
    call.key_ = &key;
    call.next_ = first_;
    call.place_ = &first_;
    if (first_ != nullptr) first_->place_ = &call.next_;
    first_ = &call;
  }

  void cut(const keys::Key& key) noexcept {
    cut_where([&key](const keys::Key* of) { return of == &key; });
  }
  // The server ends.
  void cut_all() noexcept {
    cut_where([](const keys::Key* of) { return of != nullptr; });
  }

 private:
  template <typename Matches>
  void cut_where(Matches matches) noexcept {
    // Cutting a call may end it, and any other: so the search begins anew after each.
    for (RunningCall* call = first_; call != nullptr;) {
      if (!matches(call->key_)) {
        call = call->next_;
        continue;
      }
      call->key_ = nullptr;  // at most once
      call->cut();
      call = first_;
    }
  }

  RunningCall* first_ = nullptr;
};

}  // namespace tg::gateway
