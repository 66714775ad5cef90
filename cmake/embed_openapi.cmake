# SPDX-License-Identifier: Apache-2.0
# tg_embed_openapi(TARGET FOLDER): FOLDER's parts become one OpenAPI document, which TARGET carries
# as `openapi_json`.
function(tg_embed_openapi target folder)
  set(document ${CMAKE_BINARY_DIR}/embedded/openapi.json)
  set(script ${CMAKE_SOURCE_DIR}/scripts/openapi.py)
  file(GLOB parts CONFIGURE_DEPENDS ${folder}/*.yaml)
  add_custom_command(OUTPUT ${document}
    COMMAND ${script} ${folder} ${document}
    DEPENDS ${script} ${parts}
    COMMENT "Putting ${folder} together" VERBATIM)
  target_sources(${target} PRIVATE ${document})
  tg_embed_file(${target} ${document} openapi_json)
endfunction()
