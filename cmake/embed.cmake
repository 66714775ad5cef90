# SPDX-License-Identifier: Apache-2.0
# tg_embed_file(TARGET FILE SYMBOL): the file's bytes become
# `extern "C" const unsigned char SYMBOL[]` with `SYMBOL_size`, through the assembler's .incbin,
# which takes no time however large the file is.
function(tg_embed_file target file symbol)
  set(assembly ${CMAKE_BINARY_DIR}/embedded/${symbol}.S)
  file(WRITE ${assembly}.new
    ".section .rodata\n.global ${symbol}\n.global ${symbol}_size\n.balign 64\n"
    "${symbol}:\n.incbin \"${file}\"\n1:\n.byte 0\n"
    ".balign 8\n${symbol}_size:\n.quad 1b - ${symbol}\n"
    ".section .note.GNU-stack,\"\",@progbits\n")
  file(COPY_FILE ${assembly}.new ${assembly} ONLY_IF_DIFFERENT)
  target_sources(${target} PRIVATE ${assembly})
  set_source_files_properties(${assembly} TARGET_DIRECTORY ${target}
    PROPERTIES SKIP_PRECOMPILE_HEADERS ON OBJECT_DEPENDS ${file})
endfunction()
