// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>

#include "gateway/exchange.h"
#include "gateway/worker_context.h"
#include "ledger/call_account.h"
#include "net/task.h"
#include "net/worker.h"
#include "openai/object_answer.h"

// Work that goes on when its call is over, as batches, fine-tuning jobs and responses in the
// background: asked after until the provider says what it used, whether or not the client ever
// reads it, and settled then.
//
// Threading:  one per worker, used by it alone; take() also before the worker runs.
// Limits:     asks after one work at a time, each every second at first and every minute later.
// Errors:     work that its provider knows no more is charged what it was held for.
namespace tg::gateway {

// What is known of the work beside its account.
struct WorkFacts {
  ledger::OpenWork about;
  openai::RequestPeek request;
  std::shared_ptr<const config::Model> model;           // null: not served any more
  std::shared_ptr<const config::Model> charge_model{};  // null: a factor of the cost is charged
  ledger::Terms terms;  // but for model and request, which are these
};

class Background {
 public:
  explicit Background(WorkerContext& context);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  void take(ledger::CallAccount account, WorkFacts facts);
  // Work of an earlier server, on limits that do not refuse yet.
  void take_again(WorkFacts facts);
  // Asks no more: the next server goes on.
  void end() noexcept;
  [[nodiscard]] bool idle() const noexcept { return !asking_; }

 private:
  struct Work;
  void begin(std::unique_ptr<Work> work);
  [[nodiscard]] net::Task<void> run();
  [[nodiscard]] net::Task<void> ask_after(Work* work);
  [[nodiscard]] net::Task<void> settle_batch(Work* work, openai::ObjectFacts facts);
  void settle_training(Work& work, const openai::ObjectFacts& facts);
  void settle_response(Work& work, const std::string& body, const openai::ObjectFacts& facts);
  void settle(Work& work, const openai::Answer& answer, std::string_view status,
              std::optional<ledger::Money> known);
  void settle_unknown(Work& work, std::string_view why);
  void keep_files(const Work& work, const openai::ObjectFacts& facts);
  void keep(const Work& work, openai::ObjectKind kind, const std::string& id, WallTime at);
  [[nodiscard]] net::Task<void> look_for_work(Work* work,
                                              std::shared_ptr<const config::Provider> provider);

  WorkerContext& context_;
  net::Pause pause_;
  std::list<std::unique_ptr<Work>> works_;
  std::unique_ptr<Exchange> exchange_;
  bool asking_ = false;  // run() is suspended somewhere
  bool ended_ = false;
};

}  // namespace tg::gateway
