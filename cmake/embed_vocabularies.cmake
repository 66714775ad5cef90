# SPDX-License-Identifier: Apache-2.0
# tg_embed_vocabularies(TARGET): TARGET carries the vocabularies of vocabularies/package-lock.json
# as `vocabulary_p50k`, `vocabulary_cl100k` and `vocabulary_o200k`.
function(tg_embed_vocabularies target)
  set(folder ${CMAKE_BINARY_DIR}/embedded)
  set(script ${CMAKE_SOURCE_DIR}/scripts/vocabularies.py)
  set(names p50k cl100k o200k)
  set(files ${names})
  list(TRANSFORM files REPLACE "(.+)" "${folder}/\\1.merges")
  add_custom_command(OUTPUT ${files}
    COMMAND ${script} ${folder}
    DEPENDS ${script} ${CMAKE_SOURCE_DIR}/vocabularies/package-lock.json
    COMMENT "Making the vocabularies compact" VERBATIM)
  target_sources(${target} PRIVATE ${files})
  foreach(name IN LISTS names)
    tg_embed_file(${target} ${folder}/${name}.merges vocabulary_${name})
  endforeach()
endfunction()
