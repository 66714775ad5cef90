// SPDX-License-Identifier: Apache-2.0
#include "admin/assets.h"

#include <gtest/gtest.h>

#include <array>

namespace tg::admin {
namespace {

constexpr std::array<Asset, 2> kAssets{{
    {"/index.html", "text/html", "<html>", 6, nullptr, 0, 0},
    {"/assets/app-1a2b3c4d.js", "text/javascript", "plain", 5, "br", 2, 1},
}};

http::Response get(std::string path, std::string accept_encoding = "") {
  http::Request request;
  request.method = "GET";
  request.path = std::move(path);
  request.fields = {{"Accept-Encoding", std::move(accept_encoding)}};
  return serve_asset(request, kAssets);
}

std::string field(const http::Response& response, std::string_view name) {
  for (const auto& each : response.fields) {
    if (each.name == name) return each.value;
  }
  return {};
}

TEST(Assets, PagesOfTheConsoleAreAllItsIndex) {
  for (const auto* path : {"/", "/keys", "/usage", "/sign-in", "/setup"}) {
    EXPECT_EQ(get(path).body, "<html>") << path;
    EXPECT_EQ(field(get(path), "Cache-Control"), "no-cache");
  }
}

TEST(Assets, MissingFilesAreNotTheIndex) {
  for (const auto* path : {"/assets/old-ffffffff.js", "/favicon.ico", "/assets/x"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
}

TEST(Assets, FilesNamedByTheirContentAreKeptForEver) {
  EXPECT_NE(field(get("/assets/app-1a2b3c4d.js"), "Cache-Control").find("immutable"),
            std::string::npos);
}

TEST(Assets, BrotliIsForThoseWhoAskForIt) {
  const std::string path = "/assets/app-1a2b3c4d.js";
  for (const auto* asks : {"br", "gzip, deflate, br", "gzip;q=0.5, br;q=1.0"}) {
    EXPECT_EQ(get(path, asks).body, "br") << asks;
    EXPECT_EQ(field(get(path, asks), "Content-Encoding"), "br");
  }
  for (const auto* asks : {"", "gzip", "br;q=0", "brotli", "*"}) {
    EXPECT_EQ(get(path, asks).body, "plain") << asks;
  }
}

TEST(Assets, OnlyReadingMethodsAreTaken) {
  http::Request request;
  request.method = "POST";
  request.path = "/";
  EXPECT_EQ(serve_asset(request, kAssets).status, 405);
  request.path = "/chat/completions";  // with a base URL that lacks its /v1
  const auto refused = serve_asset(request, kAssets);
  EXPECT_EQ(refused.status, 405);
  EXPECT_TRUE(refused.body.contains("begin with /v1")) << refused.body;
}

}  // namespace
}  // namespace tg::admin
