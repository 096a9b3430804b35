#!/usr/bin/env bash
# The one way in: builds, tests and runs Nex for .NET. `./build.sh help` tells how.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly root
readonly artifacts="$root/artifacts"
readonly native="$artifacts/native"
readonly configuration=Release
# A test project that runs longer than this hangs.
readonly test_limit="${NEX_TEST_LIMIT:-30m}"

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_UI_LANGUAGE=en

usage() {
    cat <<'HELP'
usage: ./build.sh COMMAND [ARGUMENT...]

  build            build everything into artifacts/: the native agent, the solution, the programs that tests run
  test [OPTION…]   build, then run all tests; options go to each test program, such as --filter-class '*PoolTests'
  demo [ARG…]      build, then run the demo; --sandbox qemu runs it in microVMs, --help tells more
  bench [ARG…]     build, then run the benchmarks; --help tells which there are
  chaos [ARG…]     build, then put load on a node of each sandbox, break what can be broken, and check what must hold all the same
  publish          put the native programs into artifacts/publish
  format [--check] format all sources; with --check, only say what is not formatted
  help             print this

Debian packages that are missing are installed when you are root; otherwise you are told which. The .NET SDK 10 must be there.
HELP
}

die() {
    printf 'build.sh: %s\n' "$*" >&2
    exit 1
}

# quietly NAME COMMAND...: runs a command, keeps its output in artifacts/logs, and shows it only when the command fails.
quietly() {
    local log="$artifacts/logs/$1.log"
    shift
    mkdir -p "$artifacts/logs"
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        die "failed: $*"
    fi
}

# is_current FILE SOURCE...: whether FILE exists and nothing under the sources is newer. Folders count, so that a file
# that was removed is noticed too.
is_current() {
    local file=$1
    shift
    [[ -e $file ]] && [[ -z $(find "$@" -newer "$file" -print -quit) ]]
}

# --- what the machine must have ---------------------------------------------------------------------------------------

require_dotnet() {
    command -v dotnet >/dev/null ||
        die 'the .NET SDK 10 is not on PATH. Install it as the .NET documentation says for your system, then run this again.'
    (cd "$root" && dotnet --version) >/dev/null 2>&1 ||
        die "no .NET SDK that global.json accepts (10.0) is installed; found: $(installed_sdks). Install the .NET SDK 10, then run this again."
}

installed_sdks() {
    local found
    found=$(cd / && dotnet --list-sdks | cut -d' ' -f1 | paste -sd, -)
    printf '%s' "${found:-none}"
}

# The Debian packages that are missing, one a line: a compiler (which also links the native programs), the sandbox, and
# the shell that sandboxed test programs use.
missing_packages() {
    command -v gcc >/dev/null || echo gcc
    [[ -e /usr/include/stdio.h ]] || echo libc6-dev
    command -v bwrap >/dev/null || echo bubblewrap
    command -v busybox >/dev/null || echo busybox-static
    command -v qemu-system-x86_64 >/dev/null || echo qemu-system-x86
    command -v nats-server >/dev/null || [[ -x /usr/sbin/nats-server ]] || echo nats-server
    command -v mksquashfs >/dev/null || echo squashfs-tools
    command -v mke2fs >/dev/null || echo e2fsprogs
}

require_packages() {
    local -a missing
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]} == 0)) && return
    if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
        die "missing on this machine: ${missing[*]}. On Debian: sudo apt-get install ${missing[*]}"
    fi
    echo "Installing ${missing[*]}"
    quietly apt-get-update apt-get update -qq
    quietly apt-get-install env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

require_tools() {
    require_dotnet
    require_packages
}

# --- build ------------------------------------------------------------------------------------------------------------

