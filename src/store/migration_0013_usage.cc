// SPDX-License-Identifier: Apache-2.0
#include "store/migrations.h"

namespace tg::store {

// What calls used beside ordinary tokens, and what chose their prices: how they were served, the
// size and quality of images (of a web search, how much it read).
const char kMigration0013Usage[] = R"sql(
ALTER TABLE usage_events ADD COLUMN cache_write_1h_text_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_events ADD COLUMN cache_write_12h_text_tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_events ADD COLUMN input_pages BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_events ADD COLUMN web_search_calls BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_events ADD COLUMN file_search_calls BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_events ADD COLUMN code_interpreter_sessions BIGINT NOT NULL DEFAULT 0;
ALTER TABLE usage_events ADD COLUMN tier TEXT NOT NULL DEFAULT '';
ALTER TABLE usage_events ADD COLUMN size TEXT NOT NULL DEFAULT '';
ALTER TABLE usage_events ADD COLUMN quality TEXT NOT NULL DEFAULT '';
)sql";

}  // namespace tg::store
