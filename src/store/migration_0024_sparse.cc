// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// What is nearly always zero or empty is NULL from now on, which takes a bit of a row where it took
// eight bytes: a call's row becomes half as wide, and its log too. In SQLite a zero takes no room.
// Rows that are there stay as they are; whoever adds up reads NULL as 0.
const char kMigration0024OnPostgresql[] = R"sql(
ALTER TABLE usage_events
  ALTER COLUMN input_text_tokens DROP NOT NULL,
  ALTER COLUMN input_audio_tokens DROP NOT NULL,
  ALTER COLUMN input_image_tokens DROP NOT NULL,
  ALTER COLUMN cached_input_text_tokens DROP NOT NULL,
  ALTER COLUMN cached_input_audio_tokens DROP NOT NULL,
  ALTER COLUMN cached_input_image_tokens DROP NOT NULL,
  ALTER COLUMN cache_write_text_tokens DROP NOT NULL,
  ALTER COLUMN output_text_tokens DROP NOT NULL,
  ALTER COLUMN output_audio_tokens DROP NOT NULL,
  ALTER COLUMN output_image_tokens DROP NOT NULL,
  ALTER COLUMN reasoning_tokens DROP NOT NULL,
  ALTER COLUMN output_images DROP NOT NULL,
  ALTER COLUMN input_milliseconds DROP NOT NULL,
  ALTER COLUMN input_characters DROP NOT NULL,
  ALTER COLUMN cache_write_1h_text_tokens DROP NOT NULL,
  ALTER COLUMN cache_write_12h_text_tokens DROP NOT NULL,
  ALTER COLUMN input_pages DROP NOT NULL,
  ALTER COLUMN web_search_calls DROP NOT NULL,
  ALTER COLUMN file_search_calls DROP NOT NULL,
  ALTER COLUMN code_interpreter_sessions DROP NOT NULL,
  ALTER COLUMN charge_price_id DROP NOT NULL,
  ALTER COLUMN served_price_id DROP NOT NULL,
  ALTER COLUMN served_model DROP NOT NULL,
  ALTER COLUMN tier DROP NOT NULL,
  ALTER COLUMN size DROP NOT NULL,
  ALTER COLUMN quality DROP NOT NULL;
)sql";

}  // namespace tg::store