# publish_native PROJECT PROGRAM SOURCE...: publishes a native program to artifacts/native, unless it is newer than its sources.
publish_native() {
    local project=$1 program=$2 stage="$artifacts/stage/$2"
    shift 2
    is_current "$native/$program" "$@" "$root"/Directory.* "$root/global.json" && return
    mkdir -p "$native" "$stage"
    touch "$stage.started"
    quietly "publish-$program" dotnet publish "$root/$project" -c "$configuration" -o "$stage" -v quiet
    # Moved, not copied over: the old program may be running. Dated by the start, so that a source saved meanwhile is newer.
    cp "$stage/$program" "$native/.$program.new"
    touch -r "$stage.started" "$native/.$program.new"
    mv "$native/.$program.new" "$native/$program"
}

publish_agent() {
    publish_native src/Nex.Agent nex-agent "$root"/src/Nex.{Agent,Protocol,Linux}
}

publish_cli() {
    publish_native src/Nex.Cli nex "$root"/src/Nex.{Cli,Client,Control,Firecracker,GuestImages,Linux,Node,ProcessManager,Protocol,Workloads}
}

publish_baselines() {
    publish_native bench/Nex.Bench.Baseline Nex.Bench.Baseline "$root/bench/Nex.Bench.Baseline"
    publish_native bench/Nex.Bench.BareNats Nex.Bench.BareNats "$root/bench/Nex.Bench.BareNats"
}

build_solution() {
    local stamp="$artifacts/.built"
    is_current "$stamp" "$root"/{src,demo,samples,bench,test} "$root"/{Directory.*,global.json,Nex.slnx,.editorconfig,BannedSymbols.txt} \
        "$native/nex-agent" && return
    touch "$stamp.started"
    quietly build dotnet build "$root/Nex.slnx" -c "$configuration" -v quiet
    mv "$stamp.started" "$stamp"
}

# The programs that tests run as workloads: NAME.c is linked statically, NAME.dyn.c dynamically.
build_programs() {
    local source program
    local -a link
    mkdir -p "$artifacts/programs"
    for source in "$root"/test/programs/*.c; do
        program=$(basename "$source" .c)
        is_current "$artifacts/programs/$program" "$source" && continue
        link=(-static)
        [[ $program == *.dyn ]] && link=()
        quietly "program-$program" gcc -O1 -Wall -Wextra -Werror -pthread "${link[@]}" -o "$artifacts/programs/$program" "$source"
    done
}

# The kernel and the image of microVMs. Where the kernel cannot be had, microVMs are left out, and the tests say so.
build_guest() {
    local guest="$artifacts/guest" nex="$artifacts/bin/Nex.Cli/release/nex"
    if [[ ! -e $guest/kernel/vmlinuz ]]; then
        mkdir -p "$guest"
        if ! "$nex" kernel --output "$guest/kernel" >"$artifacts/logs/guest-kernel.log" 2>&1; then
            echo "No kernel for microVMs: $(tail -n 1 "$artifacts/logs/guest-kernel.log")" >&2
            return
        fi
    fi
    is_current "$guest/initramfs" "$native/nex-agent" "$guest/kernel" ||
        quietly guest-initramfs "$nex" rootfs build --output "$guest/initramfs" --agent "$native/nex-agent" --kernel "$guest/kernel"
    is_current "$guest/root.squashfs" "$native/nex-agent" ||
        quietly guest-disk "$nex" rootfs build --format squashfs --output "$guest/root.squashfs" --agent "$native/nex-agent"
}

# The solution comes last: its programs take the agent with them.
build() {
    require_tools
    publish_agent
    build_programs
    build_solution
    build_guest
}

# --- test -------------------------------------------------------------------------------------------------------------

passed=0
failed=0
skipped=0

# attribute NAME XML: the value of an attribute, 0 when it is not there.
attribute() {
    local value
    value=$(sed -nE "s/.* $1=\"([0-9.]+)\".*/\1/p" <<<"$2")
    printf '%s' "${value:-0}"
}

# run_tests PROJECT OPTION...: runs one test program, adds to the sums, and prints a line, and on a failure all that it wrote.
run_tests() {
    local project=$1 results="$artifacts/test-results" code=0
    shift
    local log="$results/$project.log" report="$results/$project.xml"
    timeout --foreground --kill-after=10s "$test_limit" "$artifacts/bin/$project/release/$project" \
        --results-directory "$results" --report-xunit-xml --report-xunit-xml-filename "$project.xml" \
        --no-ansi --progress off --show-stdout failed --show-stderr failed "$@" >"$log" 2>&1 || code=$?
    count_results "$project" "$code" "$report" "$log"
}

