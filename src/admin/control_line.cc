// SPDX-License-Identifier: Apache-2.0
#include "admin/control_line.h"

#include "admin/arguments.h"

namespace tg::admin {
namespace {

// A code as it travels. One that this program does not know is an internal error to it.
Code code_named(std::string_view text) {
  for (int index = 0; index <= static_cast<int>(Code::kCancelled); ++index) {
    const auto code = static_cast<Code>(index);
    if (text == name(code)) return code;
  }
  return Code::kInternal;
}

ApiResult<Json> run(std::string_view line, const ControlHandler& handler) {
  TG_TRY(const auto request, parse_object(line));
  TG_TRY_DONE(refuse_unknown_fields(request, {"operation", "arguments"}));
  TG_TRY(const auto operation, required_text(request, "operation"));
  const auto arguments = request.value("arguments", Json::object());
  if (!arguments.is_object()) {
    return refuse(Code::kFieldInvalid, "'arguments' must be an object.", "arguments");
  }
  return handler(operation, arguments);
}

}  // namespace

std::string answer_line(std::string_view line, const ControlHandler& handler) {
  const auto answer = run(line, handler);
  if (answer) return Json{{"result", *answer}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto& error = answer.error();
  return Json{
      {"error", {{"message", error.message}, {"code", name(error.code)}, {"param", error.param}}}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

ApiResult<Json> read_answer_line(std::string_view line) {
  auto answer = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (answer.is_object() && answer.contains("result")) return answer["result"];
  if (!answer.is_object() || !answer.contains("error") || !answer["error"].is_object()) {
    return refuse(Code::kCorrupt,
                  "The server's answer cannot be understood; is it of the same "
                  "version as this program?");
  }
  const auto& error = answer["error"];
  const auto text = [&error](const char* field) {
    const auto found = error.find(field);
    return found != error.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  return refuse(code_named(text("code")), text("message"), text("param"));
}

}  // namespace tg::admin
