// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "gateway/worker_context.h"
#include "net/listener.h"

// The data plane as a whole: workers, their listeners and their threads.
//
// Threading:  open(), start(), drain() from the thread that wires the process; cut() from any.
// Errors:     kIo (the address is taken), kConfiguration.
namespace tg::gateway {

struct ServerOptions {
  net::ListenAddress listen;
  std::uint16_t workers = 1;
  ledger::JournalOptions journal;  // of each worker; `worker` is filled in
};

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
  void start();

  // Ends the running calls of a key that was revoked, on every worker, in its next turn.
  void cut(const keys::Key& key);

  // Takes no new connection, lets calls finish until the deadline, closes what is left, and ends
  // the workers. The journals are closed after it.
  void drain(SteadyTime deadline);

 private:
  struct Lane;
  Server();

  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace tg::gateway
