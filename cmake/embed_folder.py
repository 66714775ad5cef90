#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns a folder of web files into one assembly file, so that a binary carries them.

    embed_folder.py FOLDER OUTPUT.S

Each file stands in it twice, plain and compressed with Brotli (unless that saves nothing), and
once in the table `tg_assets`, whose layout is admin/assets.h's `Asset`. A folder that does not
exist makes an empty table: a binary without a console.
"""
import pathlib
import subprocess
import sys

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


def compressed(file: pathlib.Path, into: pathlib.Path) -> pathlib.Path | None:
    subprocess.run(["brotli", "--best", "--force", "--keep", "-o", into, file], check=True)
    return into if into.stat().st_size < file.stat().st_size * 0.95 else None


def incbin(label: str, file: pathlib.Path) -> list[str]:
    return [f"{label}:", f'.incbin "{file}"', f"{label}_end:", ".byte 0"]


def main() -> None:
    folder, output = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    scratch = output.parent / (output.stem + "_brotli")
    scratch.mkdir(parents=True, exist_ok=True)
    files = sorted(f for f in folder.rglob("*") if f.is_file()) if folder.is_dir() else []
    files = [f for f in files if f.suffix != ".map"]

    data, table = [".section .rodata"], []
    for number, file in enumerate(files):
        path = "/" + file.relative_to(folder).as_posix()
        kind = CONTENT_TYPES.get(file.suffix)
        if kind is None:
            sys.exit(f"{file}: embed_folder.py knows no content type for '{file.suffix}'; add it")
        small = compressed(file, scratch / f"{number}.br")
        data += [f'path_{number}: .asciz "{path}"', f'kind_{number}: .asciz "{kind}"']
        data += incbin(f"plain_{number}", file)
        table += [f".quad path_{number}, kind_{number}, plain_{number}",
                  f".quad plain_{number}_end - plain_{number}"]
        if small:
            data += incbin(f"brotli_{number}", small)
            table += [f".quad brotli_{number}, brotli_{number}_end - brotli_{number}"]
        else:
            table += [".quad 0, 0"]
        # Vite puts the content's hash into the name of everything under assets/, of nothing else.
        table += [f".quad {int(path.startswith('/assets/'))}"]

    # The table holds addresses, which a position-independent binary fills in when it starts.
    lines = [*data, '.section .data.rel.ro,"aw"', ".global tg_assets, tg_assets_count", ".balign 8",
             "tg_assets:", *table, "tg_assets_count:", f".quad {len(files)}",
             '.section .note.GNU-stack,"",@progbits', ""]
    output.write_text("\n".join(lines))


main()
