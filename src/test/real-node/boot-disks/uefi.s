# A loader that UEFI finds on a disk as EFI/BOOT/BOOTX64.EFI: says so on the first serial port, and the processor rests.
.intel_syntax noprefix
.globl _start
_start:
    lea rsi, [rip + text]
    mov dx, 0x3f8
    cld
print:
    lodsb
    test al, al
    jz rest
    out dx, al
    jmp print
rest:
    hlt
    jmp rest
text:
    .asciz "\r\nholdfast: the loader of the disk runs\r\n"
