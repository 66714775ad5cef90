// SPDX-License-Identifier: Apache-2.0
#include "gateway/server.h"

#include <pthread.h>

#include <functional>
#include <latch>
#include <string>
#include <thread>
#include <utility>

#include "gateway/background.h"
#include "gateway/connection.h"

namespace tg::gateway {
namespace {

constexpr std::chrono::milliseconds kDrainLook{20};
constexpr std::chrono::seconds kCloseTime{5};

// What a client waits in ends in the worker's next turn, so the set does not change meanwhile.
void close_clients(const std::unordered_set<Client*>& clients, bool idle_only) {
  for (auto* client : clients) {
    if (!idle_only || client->idle()) client->close();
  }
}

}  // namespace

// A worker with everything that is its own.
struct Server::Lane {
  Lane(Shared& shared, std::uint16_t number, std::unique_ptr<ledger::Journal> journal)
      : worker{number}, context{shared, worker, std::move(journal)} {
    context.background = &background;
  }

  net::Worker worker;
  WorkerContext context;
  Background background{context};
  std::unique_ptr<net::Listener> listener;
  std::jthread thread;

  // Runs `act` on the worker and waits for it.
  void call(const std::function<void()>& act) {
    std::latch done{1};
    worker.post([&] {
      act();
      done.count_down();
    });
    done.wait();
  }

  // Connections, and the question after work that goes on.
  std::size_t open_ends() {
    std::size_t count = 0;
    call([&] { count = context.clients.size() + (background.idle() ? 0 : 1); });
    return count;
  }
};

Server::Server() = default;

Server::~Server() {
  for (const auto& lane : lanes_) TG_CHECK(!lane->thread.joinable());
}

Result<std::unique_ptr<Server>> Server::open(Shared& shared, const ServerOptions& options) {
  std::unique_ptr<Server> server{new Server};
  auto address = options.listen;
  TG_TRY_DONE(net::Listener::check_free(address));
  for (std::uint16_t number = 0; number < options.workers; ++number) {
    auto journal_options = options.journal;
    journal_options.worker = number;
    TG_TRY(auto journal, ledger::Journal::open(journal_options));
    auto lane = std::make_unique<Lane>(shared, number, std::move(journal));
    TG_TRY(lane->listener, net::Listener::open(lane->worker, address));
    lane->listener->set_tls(options.tls);
    lane->listener->ask_for_certificates(options.asks_for_certificates);
    address.port = lane->listener->port();
    shared.metrics.push_back(&lane->context.metrics);
    shared.call_log.follow(lane->context.call_lines, lane->context.metrics.log_lines_lost);
    server->lanes_.push_back(std::move(lane));
  }
  return server;
}

void Server::take_again(WorkFacts facts) {
  lanes_.front()->background.take_again(std::move(facts));
}

std::uint16_t Server::port() const { return lanes_.front()->listener->port(); }

void Server::start() {
  running_ = true;
  lanes_.front()->context.shared.call_log.start();
  for (const auto& owned : lanes_) {
    Lane& lane = *owned;
    lane.listener->start([&lane](std::unique_ptr<net::Stream> stream, std::string peer_address) {
      // Above the limit a connection is closed at once: the kernel's queue must not hold it.
      if (lane.context.clients.size() >= lane.context.options.connections_max) {
        return lane.context.metrics.connections_refused.add(1);
      }
      net::start(serve_connection(lane.context, std::move(stream), std::move(peer_address)));
    });
    lane.thread = std::jthread{[&lane] { lane.worker.run(); }};
    const auto name = "worker-" + std::to_string(lane.worker.number());
    pthread_setname_np(lane.thread.native_handle(), name.c_str());
  }
}

void Server::set_tls(const std::shared_ptr<const net::ServerTls>& tls) {
  for (const auto& lane : lanes_) {
    lane->worker.post([&listener = *lane->listener, tls] { listener.set_tls(tls); });
  }
}

void Server::ask_for_certificates(bool asked) {
  for (const auto& lane : lanes_) {
    lane->worker.post(
        [&listener = *lane->listener, asked] { listener.ask_for_certificates(asked); });
  }
}

void Server::set_options(const Options& options) {
  for (const auto& lane : lanes_) {
    lane->worker.post([&context = lane->context, options] { context.options = options; });
  }
}

void Server::cut(const keys::Key& key) {
  for (const auto& lane : lanes_) {
    lane->worker.post([&context = lane->context, &key] { context.running.cut(key); });
  }
}

std::vector<ledger::JournalPosition> Server::at_rest(const std::function<void()>& act) {
  const std::scoped_lock lock{rest_mutex_};
  const auto workers = static_cast<std::ptrdiff_t>(lanes_.size());
  std::latch arrived{workers};
  std::latch go_on{1};
  std::latch gone_on{workers};
  if (running_) {
    for (const auto& lane : lanes_) {
      lane->worker.post([&] {
        arrived.count_down();
        go_on.wait();
        gone_on.count_down();
      });
    }
    arrived.wait();
  }
  std::vector<ledger::JournalPosition> journals;
  for (const auto& lane : lanes_) journals.push_back(lane->context.journal->position());
  act();
  go_on.count_down();
  if (running_) gone_on.wait();
  return journals;
}

void Server::drain(SteadyTime deadline) {
  for (const auto& lane : lanes_) {
    lane->call([&lane] {
      lane->listener->close();
      lane->context.draining = true;
      lane->background.end();
      lane->context.waiting.dissolve();
      close_clients(lane->context.clients, true);
    });
  }
  const auto wait_until = [this](SteadyTime time) {
    for (const auto& lane : lanes_) {
      while (lane->open_ends() > 0 && std::chrono::steady_clock::now() < time) {
        std::this_thread::sleep_for(kDrainLook);
      }
    }
  };
  wait_until(deadline);
  // Whoever is still there is cut like a client that went away, and settled.
  for (const auto& lane : lanes_)
    lane->call([&lane] {
      close_clients(lane->context.clients, false);
      lane->context.running.cut_all();  // some do not end with their clients
    });
  wait_until(std::chrono::steady_clock::now() + kCloseTime);
  const std::scoped_lock lock{rest_mutex_};
  for (const auto& lane : lanes_) {
    lane->worker.stop();
    lane->thread.join();
  }
  running_ = false;
  lanes_.front()->context.shared.call_log.stop();
}

}  // namespace tg::gateway
