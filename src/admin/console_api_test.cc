// SPDX-License-Identifier: Apache-2.0
#include "admin/console_api.h"

#include <gtest/gtest.h>

#include "admin/test_instance.h"

namespace tg::admin {
namespace {

class ConsoleApiTest : public TestInstance {
 protected:
  struct Signed {
    std::string cookie;
    std::string csrf_token;
  };

  static http::Request request(std::string method, std::string path, std::string body = "") {
    http::Request made;
    made.method = std::move(method);
    made.path = std::move(path);
    made.body = std::move(body);
    made.peer_address = "127.0.0.1";
    made.fields = {{"Host", "127.0.0.1:8080"}};
    if (!made.body.empty()) made.fields.push_back({"Content-Type", "application/json"});
    return made;
  }

  static std::string field(const http::Response& response, std::string_view name) {
    for (const auto& each : response.fields) {
      if (each.name == name) return each.value;
    }
    return {};
  }

  http::Response sign_in_with(const std::string& email, const std::string& password) {
    return plane_.handle(request("POST", "/v1/tollgate/session",
                                 Json{{"email", email}, {"password", password}}.dump()));
  }

  Signed sign_in() {
    make_owner();
    const auto response = sign_in_with(kTestEmail, kTestPassword);
    EXPECT_EQ(response.status, 200) << response.body;
    const auto cookie = field(response, "Set-Cookie");
    return {cookie.substr(0, cookie.find(';')),
            Json::parse(response.body)["csrf_token"].get<std::string>()};
  }

  static http::Request with(http::Request made, const Signed& session) {
    made.fields.push_back({"Cookie", session.cookie});
    if (made.method != "GET") made.fields.push_back({"X-Tollgate-CSRF", session.csrf_token});
    return made;
  }

