// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/held_body.h"
#include "http/multipart_reader.h"
#include "openai/request_peek.h"

// A multipart call's form while it comes in: all of its bytes held, its text fields read along, its
// files known by where they stand. Only when it is whole can its call be admitted: any field may
// come last (`model` stands behind the file in forms of OpenAI's library for Node), and what a
// recording costs stands in the file.
//
// Threading:  its worker's.
// Limits:     1 MiB of text fields, 64 parts; the body as gateway/held_body.h.
// Errors:     kBodyMalformed; gateway/spill.h's.
namespace tg::gateway {

class HeldForm {
 public:
  struct File {
    std::string name;  // of the field
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };

  HeldForm(SpillArea* area, std::size_t memory_max, std::string_view boundary)
      : boundary_{boundary}, body_{area, memory_max}, reader_{boundary} {}

  [[nodiscard]] Result<void> append(std::string_view bytes);
  // It has come to its end.
  [[nodiscard]] Result<void> finish() const { return reader_.finish(); }

  [[nodiscard]] HeldBody& body() noexcept { return body_; }
  [[nodiscard]] std::vector<openai::FormField> fields() const;
  [[nodiscard]] const std::vector<File>& files() const noexcept { return files_; }

  // What puts `value` in the place of the text field's, or the field before all others where there
  // is none. A field that stands there twice is refused: nobody can say which of the two the
  // provider believes.
  [[nodiscard]] Result<BodyEdit> edit_field(std::string_view name, std::string_view value) const;

 private:
  struct Field {
    std::string name;
    std::string value;
    std::uint64_t offset = 0;
  };

  [[nodiscard]] Result<void> take(const http::MultipartReader::Event& event);

  const std::string boundary_;
  HeldBody body_;
  http::MultipartReader reader_;
  std::vector<Field> fields_;
  std::vector<File> files_;
  bool in_file_ = false;
  std::size_t field_bytes_ = 0;
};

}  // namespace tg::gateway
