// SPDX-License-Identifier: Apache-2.0
#include "gateway/upstream_fetch.h"

#include "gateway/http_exchange.h"
#include "gateway/upstream_head.h"

namespace tg::gateway {

std::unique_ptr<Exchange> make_fetch(WorkerContext& context,
                                     std::shared_ptr<const config::Provider> provider,
                                     std::string_view path, std::string_view query) {
  auto head = begin_upstream_head(*provider, {.method = "GET", .path = path, .query = query});
  head.append("User-Agent: tollgate\r\nAccept: */*\r\n\r\n");
  return std::make_unique<HttpExchange>(context.upstreams, context.options, std::move(provider),
                                        std::move(head), std::string_view{});
}

net::Task<Result<int>> fetch(Exchange* exchange, Sink* sink) {
  auto answer = co_await exchange->begin();
  if (!answer) co_return std::unexpected(answer.error());
  const int status = answer->status;
  for (;;) {
    auto piece = co_await exchange->next();
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) co_return status;
    if (status != 200) continue;
    auto taken = sink->take(*piece);
    if (!taken) co_return std::unexpected(taken.error());
  }
}

}  // namespace tg::gateway
