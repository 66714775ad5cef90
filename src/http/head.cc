// SPDX-License-Identifier: Apache-2.0
#include "http/head.h"

#include <algorithm>
#include <optional>

#include "http/scan.h"
#include "http/url.h"

namespace tg::http {
namespace {

constexpr std::size_t kMethodBytesMax = 16;
// A length above this is no length but an attack on somebody's arithmetic.
constexpr std::size_t kLengthDigitsMax = 18;

// Where the parser stands. A step that returns false has either refused the bytes, and then `error`
// says why, or needs more of them.
struct Cursor {
  const char* at;
  const char* end;
  std::optional<Error> error = std::nullopt;

  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end - at); }
  bool refuse(const char* detail, Code code = Code::kMalformedHttp) {
    error = Error{code, detail};
    return false;
  }
};

std::unexpected<Error> malformed(const char* detail) { return fail(Code::kMalformedHttp, detail); }

// CR LF at the cursor, both of them.
bool take_line_end(Cursor& cursor, const char* detail) {
  if (cursor.left() > 0 && cursor.at[0] != '\r') return cursor.refuse(detail);
  if (cursor.left() > 1 && cursor.at[1] != '\n') return cursor.refuse(detail);
  if (cursor.left() < 2) return false;
  cursor.at += 2;
  return true;
}

bool take_field_line(Cursor& cursor, Fields& fields) {
  const char* const name = cursor.at;
  const char* const name_end = find_token_end(name, cursor.end);
  if (name_end - name > static_cast<std::ptrdiff_t>(kFieldNameBytesMax)) {
    return cursor.refuse("a field name is longer than 256 bytes", Code::kHeadTooLarge);
  }
  if (name_end == cursor.end) return false;
  // Also catches white space before the colon, folded lines and lines that end in a bare LF.
  if (*name_end != ':' || name_end == name) return cursor.refuse("a field name is not a token");

  cursor.at = find_control(name_end + 1, cursor.end);
  const std::string_view value{name_end + 1, cursor.at};
  if (!take_line_end(cursor, "a control character in a field value")) return false;
  return fields.add({{name, name_end}, trim(value)}) ||
         cursor.refuse("the head has more than 100 fields", Code::kHeadTooLarge);
}

bool take_field_lines(Cursor& cursor, Fields& fields) {
  while (cursor.left() > 0 && *cursor.at != '\r') {
    if (!take_field_line(cursor, fields)) return false;
  }
  return take_line_end(cursor, "a bare CR in the head");
}

// "HTTP/1.0" or "HTTP/1.1".
bool take_version(Cursor& cursor, int& minor_version) {
  constexpr std::string_view kShape = "HTTP/d.d";
  for (std::size_t at = 0; at < std::min(kShape.size(), cursor.left()); ++at) {
    const char c = cursor.at[at];
    const bool fits = kShape[at] == 'd' ? is_digit(c) : c == kShape[at];
    if (!fits) return cursor.refuse("no HTTP version");
  }
  if (cursor.left() < kShape.size()) return false;
  if (cursor.at[5] != '1' || cursor.at[7] > '1') {
    return cursor.refuse("the HTTP version is neither 1.0 nor 1.1", Code::kUnsupportedHttpVersion);
  }
  minor_version = cursor.at[7] - '0';
  cursor.at += kShape.size();
  return true;
}

// Bytes up to the space that ends them. What they may be is judged later, once the line is whole.
bool take_target(Cursor& cursor, std::string_view& target) {
  const char* at = cursor.at;
  while (at != cursor.end && *at > ' ' && *at != 0x7f) ++at;
  if (at == cursor.end) return false;
  if (*at != ' ') return cursor.refuse("the request target holds a character that it must not");
  target = {cursor.at, at};
  cursor.at = at + 1;
  return true;
}

bool take_method(Cursor& cursor, std::string_view& method) {
  const char* at = cursor.at;
  while (at != cursor.end && *at >= 'A' && *at <= 'Z') ++at;
  method = {cursor.at, at};
  if (method.size() > kMethodBytesMax) return cursor.refuse("the method is longer than 16 bytes");
  if (at == cursor.end) return false;
  // Methods are case-sensitive (RFC 9110, 9.1); those in use are upper case, and a server behind us
  // that thinks otherwise must not see one.
  if (*at != ' ' || method.empty()) return cursor.refuse("no method");
  cursor.at = at + 1;
  return true;
}