  ControlPlane plane_{*operations_, {}};
};

TEST_F(ConsoleApiTest, SetupLinkMakesTheOwnerOnce) {
  const auto url = run("create_setup_link").value()["url"].get<std::string>();
  const auto token = url.substr(url.find('=') + 1);
  auto asked = request("GET", "/v1/tollgate/setup");
  asked.query = "token=" + token;
  EXPECT_EQ(plane_.handle(asked).body, R"({"valid":true})");

  const auto body =
      Json{{"token", token}, {"email", kTestEmail}, {"name", "Ada"}, {"password", kTestPassword}}
          .dump();
  const auto first = plane_.handle(request("POST", "/v1/tollgate/setup", body));
  EXPECT_EQ(first.status, 201) << first.body;
  EXPECT_NE(field(first, "Set-Cookie"), "");
  EXPECT_EQ(plane_.handle(request("POST", "/v1/tollgate/setup", body)).status, 403);
  EXPECT_EQ(plane_.handle(asked).body, R"({"valid":false})");
}

TEST_F(ConsoleApiTest, CookieIsHostOnlyAndSecureOverTls) {
  make_owner();
  auto over_tls = request("POST", "/v1/tollgate/session",
                          Json{{"email", kTestEmail}, {"password", kTestPassword}}.dump());
  over_tls.over_tls = true;
  const auto response = plane_.handle(over_tls);
  const auto cookie = field(response, "Set-Cookie");
  EXPECT_TRUE(cookie.starts_with("__Host-tollgate="));
  for (const auto* part : {"; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"}) {
    EXPECT_NE(cookie.find(part), std::string::npos) << cookie;
  }
  EXPECT_NE(field(response, "Strict-Transport-Security"), "");

  const auto plain = sign_in_with(kTestEmail, kTestPassword);
  EXPECT_TRUE(field(plain, "Set-Cookie").starts_with("tollgate="));
  EXPECT_EQ(field(plain, "Set-Cookie").find("Secure"), std::string::npos);
}

TEST_F(ConsoleApiTest, UnknownUserAndWrongPasswordGetTheSameAnswer) {
  make_owner();
  const auto wrong = sign_in_with(kTestEmail, "not the right one");
  const auto unknown = sign_in_with("nobody@example.org", "not the right one");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.status, unknown.status);
  EXPECT_EQ(wrong.body, unknown.body);
}

TEST_F(ConsoleApiTest, TooManyAttemptsAreRefusedEvenWithTheRightPassword) {
  make_owner();
  int status = 0;
  for (int attempt = 0; attempt < 11; ++attempt) {
    status = sign_in_with(kTestEmail, "not the right one").status;
  }
  EXPECT_EQ(status, 429);
  EXPECT_EQ(sign_in_with(kTestEmail, kTestPassword).status, 429);
}

TEST_F(ConsoleApiTest, ChangeNeedsSessionAndItsCsrfToken) {
  const auto session = sign_in();
  const auto create = request("POST", "/v1/tollgate/keys", R"({"name":"laptop"})");
  EXPECT_EQ(plane_.handle(create).status, 401);
  EXPECT_EQ(plane_.handle(with(create, {session.cookie, ""})).status, 403);
  EXPECT_EQ(plane_.handle(with(create, {session.cookie, "0000"})).status, 403);
  const auto created = plane_.handle(with(create, session));
  EXPECT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(field(created, "Cache-Control"), "no-store");
}

TEST_F(ConsoleApiTest, OtherSitesAreRefusedWhateverTheyCarry) {
  const auto session = sign_in();
  for (const auto& [name, value] :
       std::vector<http::OwnedField>{{"Origin", "https://evil.example"},
                                     {"Origin", "null"},
                                     {"Origin", "http://127.0.0.1:8081"},
                                     {"Sec-Fetch-Site", "cross-site"},
                                     {"Sec-Fetch-Site", "same-site"}}) {
    auto create = with(request("POST", "/v1/tollgate/keys", R"({"name":"x"})"), session);
    create.fields.push_back({name, value});
    EXPECT_EQ(plane_.handle(create).status, 403) << name << ": " << value;
    auto enter = request("POST", "/v1/tollgate/session", "{}");
    enter.fields.push_back({name, value});
    EXPECT_EQ(plane_.handle(enter).status, 403) << name << ": " << value;
  }
  auto own = with(request("POST", "/v1/tollgate/keys", R"({"name":"x"})"), session);
  own.fields.push_back({"Origin", "http://127.0.0.1:8080"});
  own.fields.push_back({"Sec-Fetch-Site", "same-origin"});
  EXPECT_EQ(plane_.handle(own).status, 201);
}

TEST_F(ConsoleApiTest, BodiesThatAFormCouldSendAreRefused) {
  const auto session = sign_in();
  for (const auto* type : {"text/plain", "application/x-www-form-urlencoded", ""}) {
    auto create = with(request("POST", "/v1/tollgate/keys", R"({"name":"x"})"), session);
    std::erase_if(create.fields, [](const auto& each) { return each.name == "Content-Type"; });
    create.fields.push_back({"Content-Type", type});
    EXPECT_EQ(plane_.handle(create).status, 400) << type;
  }
}

TEST_F(ConsoleApiTest, UnknownFieldsAndBrokenBodiesGiveOpenAisEnvelope) {
  const auto session = sign_in();
  for (const auto* body :
       {"{", "[]", "7", R"({"name":"x","name":"y"})", R"({"nmae":"x"})", R"({"name":7})"}) {
    const auto response = plane_.handle(with(request("POST", "/v1/tollgate/keys", body), session));
    EXPECT_EQ(response.status, 400) << body;
    const auto error = Json::parse(response.body)["error"];
    for (const auto* member : {"message", "type", "param", "code"}) {
      EXPECT_TRUE(error.contains(member)) << response.body;
    }
  }
}

TEST_F(ConsoleApiTest, SignOutEndsTheSessionOnTheServer) {
  const auto session = sign_in();
  EXPECT_EQ(plane_.handle(with(request("GET", "/v1/tollgate/session"), session)).status, 200);
  EXPECT_EQ(plane_.handle(with(request("DELETE", "/v1/tollgate/session"), session)).status, 200);
  EXPECT_EQ(plane_.handle(with(request("GET", "/v1/tollgate/session"), session)).status, 401);
}

TEST_F(ConsoleApiTest, RevokedKeyIsToldAtOnceAndShownAsRevoked) {
  const auto session = sign_in();
  const auto created = Json::parse(
      plane_.handle(with(request("POST", "/v1/tollgate/keys", R"({"name":"x"})"), session)).body);
  const auto id = created["id"].get<std::string>();
  const auto revoked =
      plane_.handle(with(request("POST", "/v1/tollgate/keys/" + id + "/revoke", "{}"), session));
  EXPECT_EQ(revoked.status, 200) << revoked.body;
  EXPECT_FALSE(Json::parse(revoked.body)["revoked_at"].is_null());
  EXPECT_EQ(live_.revoked.size(), 1);
}

TEST_F(ConsoleApiTest, EveryAnswerCarriesTheSecurityHeaders) {
  for (const auto* path : {"/", "/keys", "/nothing.js", "/v1/nothing", "/v1/tollgate/session"}) {
    const auto response = plane_.handle(request("GET", path));
    EXPECT_NE(field(response, "Content-Security-Policy").find("frame-ancestors 'none'"),
              std::string::npos)
        << path;
    EXPECT_EQ(field(response, "X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(field(response, "Referrer-Policy"), "no-referrer") << path;
  }
}

TEST_F(ConsoleApiTest, UnknownPathsAndMethodsAreToldInOpenAisForm) {
  const auto session = sign_in();
  EXPECT_EQ(plane_.handle(request("GET", "/v1/fine_tuning")).status, 404);
  EXPECT_EQ(plane_.handle(with(request("GET", "/v1/tollgate/nothing"), session)).status, 404);
  EXPECT_EQ(plane_.handle(with(request("PUT", "/v1/tollgate/keys", "{}"), session)).status, 405);
}

TEST_F(ConsoleApiTest, QueriesReachTheirOperation) {
  const auto session = sign_in();
  auto calls = with(request("GET", "/v1/tollgate/calls"), session);
  calls.query = "limit=50";
  EXPECT_EQ(plane_.handle(calls).status, 200);
  calls.query = "limit=0";
  EXPECT_EQ(plane_.handle(calls).status, 400);
  calls.query = "lmit=1";
  EXPECT_EQ(plane_.handle(calls).status, 400);
}

TEST_F(ConsoleApiTest, LimitIsSetListedAndRemoved) {
  const auto session = sign_in();
  const auto answer_to = [&](http::Request asked, std::string query = "") {
    asked.query = std::move(query);
    const auto response = plane_.handle(with(std::move(asked), session));
    EXPECT_EQ(response.status, 200) << response.body;
    return Json::parse(response.body);
  };
  const auto project = run("create_key", {{"name", "x"}}).value()["project_id"];
  const Json wanted{{"scope", "project"}, {"id", project}, {"usd", "50"}, {"per", "month"}};
  const auto limit = answer_to(request("POST", "/v1/tollgate/limits", wanted.dump()));
  const auto query = "scope=project&target_id=" + project.get<std::string>();
  EXPECT_EQ(answer_to(request("GET", "/v1/tollgate/limits"), query)["data"][0]["id"], limit["id"]);
  const auto path = "/v1/tollgate/limits/" + limit["id"].get<std::string>();
  EXPECT_EQ(answer_to(request("DELETE", path))["deleted"], true);
  EXPECT_TRUE(answer_to(request("GET", "/v1/tollgate/limits"))["data"].empty());
  EXPECT_EQ(plane_.handle(with(request("DELETE", path), session)).status, 404);
  EXPECT_EQ(plane_.handle(request("DELETE", path)).status, 401);
}

}  // namespace
}  // namespace tg::admin
