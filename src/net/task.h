// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "net/recycled.h"

// A coroutine that starts when it is awaited and resumes its awaiter when it ends. A read that is
// ready costs no trip through a completion queue.
//
// Threading:  a task lives and dies on the worker that started it.
// Lifetime:   the awaiter's frame owns the task's. A started task is never destroyed while it is
//             suspended: it is ended by closing what it waits for (STYLE, Coroutines 5).
// Errors:     values. An exception that reaches a task's edge ends the process.
namespace tg::net {

template <typename T>
class [[nodiscard]] Task;

namespace detail {

struct ResumeAwaiter {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <typename Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
    return ended.promise().awaiter_;
  }
  void await_resume() const noexcept {}
};

struct PromiseBase : Recycled {
  std::coroutine_handle<> awaiter_ = std::noop_coroutine();

  std::suspend_always initial_suspend() noexcept { return {}; }
  ResumeAwaiter final_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
};

template <typename T>
struct Promise : PromiseBase {
  std::optional<T> value_;

  Task<T> get_return_object() noexcept;
  template <typename Value>
  void return_value(Value&& value) {
    value_.emplace(std::forward<Value>(value));
  }
  T take() { return std::move(*value_); }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() noexcept {}
};

}  // namespace detail

template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;

  explicit Task(std::coroutine_handle<promise_type> frame) noexcept : frame_{frame} {}
  Task(Task&& other) noexcept : frame_{std::exchange(other.frame_, nullptr)} {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (frame_) frame_.destroy();
  }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
    frame_.promise().awaiter_ = awaiter;
    return frame_;
  }
  T await_resume() { return frame_.promise().take(); }

 private:
  std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <typename T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>{std::coroutine_handle<Promise<T>>::from_promise(*this)};
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>{std::coroutine_handle<Promise<void>>::from_promise(*this)};
}

// A frame that nobody awaits and that frees itself at its end.
struct Detached {
  struct promise_type : Recycled {
    Detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
    void return_void() noexcept {}
  };
};

inline Detached run_detached(Task<void> task) { co_await task; }

}  // namespace detail

// Runs the task until its first wait, then returns; it goes on by itself.
inline void start(Task<void> task) { detail::run_detached(std::move(task)); }

}  // namespace tg::net
