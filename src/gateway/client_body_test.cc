// SPDX-License-Identifier: Apache-2.0
// A client, the gateway's source and exchange, and an upstream, over real sockets on one worker.
#include "gateway/client_body.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "gateway/http_exchange.h"
#include "net/listener.h"

namespace tg::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kManyBytes = 64 << 20;

SteadyTime in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

// The body's byte at each place tells the place, so that a piece lost, doubled or swapped shows.
char byte_at(std::uint64_t place) { return static_cast<char>((place * 2654435761U) >> 13); }

std::string bytes_from(std::uint64_t place, std::size_t count) {
  std::string bytes(count, '\0');
  for (auto& byte : bytes) byte = byte_at(place++);
  return bytes;
}

std::size_t resident_kib() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;) {
    if (word != "VmRSS:") continue;
    std::size_t kib = 0;
    status >> kib;
    return kib;
  }
  return 0;
}

// What came in at one end of a connection, and how it ended.
struct Received {
  std::string head;
  std::uint64_t body_bytes = 0;
  bool as_sent = true;
  bool complete = false;
  bool ended = false;
  std::string first_bytes;
};

class ClientBodyTest : public testing::Test {
 public:
  ClientBodyTest() {
    open(front_, front_listener_);
    open(back_, back_listener_);
    provider_ = std::make_shared<config::Provider>();
    provider_->host = "127.0.0.1";
    provider_->port = back_listener_->port();
  }

  void open(std::unique_ptr<net::Stream>& into, std::unique_ptr<net::Listener>& listener) {
    listener = *net::Listener::open(worker_, {.host = "127.0.0.1", .port = 0});
    listener->start([&into](std::unique_ptr<net::Stream> stream, const std::string&) {
      into = std::move(stream);
    });
  }

  Options& options() { return context_.options; }

  using Scenario = net::Task<void> (*)(ClientBodyTest*);
  void run(Scenario scenario) {
    worker_.post([this, scenario] { net::start(run_to_end(scenario)); });
    worker_.run();
  }

  net::Task<void> run_to_end(Scenario scenario) {
    auto connected = co_await net::connect(
        worker_, *tls_, {.host = "127.0.0.1", .port = front_listener_->port()}, in(5s));
    client_ = std::move(*connected);
    co_await until(&front_);
    net::start(serve());
    co_await scenario(this);
    client_->close();
    while (serving_) co_await tick_.until(in(1ms));
    worker_.stop();
  }

  template <typename Condition>
  net::Task<void> until(const Condition* condition) {
    for (const auto deadline = in(10s); !*condition && std::chrono::steady_clock::now() < deadline;)
      co_await tick_.until(in(1ms));
    EXPECT_TRUE(bool(*condition));
  }

  // What a call does with a body that it passes through.
  net::Task<void> serve() {
    serving_ = true;
    Client client{context_, std::move(front_), "127.0.0.1"};
    http::RequestHead head;
    EXPECT_TRUE(co_await client.read_head(&head));
    {
      ClientBody body{client, head, bytes_max_};
      auto text = std::string{"POST /up HTTP/1.1\r\nHost: h\r\n"};
      text += body.size() ? fmt::format("Content-Length: {}\r\n\r\n", *body.size())
                          : std::string{"Transfer-Encoding: chunked\r\n\r\n"};
      HttpExchange exchange{context_.upstreams, options(), provider_, text, &body};
      client.watch([&] {
        gone_at_ = std::chrono::steady_clock::now();
        gone_ = true;
        exchange.cancel();
      });
      while (hold_ && !gone_) co_await serving_tick_.until(in(1ms));
      auto answer = co_await exchange.begin();
      client.stop_watching();
      code_ = answer ? Code::kNotThereYet : answer.error().code;
      begun_ = true;
      std::string reply;
      if (answer) {
        status_ = answer->status;
        reply = fmt::format("HTTP/1.1 {} X\r\nContent-Length: 0\r\n\r\n", answer->status);
        while (true) {
          auto piece = co_await exchange.next();
          if (!piece || piece->empty()) break;
        }
      }
      body_flows_ = client.body_flows();
      if (answer) {
        auto written = co_await client.write(reply);
        if (written && body_flows_) co_await client.linger();
      }
    }
    serving_ = false;
  }

  // The client's side: `count` bytes from `place` on, in chunks or plain.
  net::Task<void> send(std::uint64_t count, bool chunked = false) {
    constexpr std::uint64_t kPieceBytes = 256 << 10;
    for (const auto end = sent_ + count; sent_ < end;) {
      const auto size = std::min(kPieceBytes, end - sent_);
      auto piece = bytes_from(sent_, size);
      if (chunked) piece = fmt::format("{:x}\r\n{}\r\n", size, piece);
      auto written = co_await client_->write(piece, in(20s));
      if (!written) break;
      sent_ += size;
    }
    sending_ = false;
  }
  void send_beside(std::uint64_t count) {
    sending_ = true;
    net::start(send(count));
  }

