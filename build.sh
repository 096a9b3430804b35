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
  coverage [NAME…] build, then run the tests of all projects, or of those such as Nex.Protocol, and tell how much of each its own tests reach
  mutate [NAME…]   build, then break the code in many small ways, and tell which of them no test notices; by default in
                   Nex.Protocol, Nex.ProcessManager (the pool) and Nex.Workloads. It takes hours
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
        is_current "$artifacts/programs/$program" "$source" "$root"/test/programs/*.h && continue
        link=(-static)
        [[ $program == *.dyn ]] && link=()
        quietly "program-$program" gcc -O1 -Wall -Wextra -Werror -pthread "${link[@]}" -o "$artifacts/programs/$program" "$source"
    done
}

# The kernel and the image of microVMs. Where the kernel cannot be had, microVMs are left out, and the tests say so.
build_guest() {
    local guest="$artifacts/guest" nex="$artifacts/bin/Nex.Cli/release/nex" made_by="$root/src/Nex.GuestImages"
    # Where the native program was published since, the compiler has removed the one of the build.
    [[ -x $nex ]] || nex="$native/nex"
    if [[ ! -e $guest/kernel/vmlinuz ]] || ! is_current "$guest/.kernel" "$made_by"; then
        mkdir -p "$guest"
        touch "$guest/.kernel.started"
        # Nothing is done where that very kernel is there, with the modules that are wanted of it.
        if "$nex" kernel --output "$guest/kernel" >"$artifacts/logs/guest-kernel.log" 2>&1; then
            mv "$guest/.kernel.started" "$guest/.kernel"
        else
            echo "No kernel for microVMs: $(tail -n 1 "$artifacts/logs/guest-kernel.log")" >&2
            [[ -e $guest/kernel/vmlinuz ]] || return 0
        fi
    fi
    is_current "$guest/initramfs" "$native/nex-agent" "$guest/kernel" "$made_by" ||
        quietly guest-initramfs "$nex" rootfs build --output "$guest/initramfs" --agent "$native/nex-agent" --kernel "$guest/kernel"
    is_current "$guest/root.squashfs" "$native/nex-agent" "$made_by" ||
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
    local code=0
    run_test_program "$1" "$@" || code=$?
    count_results "$1" "$code"
}

# run_test_program NAME PROJECT OPTION...: leaves a log and a report of that name.
run_test_program() {
    local name=$1 project=$2 results="$artifacts/test-results"
    shift 2
    timeout --foreground --kill-after=10s "$test_limit" "$artifacts/bin/$project/release/$project" \
        --results-directory "$results" --report-xunit-xml --report-xunit-xml-filename "$name.xml" \
        --no-ansi --progress off --show-stdout failed --show-stderr failed "$@" >"$results/$name.log" 2>&1
}

# count_results NAME CODE: of a test program that has ended.
count_results() {
    local name=$1 code=$2 summary='' good bad left_out
    local log="$artifacts/test-results/$name.log" report="$artifacts/test-results/$name.xml"
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
        ((code == 124 || code == 137)) && echo "$name ran longer than $test_limit and was ended"
        printf 'FAILED  %-32s %4d of %d, exit code %d\n' "$name" "$bad" "$((good + bad))" "$code"
    elif ((good + left_out > 0)); then
        printf 'ok      %-32s %4d tests, %d not run, %s s\n' "$name" "$good" "$left_out" "$(attribute time "$summary")"
        ((left_out == 0)) || list_skipped "$log"
    fi
}

# list_skipped LOG: what was not run, and why; tests of one class with one reason share a line.
list_skipped() {
    awk '
        /^skipped / {
            test = $2
            sub(/\(.*/, "", test)
            count = split(test, part, ".")
            getline reason
            sub(/^ +/, "", reason)
            group = part[count - 1] ": " reason
            if (!tests[group]++) order[++groups] = group
            only[group] = part[count]
        }
        END {
            for (number = 1; number <= groups; number++) {
                group = order[number]
                if (tests[group] == 1) sub(/: /, "." only[group] ": ", order[number])
                else order[number] = tests[group] " of " group
                print "        not run: " order[number]
            }
        }' "$1"
}

