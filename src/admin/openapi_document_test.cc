// SPDX-License-Identifier: Apache-2.0
#include "admin/openapi_document.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <regex>
#include <set>

#include "admin/api_routes.h"
#include "admin/console_api.h"
#include "admin/test_instance.h"
#include "http/url.h"

// The document says what the routes do: each failure names what is missing, and where.
namespace tg::admin {
namespace {

using Names = std::set<std::string>;

constexpr auto kUnknownField = "nobody_knows_this";

const Json& document() {
  static const auto kParsed = Json::parse(openapi_document());
  return kParsed;
}

// "GET tollgate/keys/{}", as routes have it.
std::string label_of(std::string method, const std::string& path) {
  std::ranges::transform(method, method.begin(), [](char c) { return std::toupper(c); });
  return method + " " + std::regex_replace(path.substr(1), std::regex{R"(\{\w+\})"}, "{}");
}

std::string label(const ApiRoute& route) { return fmt::format("{} {}", route.method, route.path); }

struct Described {
  Json operation;
  Json parameters;  // of the path and of the operation, resolved
};

Json resolve(const Json& value) {
  const auto reference = value.find("$ref");
  if (reference == value.end()) return value;
  return resolve(document().at(Json::json_pointer{reference->get<std::string>().substr(1)}));
}

const std::map<std::string, Described>& operations() {
  static const auto kAll = [] {
    std::map<std::string, Described> described;
    for (const auto& [path, item] : document()["paths"].items()) {
      for (const auto& [method, operation] : item.items()) {
        if (method == "parameters") continue;
        auto parameters = Json::array();
        for (const auto& of : {item, operation}) {
          for (const auto& each : of.value("parameters", Json::array())) {
            parameters.push_back(resolve(each));
          }
        }
        described[label_of(method, path)] = {operation, std::move(parameters)};
      }
    }
    return described;
  }();
  return kAll;
}

const Described* find(const ApiRoute& route) {
  const auto found = operations().find(label(route));
  return found == operations().end() ? nullptr : &found->second;
}

// Of a schema and of all that it is made of.
void add_properties(const Json& schema, Names& names) {
  const auto resolved = resolve(schema);
  const auto properties = resolved.value("properties", Json::object());
  for (const auto& [name, property] : properties.items()) {
    names.insert(name);
  }
  for (const auto* parts : {"allOf", "oneOf", "anyOf"}) {
    for (const auto& part : resolved.value(parts, Json::array())) add_properties(part, names);
  }
}

Names parameters_in(const Described& described, std::string_view place) {
  Names names;
  for (const auto& parameter : described.parameters) {
    if (parameter["in"] == place) names.insert(parameter["name"]);
  }
  return names;
}

// What an operation takes beside the ids of its path.
Names fields_in_document(const ApiRoute& route, const Described& described) {
  if (route.method == "GET") return parameters_in(described, "query");
  Names names;
  const auto body = described.operation.find("requestBody");
  if (body != described.operation.end()) {
    add_properties((*body)["content"]["application/json"]["schema"], names);
  }
  return names;
}

// Where in openapi/ a field belongs.
std::string place_of(const ApiRoute& route, const Described& described) {
  if (route.method == "GET") return "query parameters";
  const auto body = described.operation.find("requestBody");
  if (body == described.operation.end()) return "request (it has no requestBody)";
  const auto& schema = (*body)["content"]["application/json"]["schema"];
  return fmt::format("request ({})", schema.value("$ref", "a schema without a name"));
}

std::string lacking(const Names& all, const Names& some) {
  Names left;
  std::ranges::set_difference(all, some, std::inserter(left, left.end()));
  return left.empty() ? "nothing" : fmt::format("{}", fmt::join(left, ", "));
}

void expect_same_fields(const ApiRoute& route, const Described& described, const Names& in_code,
                        std::string_view where) {
  const auto in_document = fields_in_document(route, described);
  EXPECT_EQ(in_code, in_document) << label(route) << " (" << described.operation["operationId"]
                                  << "): " << where << " takes, and the "
                                  << place_of(route, described)
                                  << " in openapi/*.yaml lacks: " << lacking(in_code, in_document)
                                  << "; that has, and the code does not take: "
                                  << lacking(in_document, in_code);
}

TEST(OpenApiDocument, HasEveryRouteAndNoOther) {
  Names routes;
  for (const auto& route : tollgate_routes()) {
    routes.insert(label(route));
    EXPECT_TRUE(find(route) != nullptr)
        << "openapi/*.yaml lack the route '" << label(route) << "' of tollgate_routes.cc"
        << (route.operation.empty() ? "" : fmt::format(", operation {}", route.operation))
        << "; describe it in the file of its resource";
  }
  for (const auto& [name, described] : operations()) {
    EXPECT_TRUE(routes.contains(name))
        << "openapi/*.yaml describe '" << name << "' (" << described.operation["operationId"]
        << "), which is no route of tollgate_routes.cc";
  }
}

TEST(OpenApiDocument, TakesTheFieldsThatOperationsTake) {
  for (const auto& route : tollgate_routes()) {
    const auto* described = find(route);
    if (route.operation.empty() || described == nullptr) continue;
    const auto fields = Operations::fields_of(route.operation);
    ASSERT_TRUE(fields) << "operations.cc has no " << route.operation;
    Names in_code{fields->begin(), fields->end()};
    in_code.erase(std::string{route.id_field});
    expect_same_fields(route, *described, in_code, "operations.cc");
    EXPECT_EQ(described->operation["operationId"], route.operation)
        << label(route) << ": the operationId is the operation's name";
  }
}

TEST(OpenApiDocument, SaysOfEachOperationWhatAReaderNeeds) {
  Names ids;
  for (const auto& [name, described] : operations()) {
    const auto& operation = described.operation;
    EXPECT_TRUE(ids.insert(operation["operationId"]).second) << name;
    for (const auto* field : {"summary", "description"}) {
      EXPECT_FALSE(operation.value(field, "").empty()) << name << " has no " << field;
    }
    EXPECT_EQ(operation["tags"].size(), 1U) << name;
  }
}

// The keys of its `security`; what stands above all operations where it says nothing.
Names security_of(const Described& described) {
  Names names;
  for (const auto& each : described.operation.value("security", document()["security"])) {
    for (const auto& [scheme, scopes] : each.items()) names.insert(scheme);
  }
  return names;
}

Names wanted_security(const ApiRoute& route) {
  switch (route.resource) {
    case Resource::kPublic: return {};
    case Resource::kSelf: return {"anyKey"};
    default: break;
  }
  Names names{"session"};
  if (route.access == Access::kWrite) names.insert("csrf");
  return names;
}

TEST(OpenApiDocument, SaysWhoMayAskAndWhichStatusSucceeds) {
  for (const auto& route : tollgate_routes()) {
    const auto* described = find(route);
    if (described == nullptr) continue;
    auto security = security_of(*described);
    if (security.erase("adminKey") == 1) {
      EXPECT_NE(route.resource, Resource::kInstance) << label(route) << " is no admin key's";
    }
    EXPECT_EQ(security, wanted_security(route)) << label(route);
    for (const auto& [status, response] : described->operation["responses"].items()) {
      if (!status.starts_with('2')) continue;
      EXPECT_EQ(status, std::to_string(route.status)) << label(route);
    }
  }
}

bool answers_tag(const std::string& name) {
  const auto found = operations().find(name);
  if (found == operations().end()) return false;
  const auto& success = found->second.operation["responses"]["200"];
  return success.contains("headers") && success["headers"].contains("ETag");
}

TEST(OpenApiDocument, HasIfMatchWhereThereIsATagToSend) {
  for (const auto& route : tollgate_routes()) {
    const auto* described = find(route);
    if (described == nullptr) continue;
    const auto headers = parameters_in(*described, "header");
    const bool has_tag = route.method != "GET" && answers_tag(fmt::format("GET {}", route.path));
    EXPECT_EQ(headers.contains("If-Match"), has_tag) << label(route);
    EXPECT_EQ(described->operation["responses"].contains("412"), has_tag) << label(route);
    // A session that goes on under another token cannot do so twice.
    const auto& success = described->operation["responses"][std::to_string(route.status)];
    const bool renews = success.value("headers", Json::object()).contains("Set-Cookie");
    EXPECT_EQ(headers.contains("Idempotency-Key"), route.method == "POST" && !renews)
        << label(route);
  }
}

// What handlers read is not in a table, so they are asked: who sends a field that nobody knows is
// told which there are.
class OpenApiHandlers : public TestInstance {
 protected:
  OpenApiHandlers() {
    make_owner();
    const auto signed_in = plane_.handle(request(
        "POST", "/v1/tollgate/session", Json{{"email", kTestEmail}, {"password", kTestPassword}}));
    cookie_ = field(signed_in, "Set-Cookie");
    cookie_.erase(cookie_.find(';'));
    const auto answer = Json::parse(signed_in.body);
    csrf_token_ = answer["csrf_token"];
    organization_ = answer["organization"]["id"];
    project_ = answer["projects"][0]["id"];
    key_ = run("create_key", {{"name", "asks about itself"}}).value()["value"];
  }

