# SPDX-License-Identifier: Apache-2.0
# tg_embed_folder(TARGET FOLDER): the folder's files become the table `tg_assets` (admin/assets.h).
# The folder may be missing when the build is configured: the console is then left out.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_program(TG_BROTLI brotli REQUIRED)

function(tg_embed_folder target folder)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${folder}/*)
  set(assembly ${CMAKE_BINARY_DIR}/embedded/assets.S)
  set(script ${CMAKE_SOURCE_DIR}/cmake/embed_folder.py)
  add_custom_command(OUTPUT ${assembly}
    COMMAND ${Python3_EXECUTABLE} ${script} ${folder} ${assembly}
    DEPENDS ${script} ${files}
    COMMENT "Embedding ${folder}" VERBATIM)
  target_sources(${target} PRIVATE ${assembly})
  set_source_files_properties(${assembly} TARGET_DIRECTORY ${target}
    PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()