# One project after the other, beside machines of the stand-in for Firecracker, which take as long as all the rest: a machine may have two processors
# only. All of them test the native nex, as users have it; some, chosen by an option, test what is quicker to build.
run_all_tests() {
    local project
    build
    rm -rf "$artifacts/test-results"
    mkdir -p "$artifacts/test-results"
    if (($# == 0)); then
        publish_cli
        export NEX_TEST_PROGRAM="$native/nex"
        run_both_halves
    else
        for project in "$root"/test/*.Tests; do
            run_tests "$(basename "$project")" "$@"
        done
    fi
    ((passed + failed > 0)) || echo 'No test ran.'
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    ((failed == 0 && passed > 0))
}

run_both_halves() {
    local project beside code=0
    local -r shared=Nex.ProcessManager.Tests machines='*StandinFirecracker*'
    run_test_program "$shared.Firecracker" "$shared" --filter-class "$machines" &
    beside=$!
    # What runs beside does not hear of Ctrl-C.
    trap 'kill $(cat "/proc/$beside/task/$beside/children")' EXIT
    for project in "$root"/test/*.Tests; do
        project=$(basename "$project")
        if [[ $project == "$shared" ]]; then
            run_tests "$project" --filter-not-class "$machines"
        else
            run_tests "$project"
        fi
    done
    wait "$beside" || code=$?
    trap - EXIT
    count_results "$shared.Firecracker" "$code"
}

# --- coverage, mutate -------------------------------------------------------------------------------------------------

# percent NAME XML: such an attribute, which is a part of one, in percent.
percent() {
    LC_ALL=C printf '%.1f' "$(sed -nE "s/.* $1=\"([0-9.]+)\".*/\1e2/p" <<<"$2")"
}

# A line of a project that only the tests of another reach does not count.
run_coverage() {
    local results="$artifacts/test-results" name assembly summary
    local -a names=("$@")
    ((${#names[@]} > 0)) || mapfile -t names < <(cd "$root/src" && printf '%s\n' *)
    build
    rm -rf "$results"
    mkdir -p "$results"
    for name in "${names[@]}"; do
        [[ -d $root/test/$name.Tests ]] || die "there is no project test/$name.Tests"
        assembly=$(sed -n 's:.*<AssemblyName>\(.*\)</AssemblyName>.*:\1:p' "$root/src/$name/$name.csproj")
        run_tests "$name.Tests" --coverlet --coverlet-include "[${assembly:-$name}]*" --coverlet-output-format cobertura --coverlet-file-prefix "$name"
        summary=$(grep -hm 1 '<coverage ' "$results/$name".coverage.cobertura.*.xml) || continue
        printf '        lines %s %%, branches %s %%\n' "$(percent line-rate "$summary")" "$(percent branch-rate "$summary")"
    done
    ((failed == 0 && passed > 0))
}

# What is broken, and which tests are run, is in test/NAME.Tests/stryker-config.json.
run_mutate() {
    local name
    local -a names=("$@")
    ((${#names[@]} > 0)) || names=(Nex.Protocol Nex.ProcessManager Nex.Workloads)
    build
    (cd "$root" && quietly tools dotnet tool restore)
    # An interrupted run leaves a library that is broken on purpose, and the one that is not beside it.
    trap 'find "$artifacts/bin" -name "*.stryker-unchanged" -exec sh -c '\''mv "$1" "${1%.stryker-unchanged}"'\'' _ {} \;' EXIT
    for name in "${names[@]}"; do
        [[ -e $root/test/$name.Tests/stryker-config.json ]] || die "there is no test/$name.Tests/stryker-config.json"
        echo "$name: report in artifacts/mutation/$name"
        (cd "$root/test/$name.Tests" && dotnet stryker --skip-version-check --output "$artifacts/mutation/$name" --reporter Html --reporter Json --reporter Dots)
    done
}

# --- run, publish, format ---------------------------------------------------------------------------------------------

run_demo() {
    build
    publish_cli
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
        coverage) run_coverage "$@" ;;
        mutate) run_mutate "$@" ;;
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
