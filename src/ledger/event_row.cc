// SPDX-License-Identifier: Apache-2.0
#include "ledger/event_row.h"

#include <algorithm>

namespace tg::ledger {
namespace {

using openai::kUsageCounts;

constexpr std::size_t kBeforeCounts = kNumberColumns.size() - kUsageCounts.size();

}  // namespace

EventRow to_row(const UsageEvent& event) {
  EventRow row;
  const auto& admission = event.admission;
  const auto& settlement = event.settlement;
  const std::array<long long, kBeforeCounts> first{
      event.id.epoch,
      event.id.worker,
      static_cast<long long>(event.id.sequence),
      to_unix_ms(admission.at),
      static_cast<long long>(admission.endpoint),
      admission.stream,
      admission.test,
      admission.held.count(),
      admission.prompt_charge.count(),
      admission.interrupted_charge.count(),
      static_cast<long long>(settlement.outcome),
      settlement.http_status,
      static_cast<long long>(settlement.usage.source),
      settlement.cost.count(),
      settlement.charge.count(),
      settlement.would_have_cost.count(),
      settlement.duration_ms,
      settlement.flags,
      admission.prompt_tokens,
      admission.interrupted_tokens,
      admission.price_id,
      admission.charge_factor_millionths,
      admission.charge_price_id,
      admission.held_cost.count(),
      admission.prompt_cost.count(),
      admission.interrupted_cost.count(),
      settlement.served_price_id,
      static_cast<long long>(admission.credit_of),
  };
  std::ranges::copy(first, row.numbers.begin());
  for (std::size_t i = 0; i < kUsageCounts.size(); ++i) {
    row.numbers[kBeforeCounts + i] = settlement.usage.*kUsageCounts[i];
  }
  row.texts = {admission.key_id,          admission.owner_id,      admission.project_id,
               admission.organization_id, admission.model,         admission.upstream_model,
               admission.provider_id,     settlement.served_model, settlement.tier,
               settlement.size,           settlement.quality};
  return row;
}

UsageEvent from_row(const EventRow& row) {
  const auto& number = row.numbers;
  UsageEvent event;
  event.id = {.epoch = static_cast<std::uint32_t>(number[0]),
              .worker = static_cast<std::uint16_t>(number[1]),
              .sequence = static_cast<std::uint64_t>(number[2])};
  event.admission = {.at = from_unix_ms(number[3]),
                     .endpoint = static_cast<openai::Endpoint>(number[4]),
                     .stream = number[5] != 0,
                     .test = number[6] != 0,
                     .key_id = std::string{row.texts[0]},
                     .owner_id = std::string{row.texts[1]},
                     .project_id = std::string{row.texts[2]},
                     .organization_id = std::string{row.texts[3]},
                     .model = std::string{row.texts[4]},
                     .upstream_model = std::string{row.texts[5]},
                     .provider_id = std::string{row.texts[6]},
                     .held = NanoUsd{number[7]},
                     .prompt_charge = NanoUsd{number[8]},
                     .interrupted_charge = NanoUsd{number[9]},
                     .prompt_tokens = number[18],
                     .interrupted_tokens = number[19],
                     .price_id = number[20],
                     .charge_factor_millionths = number[21],
                     .charge_price_id = number[22],
                     .held_cost = NanoUsd{number[23]},
                     .prompt_cost = NanoUsd{number[24]},
                     .interrupted_cost = NanoUsd{number[25]},
                     .credit_of = static_cast<CreditOf>(number[27])};
  auto& settlement = event.settlement;
  settlement.outcome = static_cast<Outcome>(number[10]);
  settlement.http_status = static_cast<int>(number[11]);
  settlement.usage.source = static_cast<openai::UsageSource>(number[12]);
  settlement.cost = NanoUsd{number[13]};
  settlement.charge = NanoUsd{number[14]};
  settlement.would_have_cost = NanoUsd{number[15]};
  settlement.duration_ms = number[16];
  settlement.flags = static_cast<EventFlags>(number[17]);
  settlement.served_model = std::string{row.texts[7]};
  settlement.tier = row.texts[8];
  settlement.size = row.texts[9];
  settlement.quality = row.texts[10];
  settlement.served_price_id = number[26];
  for (std::size_t i = 0; i < kUsageCounts.size(); ++i) {
    settlement.usage.*kUsageCounts[i] = number[kBeforeCounts + i];
  }
  return event;
}

UsageEvent read_event(const store::Statement& rows) {
  EventRow row;
  int column = 0;
  for (auto& number : row.numbers) number = rows.number(column++);
  for (auto& text : row.texts) text = rows.text(column++);
  return from_row(row);
}

std::string column_list() {
  std::string list;
  const auto append = [&list](std::string_view column) {
    if (!list.empty()) list += ',';
    list += column;
  };
  for (const auto column : kNumberColumns) append(column);
  for (const auto column : kTextColumns) append(column);
  return list;
}

}  // namespace tg::ledger
