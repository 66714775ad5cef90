// SPDX-License-Identifier: Apache-2.0
// tests/data/usage_cases.json: every usage object of the contract with a sum worked out by hand,
// through the peek, the tap and the account. tests/test_usage_cases.py does the same with the real
// server.
#include <simdjson.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "ledger/call_account.h"
#include "ledger/simulated_disk.h"
#include "ledger/test_calls.h"

namespace tg::ledger {
namespace {

using simdjson::dom::element;

// The names of kUsageCounts, in its order.
constexpr auto kCountNames = std::to_array<std::string_view>(
    {"input_text_tokens", "input_audio_tokens", "input_image_tokens", "cached_input_text_tokens",
     "cached_input_audio_tokens", "cached_input_image_tokens", "cache_write_text_tokens",
     "output_text_tokens", "output_audio_tokens", "output_image_tokens", "reasoning_tokens",
     "output_images", "input_milliseconds", "input_characters", "cache_write_1h_text_tokens",
     "cache_write_12h_text_tokens", "input_pages", "web_search_calls", "file_search_calls",
     "code_interpreter_sessions"});
static_assert(kCountNames.size() == openai::kUsageCounts.size());

std::string text(element value) { return std::string{value.get_string().value()}; }

std::optional<element> member(element object, std::string_view name) {
  element found;
  if (object[name].get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

// What is estimated here of the request and is not what it is charged by.
bool is_left_out(element one, std::string_view name) {
  const auto names = member(one, "not_compared");
  if (!names) return false;
  for (const element left_out : names->get_array().value()) {
    if (text(left_out) == name) return true;
  }
  return false;
}

// "output_image,size=1024x1024,quality=high": the command line's form.
config::Price price_of(std::string_view name, const std::string& usd) {
  auto rest = name.substr(std::min(name.size(), name.find(',')));
  const auto unit = name.substr(0, name.size() - rest.size());
  config::Price price{.unit = config::find_unit(unit).value(), .tier = {}, .size = {},
                      .quality = {}};
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const auto part = rest.substr(0, rest.find(','));
    const auto equals = part.find('=');
    const std::string value{part.substr(equals + 1)};
    if (part.starts_with("above")) price.above_input_tokens = std::stoll(value);
    if (part.starts_with("tier")) price.tier = value;
    if (part.starts_with("size")) price.size = value;
    if (part.starts_with("quality")) price.quality = value;
    rest.remove_prefix(part.size());
  }
  const bool million = unit.ends_with("_token") || unit.ends_with("_character");
  price.nanousd_per_million = parse_usd(usd).value().count() * (million ? 1 : 1'000'000);
  return price;
}

class UsageCases : public testing::Test {
 protected:
  static element cases() {
    static simdjson::dom::parser parser;
    static std::string json;
    const auto root = std::filesystem::path{__FILE__}.parent_path().parent_path().parent_path();
    std::ifstream file{root / "tests/data/usage_cases.json"};
    json.assign(std::istreambuf_iterator<char>{file}, {});
    return parser.parse(json).value();
  }

  Settlement settle(element one) {
    const auto endpoint = openai::match_endpoint(text(one["endpoint"])).value().endpoint;
    config::Model model{.name = "m"};
    for (const auto [name, usd] : one["prices"].get_object().value()) {
      model.prices.add(price_of(name, text(usd)));
    }
    const auto request = peek(endpoint, one);
    CallAccount account{*journal_};
    const Terms terms{.model = &model,
                      .endpoint = endpoint,
                      .request = &request,
                      .owners = {&none_, &none_, &none_, &none_}};
    auto admission = test_admission();
    admission.stream = request.stream;
    EXPECT_TRUE(account.admit(terms, admission));
    account.sent();
    account.settle({.http_status = 200, .produced = true}, read(endpoint, one));
    return account.settlement();
  }

  static openai::RequestPeek peek(openai::Endpoint endpoint, element one) {
    if (const auto body = member(one, "request")) {
      return openai::peek_json(endpoint, simdjson::to_string(*body)).value();
    }
    openai::RequestPeek form;
    form.input_milliseconds = 2'000;
    return form;
  }

  static openai::Answer read(openai::Endpoint endpoint, element one) {
    openai::Answer answer;
    const auto events = member(one, "events");
    if (!events) {
      const auto body = member(one, "answer");
      openai::read_answer(endpoint, body ? simdjson::to_string(*body) : "sound", answer);
      return answer;
    }
    for (const element event : events->get_array().value()) {
      const auto data = event.is_string() ? text(event) : simdjson::to_string(event);
      (void)openai::read_event(endpoint, "", data, false, answer);
    }
    EXPECT_TRUE(answer.finished);
    return answer;
  }

  SimulatedDisk disk_;
  std::unique_ptr<Journal> journal_ =
      *Journal::open({.folder = "journal", .epoch = 1, .segment_bytes = 64 << 10, .disk = &disk_});
  limits::LimitSet none_;
};

TEST_F(UsageCases, AreChargedAsWorkedOutByHand) {
  std::size_t count = 0;
  for (const element one : cases().get_array().value()) {
    SCOPED_TRACE(text(one["name"]) + ": " + text(one["sum"]));
    const auto settlement = settle(one);
    EXPECT_EQ(settlement.charge.count(), one["charge_nanousd"].get_int64().value());
    for (std::size_t i = 0; i < kCountNames.size(); ++i) {
      if (is_left_out(one, kCountNames[i])) continue;
      const auto expected = member(one["counts"].value(), kCountNames[i]);
      EXPECT_EQ(settlement.usage.*openai::kUsageCounts[i],
                expected ? expected->get_int64().value() : 0)
          << kCountNames[i];
    }
    // These requests are short, and answers tell more than they can ask.
    const auto flags = settlement.flags & ~flag(EventFlag::kOverBound);
    const auto expected = member(one, "flags");
    EXPECT_EQ(flags, expected ? expected->get_uint64().value() : 0U);
    if (const auto words = member(one, "words")) {
      const auto same = [&](std::string_view name, const ShortText& told) {
        if (const auto word = member(*words, name)) EXPECT_EQ(told.view(), text(*word)) << name;
      };
      same("tier", settlement.tier);
      same("size", settlement.size);
      same("quality", settlement.quality);
    }
    ++count;
  }
  EXPECT_GT(count, 40U);
}

}  // namespace
}  // namespace tg::ledger
