// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "gateway/worker_context.h"
#include "net/listener.h"

// The data plane as a whole: workers, their listeners and their threads.
//
// Threading:  open(), start(), drain() from the thread that wires the process; cut(), set_tls(),
//             ask_for_certificates() and at_rest() from any but a worker.
// Errors:     kIo (the address is taken), kConfiguration.
namespace tg::gateway {

struct ServerOptions {
  net::ListenAddress listen;
  std::shared_ptr<const net::ServerTls> tls;  // null: plain HTTP
  bool asks_for_certificates = false;         // of clients
  std::uint16_t workers = 1;
  ledger::JournalOptions journal;  // of each worker; `worker` is filled in
};

struct WorkFacts;

class Server {
 public:
  // `shared` outlives the server.
  [[nodiscard]] static Result<std::unique_ptr<Server>> open(Shared& shared,
                                                            const ServerOptions& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port that was given, where port 0 was asked for.
  [[nodiscard]] std::uint16_t port() const;
  // Work of earlier servers; before start(), while limits do not refuse yet.
  void take_again(WorkFacts facts);
  void start();

  // For connections from now on; where it was opened with one.
  void set_tls(const std::shared_ptr<const net::ServerTls>& tls);
  void ask_for_certificates(bool asked);

  // For what happens from now on, on every worker.
  void set_options(const Options& options);

  // Ends the running calls of a key that was revoked, on every worker, in its next turn.
  void cut(const keys::Key& key);

  // Runs `act` while every worker stands still between two steps: a cut through everything that
  // they share. Gives the place that each one's journal had come to. For some microseconds, so for
  // acts that only look and publish. Once the workers have ended, it simply runs.
  [[nodiscard]] std::vector<ledger::JournalPosition> at_rest(const std::function<void()>& act);

  // Takes no new connection, lets calls finish until the deadline, closes what is left, and ends
  // the workers. The journals are closed after it.
  void drain(SteadyTime deadline);

 private:
  struct Lane;
  Server();

  std::vector<std::unique_ptr<Lane>> lanes_;
  std::mutex rest_mutex_;  // two who both want rest would each hold half of the workers
  bool running_ = false;
};

}  // namespace tg::gateway