  net::Task<void> send_head(std::string_view framing) {
    const auto head = fmt::format("POST /v1/files HTTP/1.1\r\nHost: h\r\n{}\r\n\r\n", framing);
    EXPECT_TRUE(co_await client_->write(head, in(5s)));
  }

  // The upstream's side: the head, then so many bytes of the body as they come, or to the end.
  net::Task<void> take_head() {
    co_await until(&back_);
    while (!got_.head.contains("\r\n\r\n")) {
      auto bytes = co_await back_->read_some(buffer_, in(10s));
      if (!bytes) co_return;
      got_.head.append(*bytes);
    }
    const auto end = got_.head.find("\r\n\r\n") + 4;
    early_ = got_.head.substr(end);
    got_.head.resize(end);
    const bool chunked = got_.head.contains("chunked");
    std::uint64_t length = 0;
    if (!chunked) length = std::stoull(got_.head.substr(got_.head.find("Length: ") + 8));
    decoder_ =
        http::BodyDecoder{chunked ? http::Framing::kChunked : http::Framing::kLength, length};
    take(early_);
  }

  void take(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto step = decoder_.next(bytes);
      if (!step) got_.as_sent = false;
      if (!step) return;
      bytes.remove_prefix(step->consumed);
      for (const char byte : step->data) {
        got_.as_sent = got_.as_sent && byte == byte_at(got_.body_bytes++);
      }
      if (step->done) break;
    }
    got_.complete = decoder_.done();
  }

  net::Task<void> take_body() {
    while (!got_.complete && got_.as_sent) {
      auto bytes = co_await back_->read_some(buffer_, in(10s));
      got_.ended = !bytes;
      if (!bytes) co_return;
      take(*bytes);
    }
  }

  net::Task<void> answer(std::string_view status, std::string_view more = {}) {
    const auto text = fmt::format("HTTP/1.1 {}\r\n{}Content-Length: 0\r\n\r\n", status, more);
    EXPECT_TRUE(co_await back_->write(text, in(5s)));
  }

  net::Task<std::string> hear() {
    std::string heard;
    while (!heard.contains("\r\n\r\n")) {
      auto bytes = co_await client_->read_some(client_buffer_, in(10s));
      if (!bytes) break;
      heard.append(*bytes);
    }
    co_return heard;
  }

  net::Worker worker_{0};
  keys::KeyTable keys_;
  SecretBytes pepper_{std::string_view{"pepper"}};
  config::Published<config::Snapshot> snapshot_{std::make_shared<config::Snapshot>()};
  config::Published<ClientTrusts> client_trusts_{std::make_shared<ClientTrusts>()};
  std::unique_ptr<net::TlsContext> tls_ = *net::TlsContext::open("");
  ControlPool control_{[](const http::Request&, ControlPool::Done done) { done({}); }};
  Shared shared_{.keys = keys_,
                 .pepper = pepper_,
                 .snapshot = snapshot_,
                 .client_trusts = client_trusts_,
                 .tls = *tls_,
                 .control = control_,
                 .first_options = {}};
  WorkerContext context_{shared_, worker_, nullptr};
  net::Pause tick_{worker_};
  net::Pause serving_tick_{worker_};
  std::unique_ptr<net::Listener> front_listener_;
  std::unique_ptr<net::Listener> back_listener_;
  std::unique_ptr<net::Stream> front_;
  std::unique_ptr<net::Stream> back_;
  std::unique_ptr<net::Stream> client_;
  std::shared_ptr<config::Provider> provider_;
  net::Buffer buffer_{worker_.buffers()};
  net::Buffer client_buffer_{worker_.buffers()};
  std::string early_;
  http::BodyDecoder decoder_{http::Framing::kNone, 0};
  Received got_;
  std::uint64_t bytes_max_ = std::uint64_t{1} << 40;
  std::uint64_t sent_ = 0;
  bool sending_ = false;
  bool serving_ = false;
  bool hold_ = false;  // the body is not asked for before its client is gone
  bool gone_ = false;
  bool begun_ = false;
  bool body_flows_ = false;
  int status_ = 0;
  Code code_ = Code::kInternal;
  SteadyTime gone_at_{};
};

