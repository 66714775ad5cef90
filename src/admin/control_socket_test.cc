// SPDX-License-Identifier: Apache-2.0
#include "admin/control_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "admin/control_line.h"
#include "base/files.h"
#include "store/test_folder.h"

namespace tg::admin {
namespace {

ApiResult<Json> echo(std::string_view operation, const Json& arguments) {
  if (operation == "refuse") return refuse(Code::kConflict, "not today", "when");
  return Json{{"operation", operation}, {"arguments", arguments}};
}

TEST(ControlSocket, CarriesAResultAndARefusalWhole) {
  const store::TestFolder folder;
  const auto path = folder.path() / "control.sock";
  const auto socket = ControlSocket::open(path, echo);
  ASSERT_TRUE(socket);
  const Json arguments{{"text", std::string(200'000, 'x')}};
  const auto answer = call_control_socket(path, "say", arguments);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ((*answer)["arguments"], arguments);

  const auto refused = call_control_socket(path, "refuse", Json::object());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kConflict);
  EXPECT_EQ(refused.error().message, "not today");
  EXPECT_EQ(refused.error().param, "when");
}

TEST(ControlSocket, IsPrivateAndGoneAfterwards) {
  const store::TestFolder folder;
  const auto path = folder.path() / "control.sock";
  auto socket = ControlSocket::open(path, echo);
  ASSERT_TRUE(socket);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  socket->reset();
  EXPECT_NE(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(call_control_socket(path, "say", Json::object()).error().code,
            Code::kUpstreamUnreachable);
}

TEST(ControlSocket, EndsWhileAClientSaysNothing) {
  const store::TestFolder folder;
  const auto path = folder.path() / "control.sock";
  auto socket = ControlSocket::open(path, echo);
  ASSERT_TRUE(socket);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(path.string(), address.sun_path);
  const FileDescriptor silent{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  ASSERT_EQ(::connect(silent.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const auto began = std::chrono::steady_clock::now();
  socket->reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{5});
}

TEST(ControlSocket, TakesThePlaceOfADeadServersSocket) {
  const store::TestFolder folder;
  const auto path = folder.path() / "control.sock";
  ASSERT_TRUE(create_private_file(path, "left over"));
  const auto socket = ControlSocket::open(path, echo);
  ASSERT_TRUE(socket);
  EXPECT_TRUE(call_control_socket(path, "say", Json::object()));
}

TEST(ControlLine, WhatIsNoRequestIsAnsweredWithAnError) {
  for (const auto* line : {"", "{", "[]", "{}", R"({"operation":7})",
                           R"({"operation":"x","arguments":[]})", R"({"operation":"x","y":1})"}) {
    EXPECT_FALSE(read_answer_line(answer_line(line, echo))) << line;
  }
  EXPECT_TRUE(read_answer_line(answer_line(R"({"operation":"x"})", echo)));
}

TEST(ControlLine, WhatIsNoAnswerIsCorrupt) {
  for (const auto* line : {"", "{}", "7", R"({"error":"x"})"}) {
    EXPECT_EQ(read_answer_line(line).error().code, Code::kCorrupt) << line;
  }
}

}  // namespace
}  // namespace tg::admin