count_results() {
    local project=$1 code=$2 report=$3 log=$4 summary='' good bad left_out
    [[ -e $report ]] && summary=$(grep -oE '<assembly [^>]*>' "$report" | head -n 1)
    good=$(attribute passed "$summary")
    bad=$(($(attribute failed "$summary") + $(attribute errors "$summary")))
    left_out=$(attribute skipped "$summary")
    # 8 says that no test ran, as when a filter names none of this project. Any other code without a failed test is a
    # program that crashed, hung or did not understand its options.
    ((code != 0 && code != 8 && bad == 0)) && bad=1
    passed=$((passed + good))
    failed=$((failed + bad))
    skipped=$((skipped + left_out))
    if ((bad > 0)); then
        # A crash prints the stack of every frame of the runner: its start is what helps.
        head -n 300 "$log" | cut -c 1-400
        ((code == 124 || code == 137)) && echo "$project ran longer than $test_limit and was ended"
        printf 'FAILED  %-28s %4d of %d, exit code %d\n' "$project" "$bad" "$((good + bad))" "$code"
    elif ((good + left_out > 0)); then
        printf 'ok      %-28s %4d tests, %d not run, %s s\n' "$project" "$good" "$left_out" "$(attribute time "$summary")"
        ((left_out == 0)) || grep -A 1 '^skipped ' "$log" | sed 's/^/        /'
    fi
}

# One project after the other: the tests of some measure time, and a machine may have two cores only.
run_all_tests() {
    local project
    build
    rm -rf "$artifacts/test-results"
    mkdir -p "$artifacts/test-results"
    for project in "$root"/test/*.Tests; do
        run_tests "$(basename "$project")" "$@"
    done
    ((passed + failed > 0)) || echo 'No test ran.'
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    ((failed == 0 && passed > 0))
}

# --- run, publish, format ---------------------------------------------------------------------------------------------

run_demo() {
    build
    exec "$artifacts/bin/Nex.Demo/release/nex-demo" "$@"
}

# Only what they run is built: the benchmarks do not wait for the tests.
run_bench() {
    require_tools
    publish_agent
    publish_cli
    publish_baselines
    quietly build-bench dotnet build "$root/bench/Nex.Bench" -c "$configuration" -v quiet
    # Makes what microVMs boot.
    quietly build-cli dotnet build "$root/src/Nex.Cli" -c "$configuration" -v quiet
    build_guest
    exec "$artifacts/bin/Nex.Bench/release/Nex.Bench" --artifacts "$artifacts" "$@"
}

run_chaos() {
    build
    publish_cli
    exec "$artifacts/bin/Nex.Chaos/release/nex-chaos" --artifacts "$artifacts" "$@"
}

publish() {
    require_tools
    publish_agent
    publish_cli
    mkdir -p "$artifacts/publish"
    local program
    for program in nex nex-agent; do
        cp "$native/$program" "$artifacts/publish/"
        echo "$artifacts/publish/$program"
    done
}

format() {
    local -a options=()
    if [[ ${1:-} == --check ]]; then
        options+=(--verify-no-changes)
        shift
    fi
    require_dotnet
    quietly restore dotnet restore "$root/Nex.slnx" -v quiet
    quietly format dotnet format "$root/Nex.slnx" --no-restore "${options[@]}" "$@"
}

main() {
    local command=${1:-help}
    (($# > 0)) && shift
    case $command in
        build) build ;;
        test) run_all_tests "$@" ;;
        demo) run_demo "$@" ;;
        bench) run_bench "$@" ;;
        chaos) run_chaos "$@" ;;
        publish) publish ;;
        format) format "$@" ;;
        help | -h | --help) usage ;;
        *)
            usage >&2
            die "unknown command: $command"
            ;;
    esac
}

main "$@"