bool take_request_line(Cursor& cursor, RequestHead& head) {
  // One empty line before the request is an old client's error that RFC 9112 (2.2) asks to forgive.
  const bool empty_line = cursor.left() > 0 && *cursor.at == '\r';
  if (empty_line && !take_line_end(cursor, "a bare CR before the request")) return false;
  if (!take_method(cursor, head.method) || !take_target(cursor, head.target) ||
      !take_version(cursor, head.minor_version) ||
      !take_line_end(cursor, "something follows the HTTP version")) {
    return false;
  }
  const auto split = split_target(head.target, head.path, head.query);
  return split || cursor.refuse(split.error().detail);
}

bool take_status(Cursor& cursor, int& status) {
  constexpr std::size_t kShapeBytes = 4;  // " 200"
  if (cursor.left() < kShapeBytes) return false;
  const char* const at = cursor.at;
  if (at[0] != ' ' || !is_digit(at[1]) || !is_digit(at[2]) || !is_digit(at[3])) {
    return cursor.refuse("no status");
  }
  status = (at[1] - '0') * 100 + (at[2] - '0') * 10 + (at[3] - '0');
  if (status < 100 || status > 599) return cursor.refuse("a status outside 100 to 599");
  cursor.at += kShapeBytes;
  return true;
}

bool take_status_line(Cursor& cursor, ResponseHead& head) {
  if (!take_version(cursor, head.minor_version) || !take_status(cursor, head.status)) return false;
  const char* const reason = cursor.at;
  cursor.at = find_control(reason, cursor.end);
  // Some servers leave out the space together with the reason. That can be read in one way only.
  if (cursor.at != reason && *reason != ' ') return cursor.refuse("a status longer than 3 digits");
  head.reason = trim({reason, cursor.at});
  return take_line_end(cursor, "a control character in the reason phrase");
}

// The fields that decide where the message ends and whether the connection lives on.
struct Control {
  const Field* content_length = nullptr;
  const Field* transfer_encoding = nullptr;
  const Field* host = nullptr;
  const Field* expect = nullptr;
  bool close = false;
  bool keep_alive = false;
};

Result<void> set_once(const Field*& slot, const Field& field, const char* detail) {
  if (slot != nullptr) return malformed(detail);
  slot = &field;
  return {};
}