TEST_F(ClientBodyTest, LongBodyPassesUnchangedInConstantMemory) {
  run([](ClientBodyTest* test) -> net::Task<void> {
    co_await test->send_head(fmt::format("Content-Length: {}", kManyBytes));
    co_await test->take_head();
    const auto before = resident_kib();
    test->send_beside(kManyBytes);
    co_await test->take_body();
    EXPECT_LT(resident_kib(), before + 4096);
    EXPECT_TRUE(test->got_.complete && test->got_.as_sent);
    EXPECT_EQ(test->got_.body_bytes, kManyBytes);
    co_await test->answer("200 OK");
    EXPECT_TRUE((co_await test->hear()).starts_with("HTTP/1.1 200 "));
    EXPECT_FALSE(test->body_flows_);
  });
}

TEST_F(ClientBodyTest, BodyOfUnknownLengthGoesUpInChunks) {
  run([](ClientBodyTest* test) -> net::Task<void> {
    co_await test->send_head("Transfer-Encoding: chunked");
    co_await test->take_head();
    EXPECT_TRUE(test->got_.head.contains("Transfer-Encoding: chunked"));
    co_await test->send(1000, true);
    EXPECT_TRUE(co_await test->client_->write("0\r\n\r\n", in(5s)));
    co_await test->take_body();
    EXPECT_TRUE(test->got_.complete && test->got_.as_sent);
    EXPECT_EQ(test->got_.body_bytes, 1000U);
    co_await test->answer("200 OK");
    EXPECT_TRUE((co_await test->hear()).starts_with("HTTP/1.1 200 "));
  });
}

TEST_F(ClientBodyTest, EmptyBodyIsSent) {
  run([](ClientBodyTest* test) -> net::Task<void> {
    co_await test->send_head("Content-Length: 0");
    co_await test->take_head();
    co_await test->answer("200 OK");
    EXPECT_TRUE((co_await test->hear()).starts_with("HTTP/1.1 200 "));
  });
}

TEST_F(ClientBodyTest, SlowUpstreamHoldsTheClientBack) {
  run([](ClientBodyTest* test) -> net::Task<void> {
    co_await test->send_head(fmt::format("Content-Length: {}", kManyBytes));
    co_await test->take_head();
    test->send_beside(kManyBytes);
    // Until the kernel's buffers on the way are full and nothing moves any more.
    for (std::uint64_t before = 1; before != test->sent_;) {
      before = test->sent_;
      co_await test->tick_.until(in(100ms));
    }
    EXPECT_TRUE(test->sending_);
    EXPECT_LT(test->sent_, kManyBytes / 2);
    co_await test->take_body();
    EXPECT_TRUE(test->got_.complete && test->got_.as_sent);
    co_await test->answer("200 OK");
    EXPECT_TRUE((co_await test->hear()).starts_with("HTTP/1.1 200 "));
  });
}

