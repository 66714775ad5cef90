// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "openai/object_path.h"

// What an answer consists of and has an id of its own: a response's items, the containers that they
// ran in, a chat answer's recording. The upstream finds each by its id alone, whoever asks, so a
// project may only name what its own answers had.
//
// Threading:  values.
namespace tg::openai {

struct AnswerPart {
  ObjectKind kind = ObjectKind::kItem;
  std::string id;
};

// Which of an answer's parts a later request can name.
enum class Kept : std::uint8_t {
  kNothing,  // is asked for
  kUnseen,   // the answer is not stored: only what a client cannot send back whole
  kAll,
};

}  // namespace tg::openai
