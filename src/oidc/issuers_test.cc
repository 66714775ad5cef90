// SPDX-License-Identifier: Apache-2.0
#include "oidc/issuers.h"

#include <gtest/gtest.h>

#include <future>
#include <semaphore>

#include "oidc/test_signer.h"

namespace tg::oidc {
namespace {

using namespace std::chrono_literals;

// An issuer that is asked in memory, and a clock that stands.
class IssuersTest : public ::testing::Test {
 protected:
  IssuersTest() { publish("one"); }

  void publish(const std::string& key_id) {
    const std::scoped_lock lock{mutex_};
    published_ = TestSigner{"ES256", key_id}.key_set();
  }
  void set_away(bool away) { away_ = away; }
  void advance(std::chrono::steady_clock::duration by) { now_ = now_.load() + by; }

  Result<Issuers::Keys> ask(const std::string& key_id, const std::string& issuer = "issuer") {
    std::promise<Result<Issuers::Keys>> answer;
    issuers_.keys({.issuer = issuer, .owner = issuer}, key_id,
                  [&answer](Result<Issuers::Keys> keys) { answer.set_value(std::move(keys)); });
    return answer.get_future().get();
  }
  bool knows(const std::string& key_id) {
    const auto keys = ask(key_id);
    return keys && (*keys)->has(key_id);
  }
  // Until a fetch that nobody waits for has been made.
  void await_fetches(int count) {
    while (fetches_ < count) fetches_.wait(fetches_);
  }

  std::mutex mutex_;
  Json published_;
  std::atomic<bool> away_{false};
  std::atomic<int> fetches_{0};
  std::atomic<SteadyTime> now_{SteadyTime{1h}};
  Issuers issuers_{[this](const Source&, const std::atomic<bool>&) -> Result<KeySet> {
                     const std::scoped_lock lock{mutex_};
                     ++fetches_;
                     fetches_.notify_all();
                     if (away_) return fail(Code::kUpstreamUnreachable, "away");
                     return KeySet::read(published_);
                   },
                   [this] { return now_.load(); }};
};

TEST_F(IssuersTest, KeysAreFetchedOnceAndKept) {
  EXPECT_TRUE(knows("one"));
  EXPECT_TRUE(knows("one"));
  advance(9min);
  EXPECT_TRUE(knows("one"));
  EXPECT_EQ(fetches_, 1);
}

TEST_F(IssuersTest, ARotatedKeyIsFetchedWhenATokenNamesIt) {
  EXPECT_TRUE(knows("one"));
  publish("two");
  EXPECT_TRUE(knows("two"));
  EXPECT_FALSE(knows("one")) << "what the issuer has withdrawn is not taken any more";
}

TEST_F(IssuersTest, UnknownKeysDoNotMakeUsAskWithoutEnd) {
  EXPECT_TRUE(knows("one"));
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(knows("invented " + std::to_string(i)));
  EXPECT_EQ(fetches_, 1 + 3);
  publish("two");
  EXPECT_FALSE(knows("two"));
  advance(61s);
  EXPECT_TRUE(knows("two"));
}

TEST_F(IssuersTest, WhileTheIssuerIsAwayWhatIsKnownHoldsForHours) {
  EXPECT_TRUE(knows("one"));
  set_away(true);
  advance(11min);
  EXPECT_TRUE(knows("one"));
  await_fetches(2);
  advance(3h);
  EXPECT_TRUE(knows("one"));
  advance(1h);
  const auto over = ask("one");
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, Code::kUpstreamUnreachable);
}

TEST_F(IssuersTest, AFailureIsToldAtOnceForAMomentThenTriedAgain) {
  set_away(true);
  EXPECT_FALSE(ask("one"));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(ask("one"));
  EXPECT_EQ(fetches_, 1);
  set_away(false);
  advance(5s);
  EXPECT_TRUE(knows("one"));
}

TEST(Issuers, WhoWaitsForASlowIssuerHoldsUpNobodyElse) {
  std::counting_semaphore<16> release{0};
  const TestSigner signer{"ES256", "one"};
  Issuers issuers{[&](const Source& source, const std::atomic<bool>&) -> Result<KeySet> {
    if (source.owner == "slow") release.acquire();
    return KeySet::read(signer.key_set());
  }};
  std::atomic<int> answered{0};
  const auto count = [&answered](const Result<Issuers::Keys>& keys) {
    if (keys) ++answered;
    answered.notify_all();
  };
  for (int i = 0; i < 10; ++i) {
    issuers.keys({.issuer = "slow " + std::to_string(i), .owner = "slow"}, "one", count);
  }
  for (int i = 0; i < 10; ++i) {
    issuers.keys({.issuer = std::to_string(i), .owner = std::to_string(i)}, "one", count);
  }
  while (answered < 10) answered.wait(answered);
  for (int i = 0; i < 10; ++i) release.release();
  while (answered < 20) answered.wait(answered);
}

TEST(Issuers, NoMoreWaitThanThereIsRoomFor) {
  std::counting_semaphore<16> release{0};
  std::atomic<int> told{0};
  std::atomic<int> overloaded{0};
  {
    Issuers issuers{[&](const Source&, const std::atomic<bool>&) -> Result<KeySet> {
      release.acquire();
      return fail(Code::kUpstreamTimeout);
    }};
    for (int i = 0; i < 300; ++i) {
      issuers.keys({.issuer = "slow"}, "one", [&](const Result<Issuers::Keys>& keys) {
        if (keys.error().code == Code::kOverloaded) ++overloaded;
        ++told;
        told.notify_all();
      });
    }
    EXPECT_EQ(overloaded, 300 - 256);
    release.release();
    while (told < 300) told.wait(told);
  }
}

TEST(FetchUrl, OnlyHttpsIsFetchedFrom) {
  EXPECT_TRUE(check_https_url("https://ci.example.com"));
  EXPECT_TRUE(check_https_url("https://ci.example.com:8443/realms/a/keys?p=policy"));
  for (const auto* wrong : {"", "http://ci.example.com", "https://", "file:///etc/passwd",
                            "https://user@ci.example.com", "https://ci.example.com#a",
                            "https://ci.example.com/a b", "gopher://x", "https://ci\\@evil"}) {
    EXPECT_FALSE(check_https_url(wrong)) << wrong;
  }
  EXPECT_FALSE(check_https_url("https://ci.example.com/" + std::string(3000, 'a')));
}

}  // namespace
}  // namespace tg::oidc
