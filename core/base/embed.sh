#!/bin/sh
# Turns files into a C source that holds them: embed.sh ARRAY ROOT FILE... > out.c
#
# The source defines `const struct mb_embed ARRAY[]` (base/embed.h), one row per file in the order
# given, ended by a row of zeroes. A row's name is the file's path below ROOT.
set -eu

array=$1
root=$2
shift 2

printf '/* Made by core/base/embed.sh; do not edit. */\n#include "base/embed.h"\n\n'
printf 'extern const struct mb_embed %s[];\n\n' "$array"

n=0
for path in "$@"; do
    printf 'static const char file_%d[] = {\n' "$n"
    od -An -v -tx1 "$path" | sed "s/ \([0-9a-f][0-9a-f]\)/'\\\\x\1',/g"
    printf "0};\n\n"
    n=$((n + 1))
done

printf 'const struct mb_embed %s[] = {\n' "$array"
n=0
for path in "$@"; do
    printf '    {"%s", file_%d, sizeof(file_%d) - 1},\n' "${path#"$root"/}" "$n" "$n"
    n=$((n + 1))
done
printf '    {NULL, NULL, 0},\n};\n'
