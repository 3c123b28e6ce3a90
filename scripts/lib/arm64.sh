# shellcheck shell=bash disable=SC2154
# The exporter for arm64: built by a cross compiler, its unit tests run by an emulator. Sourced
# after bare.sh and units.sh.
#
# In a root of its own, since the libraries of another architecture want those of the
# machine's to have the same versions.

add_arm64() {
  in_root "$1" bash -c '
    dpkg --add-architecture arm64 && apt-get -q update && apt-get -q -y upgrade &&
      scripts/install-packages arm64'
}
build_arm64() {
  in_root "$1" cmake --preset arm64 &&
    in_root "$1" cmake --build build/arm64 --parallel "$(nproc)"
}
# No message of a qemu that the kernel's binfmt calls: it is called by name.
emulate() { in_root "$1" timeout 1800 qemu-aarch64 "${@:2}"; }
runs_emulated() {
  local program=build/arm64/bin/exporter
  readelf -h "$1/src/$program" | grep -q AArch64 &&
    emulate "$1" "$program" --version &&
    in_root "$1" env REDIS_URL=redis://127.0.0.1:1 qemu-aarch64 "$program" collect |
    grep '^redis_up 0'
}

run_arm64() {
  local good=0 bad=0 folder=$output/arm64 name
  needs_root
  unpack_root bookworm "$folder"
  check "packages of arm64" add_arm64 "$folder"
  check "a cross build" build_arm64 "$folder"
  check "the binary runs" runs_emulated "$folder"
  for name in pure parts clients; do
    doctest_layer "$folder/src" arm64 "$name" emulate "$folder"
  done
  rm -rf "$folder"
  count "$good" "$bad"
}
