# Packs an initramfs: busybox, some modules with what they depend on, and files. Sourced.
#
# Building takes a fraction of a second, so nothing is cached and nothing can be stale.
# The archive is not compressed: unpacking costs more under emulation than loading does.

# $1: folder to fill, $2: kernel version, then the modules in the order they are to be loaded.
# Leaves /bin/busybox, /modules/NNN-name.ko in loading order, and the mount points an /init needs.
fill_initramfs() {
    local folder=$1 version=$2 module file copy number=100
    shift 2
    mkdir -p "$folder"/{bin,dev,proc,sys,modules}
    cp -L "$(command -v busybox)" "$folder/bin/busybox"
    ln -s busybox "$folder/bin/sh"
    # --show-depends prints "insmod FILE [options]" in loading order, and "builtin NAME" for what needs nothing.
    for module in "$@"; do
        modprobe -d "${kernel_root:-/}" -S "$version" --show-depends "$module" || return 1
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' > "$folder/modules/order"
    while read -r file; do
        copy=${file##*/}
        copy=$folder/modules/$((number++))-${copy%%.ko*}.ko
        unpack_module "$file" > "$copy"
        strip_signature "$copy"
    done < "$folder/modules/order"
    rm "$folder/modules/order"
}

# busybox insmod reads no compressed modules, and Debian 13 ships them compressed.
unpack_module() {
    case $1 in
        *.xz) xz -dc "$1" ;;
        *.zst) zstd -dcq "$1" ;;
        *.gz) gzip -dc "$1" ;;
        *) cat "$1" ;;
    esac
}

# An emulated processor spends noticeable time on the RSA signature of each module, and these go from one
# file system of ours to another. The layout of the end of a signed module is: signature, struct module_signature (12 bytes, its last four the
# signature's length, big-endian), marker (28 bytes); see include/linux/module_signature.h.
strip_signature() {
    [ "$(tail -c 28 "$1" | tr -d '\0\n')" = '~Module signature appended~' ] || return 0
    local a b c d
    read -r a b c d < <(tail -c 32 "$1" | head -c 4 | od -An -tu1)
    truncate -s "-$(((a << 24 | b << 16 | c << 8 | d) + 40))" "$1"
}

# $1: filled folder, $2: archive to write
pack_initramfs() {
    (cd "$1" && find . | cpio --quiet -o -H newc -R 0:0) > "$2"
}