template <typename Visit>
void for_each_element(std::string_view list, Visit visit) {
  for (;;) {
    const auto comma = list.find(',');
    visit(trim(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

Result<void> read_connection(std::string_view value, Control& control) {
  bool well_formed = true;
  for_each_element(value, [&](std::string_view option) {
    well_formed = well_formed && (option.empty() || is_token(option));
    control.close = control.close || equals_ignore_case(option, "close");
    control.keep_alive = control.keep_alive || equals_ignore_case(option, "keep-alive");
  });
  // In "close;x" one reader finds "close" and another does not.
  if (!well_formed) return malformed("a Connection option is not a token");
  return {};
}

// "Content_Length" is to CGI-like servers what "Content-Length" is to us.
bool is_underscored(std::string_view name, std::string_view of) {
  return std::equal(name.begin(), name.end(), of.begin(), of.end(),
                    [](char a, char b) { return to_lower(a) == b || (a == '_' && b == '-'); });
}

Result<void> read_control_field(const Field& field, Control& control) {
  constexpr std::string_view kContentLength = "content-length";
  constexpr std::string_view kTransferEncoding = "transfer-encoding";
  const std::string_view name = field.name;
  switch (name.size()) {
    case 4:
      if (!equals_ignore_case(name, "host")) return {};
      return set_once(control.host, field, "more than one Host");
    case 6:
      if (!equals_ignore_case(name, "expect")) return {};
      return set_once(control.expect, field, "more than one Expect");
    case 10:
      if (!equals_ignore_case(name, "connection")) return {};
      return read_connection(field.value, control);
    case kContentLength.size():
      if (!is_underscored(name, kContentLength)) return {};
      if (name[7] == '_') return malformed("a framing field is written with an underscore");
      return set_once(control.content_length, field, "more than one Content-Length");
    case kTransferEncoding.size():
      if (!is_underscored(name, kTransferEncoding)) return {};
      if (name[8] == '_') return malformed("a framing field is written with an underscore");
      return set_once(control.transfer_encoding, field, "more than one Transfer-Encoding");
    default: return {};
  }
}

Result<Control> read_control(const Fields& fields) {
  Control control;
  for (const Field& field : fields) TG_TRY_DONE(read_control_field(field, control));
  return control;
}

Result<std::uint64_t> parse_length(std::string_view text) {
  if (text.empty() || text.size() > kLengthDigitsMax || (text.size() > 1 && text[0] == '0')) {
    return malformed("the Content-Length is not a plain number");
  }
  std::uint64_t length = 0;
  for (const char c : text) {
    if (!is_digit(c)) return malformed("the Content-Length is not a plain number");
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return length;
}

// Only "chunked" alone is read. Of the rest, what is well formed is unsupported, and what could be
// taken for chunked by one reader and not by another is malformed.
Result<void> check_transfer_encoding(std::string_view value) {
  if (equals_ignore_case(value, "chunked")) return {};
  bool well_formed = true;
  bool after_chunked = false;
  for_each_element(value, [&](std::string_view coding) {
    well_formed = well_formed && is_token(coding) && !after_chunked;
    after_chunked = equals_ignore_case(coding, "chunked");
  });
  if (!well_formed) return malformed("the Transfer-Encoding is ambiguous");
  return fail(Code::kUnsupportedTransferCoding, "a transfer coding other than chunked");
}

// Of a message that says how long its body is; without a word, `Framing::kNone`.
template <typename Head>
Result<void> read_framing(const Control& control, Head& head) {
  head.framing = Framing::kNone;
  head.content_length = 0;
  if (control.transfer_encoding != nullptr) {
    if (control.content_length != nullptr) {
      return malformed("both Content-Length and Transfer-Encoding");
    }
    if (head.minor_version == 0) return malformed("Transfer-Encoding in HTTP/1.0");
    TG_TRY_DONE(check_transfer_encoding(control.transfer_encoding->value));
    head.framing = Framing::kChunked;
  } else if (control.content_length != nullptr) {
    TG_TRY(head.content_length, parse_length(control.content_length->value));
    head.framing = Framing::kLength;
  }
  head.keep_alive = !control.close && (head.minor_version == 1 || control.keep_alive);
  return {};
}

Result<void> interpret_request(RequestHead& head) {
  TG_TRY(const Control control, read_control(head.fields));
  if (control.host == nullptr ? head.minor_version == 1 : !is_host_and_port(control.host->value)) {
    return malformed("no valid Host");
  }
  TG_TRY_DONE(read_framing(control, head));

  head.expects_continue = false;
  if (control.expect != nullptr) {
    if (!equals_ignore_case(control.expect->value, "100-continue")) {
      return fail(Code::kExpectationFailed, "an expectation other than 100-continue");
    }
    // An HTTP/1.0 client cannot know what an interim answer is (RFC 9110, 10.1.1).
    head.expects_continue = head.minor_version == 1 && head.framing != Framing::kNone;
  }
  return {};
}

Result<void> interpret_response(std::string_view request_method, ResponseHead& head) {
  TG_TRY(const Control control, read_control(head.fields));
  TG_TRY_DONE(read_framing(control, head));
  if (head.status == 101) return malformed("an upgrade that was not asked for");
  const bool bodiless_status = head.status < 200 || head.status == 204 || head.status == 304;
  if (bodiless_status || request_method == "HEAD") {
    // A server that announces a body here may also send it: then the next answer is not where we
    // would look for it. 304 and HEAD announce what GET would have had, and are innocent.
    const bool announced = head.framing == Framing::kChunked || head.content_length > 0;
    if (announced && bodiless_status && head.status != 304) head.keep_alive = false;
    head.framing = Framing::kNone;
    head.content_length = 0;
  } else if (head.framing == Framing::kNone) {
    head.framing = Framing::kUntilClose;
    head.keep_alive = false;
  }
  return {};
}

template <typename Head, typename TakeFirstLine, typename Interpret>
Result<std::size_t> parse_head(std::string_view bytes, Head& head, TakeFirstLine take_first_line,
                               Interpret interpret) {
  Cursor cursor{bytes.data(), bytes.data() + std::min(bytes.size(), kHeadBytesMax)};
  head.fields.clear();
  if (!take_first_line(cursor, head) || !take_field_lines(cursor, head.fields)) {
    if (cursor.error) return std::unexpected(*cursor.error);
    if (bytes.size() < kHeadBytesMax) return 0;
    return fail(Code::kHeadTooLarge, "the head is larger than 64 KiB");
  }
  TG_TRY_DONE(interpret(head));
  return static_cast<std::size_t>(cursor.at - bytes.data());
}

}  // namespace

Result<std::size_t> parse_request_head(std::string_view bytes, RequestHead& head) {
  return parse_head(bytes, head, take_request_line, interpret_request);
}

Result<std::size_t> parse_response_head(std::string_view bytes, std::string_view request_method,
                                        ResponseHead& head) {
  const auto interpret = [request_method](ResponseHead& read) {
    return interpret_response(request_method, read);
  };
  const auto consumed = parse_head(bytes, head, take_status_line, interpret);
  if (!consumed) return fail(Code::kUpstreamProtocol, consumed.error().detail);
  return consumed;
}

}  // namespace tg::http