TEST_F(ClientBodyTest, EarlyAnswerIsRelayedWhileTheUpstreamTakesNoMore) {
  run([](ClientBodyTest* test) -> net::Task<void> {
    co_await test->send_head(fmt::format("Content-Length: {}", kManyBytes));
    co_await test->take_head();
    test->send_beside(kManyBytes);
    while (test->sent_ == 0) co_await test->tick_.until(in(1ms));
    co_await test->answer("413 Content Too Large");
    EXPECT_TRUE((co_await test->hear()).starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(test->body_flows_);
    test->client_->close();
    while (test->sending_) co_await test->tick_.until(in(1ms));
  });
}

TEST_F(ClientBodyTest, EarlyAnswerIsRelayedWhileTheClientSendsNothing) {
  run([](ClientBodyTest* test) -> net::Task<void> {
    co_await test->send_head("Content-Length: 1000");
    co_await test->send(10);
    co_await test->take_head();
    co_await test->answer("400 Bad Request");
    EXPECT_TRUE((co_await test->hear()).starts_with("HTTP/1.1 400 "));
    EXPECT_TRUE(test->body_flows_);
  });
}

TEST_F(ClientBodyTest, InterimAnswerDoesNotEndTheBody) {
  run([](ClientBodyTest* test) -> net::Task<void> {
    co_await test->send_head("Content-Length: 1000");
    co_await test->send(10);
    co_await test->take_head();
    EXPECT_TRUE(co_await test->back_->write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 10", in(5s)));
    co_await test->send(990);
    co_await test->take_body();
    EXPECT_TRUE(test->got_.complete && test->got_.as_sent);
    EXPECT_TRUE(co_await test->back_->write("3 Early Hints\r\n\r\n", in(5s)));
    co_await test->answer("200 OK");
    EXPECT_TRUE((co_await test->hear()).starts_with("HTTP/1.1 200 "));
    EXPECT_FALSE(test->body_flows_);
  });
}

TEST_F(ClientBodyTest, ClientThatBreaksOffEndsTheUpstreamsRequestAtOnce) {
  run([](ClientBodyTest* test) -> net::Task<void> {
    co_await test->send_head("Content-Length: 1000");
    co_await test->send(10);
    co_await test->take_head();
    const auto left = std::chrono::steady_clock::now();
    test->client_->close();
    co_await test->take_body();
    EXPECT_TRUE(test->got_.ended && !test->got_.complete);
    EXPECT_LT(std::chrono::steady_clock::now() - left, 100ms);
    co_await test->until(&test->begun_);
    EXPECT_EQ(test->code_, Code::kCancelled);
  });
}

TEST_F(ClientBodyTest, ClientThatLeavesWhileTheUpstreamTakesNothingIsNoticed) {
  run([](ClientBodyTest* test) -> net::Task<void> {
    co_await test->send_head(fmt::format("Content-Length: {}", kManyBytes));
    co_await test->take_head();
    test->send_beside(kManyBytes);
    for (std::uint64_t before = 1; before != test->sent_;) {
      before = test->sent_;
      co_await test->tick_.until(in(100ms));
    }
    // The end of its stream waits in its own kernel behind its last bytes, until there is room.
    test->client_->close();
    co_await test->take_body();
    EXPECT_TRUE(test->got_.ended && !test->got_.complete);
    co_await test->until(&test->begun_);
    EXPECT_EQ(test->code_, Code::kCancelled);
  });
}

TEST_F(ClientBodyTest, ClientThatLeavesIsNoticedThoughNobodyReadsItsBody) {
  hold_ = true;
  run([](ClientBodyTest* test) -> net::Task<void> {
    co_await test->send_head("Content-Length: 1000");
    co_await test->send(10);
    const auto left = std::chrono::steady_clock::now();
    test->client_->close();
    co_await test->until(&test->gone_);
    EXPECT_LT(test->gone_at_ - left, 100ms);
    co_await test->until(&test->begun_);
    EXPECT_EQ(test->code_, Code::kCancelled);
  });
}

TEST_F(ClientBodyTest, ClientThatStallsEndsTheUpstreamsRequest) {
  options().body_idle_timeout = 60ms;
  run([](ClientBodyTest* test) -> net::Task<void> {
    co_await test->send_head("Content-Length: 1000");
    co_await test->send(10);
    co_await test->take_head();
    co_await test->take_body();
    EXPECT_TRUE(test->got_.ended && !test->got_.complete);
    co_await test->until(&test->begun_);
    EXPECT_EQ(test->code_, Code::kRequestTimeout);
  });
}

TEST_F(ClientBodyTest, UpstreamThatStallsEndsTheExchange) {
  options().answer_idle_timeout = 100ms;
  run([](ClientBodyTest* test) -> net::Task<void> {
    co_await test->send_head(fmt::format("Content-Length: {}", kManyBytes));
    co_await test->take_head();
    test->send_beside(kManyBytes);
    co_await test->until(&test->begun_);
    EXPECT_EQ(test->code_, Code::kUpstreamTimeout);
    test->client_->close();
    while (test->sending_) co_await test->tick_.until(in(1ms));
  });
}

TEST_F(ClientBodyTest, UpstreamThatClosesWithoutAnAnswerEndsTheExchange) {
  run([](ClientBodyTest* test) -> net::Task<void> {
    co_await test->send_head("Content-Length: 1000");
    co_await test->send(10);
    co_await test->take_head();
    test->back_->close();
    co_await test->until(&test->begun_);
    EXPECT_EQ(test->code_, Code::kUpstreamTruncated);
  });
}

TEST_F(ClientBodyTest, ClientIsToldToGoOnWhenTheUpstreamIsThere) {
  run([](ClientBodyTest* test) -> net::Task<void> {
    EXPECT_FALSE(test->back_);
    co_await test->send_head("Content-Length: 1000\r\nExpect: 100-continue");
    EXPECT_TRUE((co_await test->hear()).starts_with("HTTP/1.1 100 "));
    co_await test->take_head();
    EXPECT_FALSE(test->got_.head.contains("Expect"));
    co_await test->send(1000);
    co_await test->take_body();
    EXPECT_TRUE(test->got_.complete && test->got_.as_sent);
    co_await test->answer("200 OK");
    EXPECT_TRUE((co_await test->hear()).starts_with("HTTP/1.1 200 "));
  });
}

TEST_F(ClientBodyTest, BodyBeyondItsLimitIsNotPassedOn) {
  bytes_max_ = 500;
  run([](ClientBodyTest* test) -> net::Task<void> {
    co_await test->send_head("Transfer-Encoding: chunked");
    co_await test->send(1000, true);
    co_await test->take_head();
    co_await test->take_body();
    EXPECT_TRUE(test->got_.ended);
    EXPECT_LE(test->got_.body_bytes, 500U);
    co_await test->until(&test->begun_);
    EXPECT_EQ(test->code_, Code::kBodyTooLarge);
  });
}

}  // namespace
}  // namespace tg::gateway
