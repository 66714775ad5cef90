// SPDX-License-Identifier: Apache-2.0
#include "admin/alert_arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "identity/people.h"
#include "identity/text_rules.h"
#include "notify/alerts.h"
#include "notify/mail.h"

namespace tg::admin {
namespace {

std::string placed(std::string_view path, std::string_view field) {
  return path.empty() ? std::string{field} : fmt::format("{}.{}", path, field);
}

template <typename Value>
ApiResult<Value> at(std::string_view path, ApiResult<Value> read) {
  if (!read && !path.empty()) read.error().param = placed(path, read.error().param);
  return read;
}

bool stands_twice(const std::vector<std::string>& recipients, const std::string& folded) {
  return std::ranges::count_if(recipients, [&](const std::string& other) {
           return identity::fold_email(other) == folded;
         }) > 1;
}

}  // namespace

bool is_given(const Json& fields, const char* field) {
  return fields.contains(field) && !fields[field].is_null();
}

ApiResult<std::optional<std::vector<std::string>>> read_recipients(const Json& fields,
                                                                   std::string_view path) {
  TG_TRY(auto recipients, at(path, optional_texts(fields, "recipients")));
  if (!recipients) return recipients;
  const auto refuse_them = [&](std::string message) {
    return refuse(Code::kFieldInvalid, std::move(message), placed(path, "recipients"));
  };
  if (recipients->size() > notify::kRecipientsMax) {
    return refuse_them(
        fmt::format("An alert goes to {} e-mail addresses at most.", notify::kRecipientsMax));
  }
  for (const auto& recipient : *recipients) {
    const auto folded = identity::fold_email(recipient);
    if (!folded) {
      return refuse_them(fmt::format("'{}' is not an e-mail address.", recipient.substr(0, 254)));
    }
    if (stands_twice(*recipients, *folded)) {
      return refuse_them(fmt::format("'{}' stands there twice.", recipient));
    }
  }
  return recipients;
}

ApiResult<std::optional<std::string>> read_subject_prefix(const Json& fields,
                                                          std::string_view path) {
  if (!is_given(fields, "subject_prefix")) return std::optional<std::string>{};
  TG_TRY(auto prefix, at(path, optional_text(fields, "subject_prefix")));
  const bool is_plain = prefix.empty() || identity::count_plain_characters(prefix);
  const bool is_tempting = notify::name_in_mail(prefix, "") != prefix;
  if (is_plain && !is_tempting) return std::optional{std::move(prefix)};
  return refuse(Code::kFieldInvalid,
                fmt::format("A subject's prefix is plain text of {} bytes at most, without a link.",
                            notify::kSubjectPrefixBytesMax),
                placed(path, "subject_prefix"));
}

ApiResult<NanoUsd> read_threshold(const Json& arguments, std::string_view field) {
  const std::string name{field};
  if (is_given(arguments, name.c_str()) && !arguments[name].is_string()) {
    return refuse(
        Code::kFieldInvalid,
        fmt::format("'{}' must be a text, as \"100.00\": a number could lose its last digits.",
                    field),
        name);
  }
  TG_TRY(const auto text, required_text(arguments, field));
  const auto amount = parse_usd(text);
  if (!amount || amount->count() % kNanousdPerCent != 0 ||
      amount->count() / kNanousdPerCent > kCentsMax) {
    return refuse(
        Code::kFieldInvalid,
        fmt::format("'{}' is no threshold in dollars and cents; write it as \"100.00\".", text),
        name);
  }
  return *amount;
}

ApiResult<std::vector<int>> read_percents(const Json& arguments, std::string_view field) {
  const std::string name{field};
  const auto refuse_them = [&] {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'{}' is a list of 1 to {} different whole numbers from 1 to 100, as "
                              "[50, 80, 100].",
                              field, notify::kPercentsMax),
                  name);
  };
  const auto found = arguments.find(name);
  if (found == arguments.end() || !found->is_array() || found->empty() ||
      found->size() > notify::kPercentsMax) {
    return refuse_them();
  }
  std::vector<int> percents;
  for (const auto& item : *found) {
    if (!item.is_number_integer() || item < 1 || item > 100) return refuse_them();
    percents.push_back(item.get<int>());
  }
  std::ranges::sort(percents);
  if (std::ranges::adjacent_find(percents) != percents.end()) return refuse_them();
  return percents;
}

}  // namespace tg::admin
