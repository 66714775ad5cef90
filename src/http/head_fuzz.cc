// SPDX-License-Identifier: Apache-2.0
// Whatever head we accept, Boost.Beast's parser accepts too, and frames it as we do. (Not the other
// way round: Beast accepts shapes that requests are smuggled with.)
#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/result.h"
#include "http/head.h"

namespace tg::http {
namespace {

namespace beast = boost::beast::http;

constexpr std::string_view kHead = "HEAD";

std::string_view text(boost::core::string_view view) { return {view.data(), view.size()}; }

// Beast reads this field, which no RFC knows, as if it were Connection.
bool has_proxy_connection(const Fields& fields) { return fields.count("proxy-connection") > 0; }

template <typename Parser>
void parse_with_beast(Parser& parser, std::string_view bytes) {
  parser.header_limit(2 * kHeadBytesMax);
  parser.body_limit(boost::none);
  boost::system::error_code error;
  const auto consumed = parser.put(boost::asio::const_buffer{bytes.data(), bytes.size()}, error);
  TG_CHECK(!error || error == beast::error::need_more);
  TG_CHECK(parser.is_header_done() && consumed == bytes.size());
}

template <typename Head, typename Parser>
void check_same(const Head& head, Parser& parser) {
  const auto& message = parser.get();
  TG_CHECK(message.version() == 10u + static_cast<unsigned>(head.minor_version));
  TG_CHECK(!head.keep_alive || parser.keep_alive());
  TG_CHECK((head.framing == Framing::kChunked) == (parser.chunked() && !parser.is_done()));
  TG_CHECK((head.framing == Framing::kUntilClose) == (parser.need_eof() && !parser.is_done()));
  TG_CHECK((head.framing == Framing::kNone || head.content_length == 0) || !parser.is_done());
  if (head.framing == Framing::kLength) {
    TG_CHECK(parser.content_length() && *parser.content_length() == head.content_length);
  }
  const auto fields = std::distance(message.begin(), message.end());
  TG_CHECK(fields == static_cast<std::ptrdiff_t>(head.fields.size()));
  for (const Field& field : head.fields) {
    TG_CHECK(message.count(field.name) == head.fields.count(field.name));
    const auto [first, last] = message.equal_range(field.name);
    TG_CHECK(std::any_of(first, last,
                         [&field](const auto& each) { return text(each.value()) == field.value; }));
  }
}

void check_request(std::string_view bytes) {
  RequestHead head;
  const auto consumed = parse_request_head(bytes, head);
  if (!consumed || *consumed == 0) return;
  RequestHead partial;
  TG_CHECK(parse_request_head(bytes.substr(0, *consumed - 1), partial) == 0);
  TG_CHECK(parse_request_head(bytes.substr(0, *consumed / 2), partial) == 0);

  if (has_proxy_connection(head.fields)) return;
  bytes = bytes.substr(0, *consumed);
  // We forgive one empty line before a request, as RFC 9112 (2.2) asks. Beast does not.
  if (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
  beast::request_parser<beast::string_body> parser;
  parse_with_beast(parser, bytes);
  TG_CHECK(text(parser.get().method_string()) == head.method);
  TG_CHECK(text(parser.get().target()) == head.target);
  check_same(head, parser);
}

void check_response(std::string_view bytes, std::string_view method) {
  ResponseHead head;
  const auto consumed = parse_response_head(bytes, method, head);
  if (!consumed || *consumed == 0) return;
  bytes = bytes.substr(0, *consumed);
  // We forgive a missing reason together with its space. Beast does not.
  constexpr std::size_t kStatusEnd = std::string_view{"HTTP/1.1 200"}.size();
  if (bytes[kStatusEnd] == '\r' || has_proxy_connection(head.fields)) return;
  beast::response_parser<beast::string_body> parser;
  parser.skip(method == kHead);
  parse_with_beast(parser, bytes);
  TG_CHECK(parser.get().result_int() == static_cast<unsigned>(head.status));
  check_same(head, parser);
}

}  // namespace

// The first byte: a request, an answer, or an answer to HEAD.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  switch (data[0] % 3) {
    case 0: check_request(bytes); break;
    case 1: check_response(bytes, "POST"); break;
    default: check_response(bytes, kHead); break;
  }
  return 0;
}

}  // namespace tg::http