  http::Request request(std::string_view method, std::string path, const Json& body) const {
    http::Request made;
    made.method = std::string{method};
    made.path = std::move(path);
    made.peer_address = "127.0.0.1";
    made.fields = {{"Host", "127.0.0.1:8080"}};
    if (!body.is_null()) {
      made.body = body.dump();
      made.fields.push_back({"Content-Type", "application/json"});
    }
    return made;
  }

  static std::string field(const http::Response& response, std::string_view name) {
    const auto found = std::ranges::find(response.fields, name, &http::OwnedField::name);
    return found == response.fields.end() ? "" : found->value;
  }

  // With a good id for the first one in its path.
  [[nodiscard]] std::string path_of(const ApiRoute& route) const {
    const bool of_project = route.path.starts_with("tollgate/projects/");
    const auto& id = of_project ? project_ : organization_;
    return "/v1/" + std::regex_replace(std::string{route.path}, std::regex{R"(\{\})"}, id);
  }

  // The answer to who asks with one field; where it may be right, with a value that is not.
  Json ask(const ApiRoute& route, const std::string& field) {
    const bool reads = route.method == "GET";
    auto made = request(route.method, path_of(route), reads ? Json(nullptr) : Json{{field, 1}});
    if (reads) made.query = field + "=-1";
    if (route.resource == Resource::kSelf) {
      made.fields.push_back({"Authorization", "Bearer " + key_});
    } else {
      made.fields.push_back({"Cookie", cookie_});
      if (!reads) made.fields.push_back({"X-Tollgate-CSRF", csrf_token_});
    }
    const auto response = plane_.handle(made);
    EXPECT_EQ(response.status, 400) << label(route) << " with " << field << ": " << response.body;
    return Json::parse(response.body).value("error", Json::object());
  }

