// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <soci/soci.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "identity/people.h"
#include "store/database.h"
#include "store/test_folder.h"

// One Tollgate's database for one test. For tests only.
namespace tg::identity {

class TestInstance : public ::testing::Test {
 protected:
  static constexpr WallTime kStart{std::chrono::milliseconds{1'795'000'000'000}};

  TestInstance() {
    auto opened = store::Database::open(folder_.place());
    TG_CHECK(opened.has_value());
    database_ = std::move(*opened);
  }

  store::Database& database() { return *database_; }

  static NewOwner ada() { return {.email = "Ada@Example.org", .password_hash = "a hash"}; }
  User make_owner() {
    auto user = create_owner(database(), ada(), {}, kStart);
    TG_CHECK(user.has_value());
    return *std::move(user);
  }

  void run_sql(const std::string& sql) {
    const auto done = database().write([&](soci::session& session) -> Result<void> {
      session << sql;
      return {};
    });
    TG_CHECK(done.has_value());
  }
  long long count(const std::string& query) {
    long long value = -1;
    const auto done = database().read([&](soci::session& session) -> Result<void> {
      session << query, soci::into(value);
      return {};
    });
    TG_CHECK(done.has_value());
    return value;
  }

  // Calls `work(0)` to `work(threads - 1)` at once, each on a thread of its own.
  static void in_parallel(int threads, const std::function<void(int)>& work) {
    std::vector<std::jthread> running;
    for (int i = 0; i < threads; ++i) running.emplace_back([&work, i] { work(i); });
  }

 private:
  store::TestFolder folder_;
  std::unique_ptr<store::Database> database_;
};

// The code of a result that is expected to be an error; fails the test where it is none.
template <typename T>
Code code_of(const Result<T>& result) {
  if (result) {
    ADD_FAILURE() << "succeeded";
    return Code::kInternal;
  }
  return result.error().code;
}

}  // namespace tg::identity
