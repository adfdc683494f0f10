# What the gates share: source this file.
#
# A gate defines `violations TREE`, which prints one line for each thing that is wrong there. It
# then says
#   clean NAME                  the project itself has no violation
#   caught NAME PATH CONTENT    a tree whose only file is PATH with CONTENT has one: the gate works
#   passes NAME PATH CONTENT    ... has none
# and ends with `finish`. Output is TAP.
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
count=0 bad=0

verdict() { # verdict OK? NAME
    count=$((count + 1))
    if [ "$1" = yes ]; then
        echo "ok $count - $2"
    else
        bad=$((bad + 1))
        echo "not ok $count - $2"
    fi
}

clean() {
    local found
    found=$(violations "$top")
    [ -z "$found" ] && verdict yes "$1" && return
    verdict no "$1"
    sed 's/^/# /' <<<"$found"
}

in_tree() { # in_tree PATH CONTENT: what is wrong in a tree with this one file
    local tree
    tree=$(mktemp -d)
    mkdir -p "$tree/$(dirname "$1")"
    printf '%b\n' "$2" >"$tree/$1"
    violations "$tree"
    rm -rf "$tree"
}

caught() {
    if [ -n "$(in_tree "$2" "$3")" ]; then verdict yes "$1"; else verdict no "$1"; fi
}

passes() {
    if [ -z "$(in_tree "$2" "$3")" ]; then verdict yes "$1"; else verdict no "$1"; fi
}

finish() {
    echo "1..$count"
    [ "$bad" -eq 0 ]
}