  ControlPlane plane_{*operations_, {}};
  std::string cookie_;
  std::string csrf_token_;
  std::string organization_;
  std::string project_;
  std::string key_;
};

// Of "Unknown field 'x'. The fields here are: name, password."
Names named_in(const std::string& message) {
  Names names;
  const std::regex list{R"(The fields here are: ([^.]*)\.)"};
  std::smatch found;
  if (!std::regex_search(message, found, list)) return names;
  const auto text = found[1].str();
  const std::regex name{R"(\w+)"};
  for (std::sregex_iterator each{text.begin(), text.end(), name}; each != std::sregex_iterator{};
       ++each) {
    names.insert(each->str());
  }
  return names;
}

TEST_F(OpenApiHandlers, TakeTheFieldsOfTheDocument) {
  for (const auto& route : tollgate_routes()) {
    const auto* described = find(route);
    if (route.handler == nullptr || described == nullptr) continue;
    const auto told = ask(route, kUnknownField);
    EXPECT_EQ(told["param"], kUnknownField) << label(route) << ": " << told;
    const auto message = told["message"].get<std::string>();
    if (!message.starts_with("Unknown query parameter")) {
      expect_same_fields(route, *described, named_in(message), "its handler");
      continue;
    }
    // Pages do not name theirs, but take no others than those that they complain of.
    for (const auto& parameter : parameters_in(*described, "query")) {
      EXPECT_FALSE(ask(route, parameter)["message"].get<std::string>().starts_with("Unknown query"))
          << label(route) << " does not take '" << parameter << "'";
    }
  }
}

class OpenApiServed : public OpenApiHandlers {};

TEST_F(OpenApiServed, ToEverybodyWithATagByWhichItIsAskedForAgain) {
  auto asked = request("GET", "/v1/tollgate/openapi.json", nullptr);
  const auto first = plane_.handle(asked);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, openapi_document());
  EXPECT_EQ(field(first, "Content-Type"), "application/json");
  EXPECT_EQ(field(first, "Cache-Control"), "no-cache");
  asked.fields.push_back({"If-None-Match", "\"another\", " + field(first, "ETag")});
  EXPECT_EQ(plane_.handle(asked).status, 304);
  asked.fields.back().value = "\"another\"";
  EXPECT_EQ(plane_.handle(asked).status, 200);
  EXPECT_EQ(plane_.handle(request("POST", "/v1/tollgate/openapi.json", Json::object())).status,
            401);
}

}  // namespace
}  // namespace tg::admin
