# Finds a kernel to run, sets `kernel_image` and `kernel_version`, and unpacks it. Sourced.
#
# Selects the newest kernel whose image is readable and that has the modules of a passthrough host, below
# `kernel_root`, a tree that `debian-node` unpacked, or in this host's root if that is empty or not set.
# "Cloud" variants have no sound and no VFIO, and Ubuntu makes /boot/vmlinuz-* readable by root only.

find_kernel() {
    kernel_image='' kernel_version=''
    local version
    for version in $(ls "${kernel_root-}/lib/modules" 2>/dev/null | sort -rV); do
        [ -r "${kernel_root-}/boot/vmlinuz-$version" ] || continue
        has_module "$version" vfio-pci && has_module "$version" 9pnet_virtio || continue
        kernel_image=${kernel_root-}/boot/vmlinuz-$version kernel_version=$version
        return 0
    done
    return 1
}

# modules.dep lists loadable modules, modules.builtin the built-in ones. File names use both - and _.
has_module() {
    local name=${2//[-_]/[-_]}
    grep -qsE "(^|/)$name\.ko[.a-z]*(:|\$)" "${kernel_root-}/lib/modules/$1"/modules.{dep,builtin}
}

# Writes image $1 unpacked to file $2. An emulated machine boots the plain ELF file by its PVH entry and
# saves the time of unpacking, 2 s in the node and 25 s in a nested guest.
# A kernel packed in an unknown way, or built without that entry, is copied: it boots as well, only later.
unpack_kernel() {
    { print_unpacked "$1" > "$2" && has_pvh_entry "$2"; } 2> /dev/null || cp "$1" "$2"
}

# An ELF note of owner "Xen" and type 0x12 (XEN_ELFNOTE_PHYS32_ENTRY) holds the entry's address.
has_pvh_entry() {
    LC_ALL=C grep -qaP '\x04\x00{3}[\x04\x08]\x00{3}\x12\x00{3}Xen\x00' "$1"
}

# gzip's format contains its end; after the others the kernel's build appends the unpacked size, four bytes.
print_unpacked() {
    local start length
    start=$(payload_start "$1")
    length=$(number_at "$1" 0x24c 4)
    case $(packer_of "$1") in
        xz) bytes_at "$1" "$start" $((length - 4)) | xz -dc ;;
        zstd) bytes_at "$1" "$start" $((length - 4)) | zstd -dcq ;;
        gzip) bytes_at "$1" "$start" "$length" | gzip -dc ;;
        *) return 1 ;;
    esac
}

# Prints the program that unpacks image $1, by the magic number of the packed data.
packer_of() {
    case $(od -An -tx1 -j"$(payload_start "$1")" -N4 "$1" | tr -d ' ') in
        fd377a58) echo xz ;;
        28b52ffd) echo zstd ;;
        1f8b*) echo gzip ;;
        *) echo unknown ;;
    esac
}

# The offset of the packed kernel in image $1 is in the boot protocol's header (Linux
# Documentation/arch/x86/boot.rst: setup_sects at 0x1f1, payload_offset at 0x248, payload_length at 0x24c).
payload_start() { echo $((($(number_at "$1" 0x1f1 1) + 1) * 512 + $(number_at "$1" 0x248 4))); }

# Number of $3 bytes at offset $2 of file $1.
number_at() { od -An -tu"$3" -j"$2" -N"$3" "$1" | tr -d ' '; }

# $3 bytes at offset $2 of file $1. In this order no program stops reading early, which would be an error with pipefail.
bytes_at() { head -c $(($2 + $3)) "$1" | tail -c "$3"; }
