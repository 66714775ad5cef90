// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "tokens/tokenizer.h"

namespace tg::cli {
namespace {

using admin::Json;

struct Wanted {
  std::string model;
  std::string encoding;
  std::string file = "-";
  bool lines = false;
  bool ids = false;
};

constexpr std::size_t kInputMax = std::size_t{1} << 30;

std::optional<tokens::Encoding> encoding_of(const Wanted& wanted) {
  return wanted.encoding.empty() ? tokens::encoding_of_model(wanted.model)
                                 : tokens::encoding_named(wanted.encoding);
}

std::string unknown(const Wanted& wanted) {
  if (wanted.encoding.empty()) {
    return fmt::format("the vocabulary of model \"{}\" is not known; name an encoding instead",
                       wanted.model);
  }
  std::string names;
  for (const auto encoding : tokens::kEncodings) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", tokens::name_of(encoding));
  }
  return fmt::format("there is no encoding \"{}\"; there are {}", wanted.encoding, names);
}

std::expected<std::string, std::string> read_input(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened{
      path == "-" ? nullptr : std::fopen(path.c_str(), "rbe"),
      [](std::FILE* file) { return file == nullptr ? 0 : std::fclose(file); }};
  std::FILE* const file = path == "-" ? stdin : opened.get();
  if (file == nullptr) return std::unexpected(fmt::format("{} cannot be read", path));
  std::string text;
  std::array<char, 65'536> buffer;
  while (const auto size = std::fread(buffer.data(), 1, buffer.size(), file)) {
    text.append(buffer.data(), size);
    if (text.size() > kInputMax) return std::unexpected("more than 1 GiB; count it in parts");
  }
  if (std::ferror(file) != 0) return std::unexpected(fmt::format("{} cannot be read", path));
  return text;
}

Json counted(const tokens::Tokenizer& tokenizer, std::string_view text, bool ids) {
  if (!ids) return {{"tokens", tokenizer.count(text)}};
  auto ranks = tokenizer.encode(text);
  const auto count = ranks.size();
  return {{"tokens", count}, {"ids", std::move(ranks)}};
}

void show(const Json& result) {
  if (result.contains("ids")) {
    std::string line;
    for (const auto& id : result["ids"]) line += fmt::format("{} ", id.get<tokens::Rank>());
    fmt::print("{}\n", line);
  } else {
    fmt::print("{}\n", result["tokens"].get<std::int64_t>());
  }
}

ExitCode count_lines(const Invocation& invocation, const Wanted& wanted,
                     const tokens::Tokenizer& tokenizer, std::string_view text) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto parsed = Json::parse(line, nullptr, false);
    if (!parsed.is_string()) {
      return report_usage(invocation, fmt::format("line {} is not a JSON string", number));
    }
    const auto ended = report(
        invocation, counted(tokenizer, parsed.get_ref<const std::string&>(), wanted.ids), show);
    if (ended != ExitCode::kDone) return ended;
  }
  return ExitCode::kDone;
}

ExitCode run_count(const Invocation& invocation, const Wanted& wanted) {
  if (wanted.model.empty() && wanted.encoding.empty()) {
    return report_usage(invocation, "Say for which --model, or in which --encoding.");
  }
  const auto encoding = encoding_of(wanted);
  if (!encoding) return report_usage(invocation, unknown(wanted));
  const auto text = read_input(wanted.file);
  if (!text) return report_usage(invocation, text.error());
  const tokens::Tokenizers tokenizers;
  const auto& tokenizer = tokenizers.of(*encoding);
  if (wanted.lines) return count_lines(invocation, wanted, tokenizer, *text);
  auto result = counted(tokenizer, *text, wanted.ids);
  result["encoding"] = tokens::name_of(*encoding);
  return report(invocation, result, show);
}

}  // namespace

void add_tokens(CLI::App& root, Invocation& invocation) {
  auto* tokens = root.add_subcommand("tokens", "How many tokens a text is");
  tokens->require_subcommand(1);
  auto& count = *tokens->add_subcommand(
      "count", "Count a text's tokens as OpenAI does, without asking anybody");
  count.footer(
      "Special tokens such as <|endoftext|> are counted as the text that they are.\n\n"
      "Examples:\n  tollgate tokens count --model gpt-4o letter.txt\n"
      "  echo -n 'Hello, world!' | tollgate tokens count --encoding cl100k_base --ids\n");
  const auto wanted = std::make_shared<Wanted>();
  auto* model = count.add_option("--model", wanted->model, "a model of OpenAI's");
  auto* encoding = count.add_option("--encoding", wanted->encoding,
                                    "o200k_base, o200k_harmony, cl100k_base, p50k_base, r50k_base");
  model->excludes(encoding);
  count.add_option("file", wanted->file, "the text (default: standard input)");
  count.add_flag("--lines", wanted->lines, "each line is a JSON string and is counted by itself");
  count.add_flag("--ids", wanted->ids, "print the tokens themselves");
  count.add_flag("--json", invocation.json, "print the result as one line of JSON");
  count.callback([&invocation, wanted] {
    invocation.chosen = [&invocation, wanted] { return run_count(invocation, *wanted); };
  });
}

}  // namespace tg::cli
