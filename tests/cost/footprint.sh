#!/usr/bin/env bash
# What small programs cost to build and ship, compared with the one by hand on ureq. Fails when `ekolopay` breaks a limit.
#   bash tests/cost/footprint.sh                  # all programs, three rounds
#   bash tests/cost/footprint.sh 1 ekolopay ureq  # one round of these
set -euo pipefail
cd "$(dirname "$0")"
target=$(cd ../.. && pwd)/target/footprint
rounds=${1:-3}
[ $# -ge 2 ] || set -- "$rounds" ekolopay reqwest
# The one that the others are compared with comes first.
names=(ureq)
for name in "${@:2}"; do [ "$name" = ureq ] || names+=("$name"); done

# A wrapper such as sccache would make builds that are not clean; the others, builds that are not Cargo's own.
unset CARGO_BUILD_TARGET CARGO_BUILD_RUSTFLAGS CARGO_ENCODED_RUSTFLAGS RUSTFLAGS ${!CARGO_PROFILE_@}
export RUSTC_WRAPPER=

exec 3>&2
declare -A version crates bytes time ratios
# The ratio of two numbers in hundredths.
ratio() { echo $(((100 * $1 + $2 / 2) / $2)); }
decimal() { printf '%d.%02d' $(($1 / 100)) $(($1 % 100)); }

measure() {
    local with=(--locked --no-default-features --features "program-$1") tree
    # Each version once; the first line is the program itself. Cargo has then fetched all of them.
    tree=$(cargo tree "${with[@]}" --edges normal,build --prefix none | sed '1d; /^$/d' | cut -d' ' -f1,2 | sort -u)
    version[$1]=$(grep "^$1 " <<<"$tree")
    crates[$1]=$(wc -l <<<"$tree")
    rm -rf "${target:?}/$1"
    # Processor time, in ms: the clock would also count what else the machine does.
    time[$1]=$(
        TIMEFORMAT=%3U
        { time cargo build --quiet --offline --release --config profile.release.strip=true "${with[@]}" \
            --bin "program-$1" --target-dir "$target/$1" 2>&3; } 2>&1 | tr -d .
    )
    bytes[$1]=$(wc -c <"$target/$1/release/program-$1")
    ratios[$1]+="$(ratio "${time[$1]}" "${time[ureq]}") "
    rm -rf "${target:?}/$1"
}

for ((round = 1; round <= rounds; round++)); do
    for name in "${names[@]}"; do
        echo "round $round of $rounds: $name" >&2
        measure "$name"
    done
done

broken=0
limit() { [ "$1" -le "$2" ] || { echo "ekolopay: $3" >&2; broken=1; }; }
echo "| program | crates | ratio | build, ratio | binary, KB | ratio |"
echo "|---|---|---|---|---|---|"
for name in "${names[@]}"; do
    # The median of the rounds.
    build=$(tr ' ' '\n' <<<"${ratios[$name]% }" | sort -n | sed -n "$((rounds / 2 + 1))p")
    echo "| ${version[$name]} | ${crates[$name]} | $(decimal "$(ratio "${crates[$name]}" "${crates[ureq]}")")" \
        "| $(decimal "$build") | $(((${bytes[$name]} + 500) / 1000))" \
        "| $(decimal "$(ratio "${bytes[$name]}" "${bytes[ureq]}")") |"
    [ "$name" = ekolopay ] || continue
    limit "${crates[$name]}" $((${crates[ureq]} + 3)) "${crates[$name]} crates, ${crates[ureq]} by hand: the limit is 3 more"
    limit "${bytes[$name]}" $((${bytes[ureq]} + 60000)) "${bytes[$name]} bytes, ${bytes[ureq]} by hand: the limit is 60000 more"
    # One round on a busy machine says nothing.
    [ "$rounds" -lt 3 ] || limit "$build" 120 "$(decimal "$build") times the build by hand: the limit is 1.2"
done
exit $broken
