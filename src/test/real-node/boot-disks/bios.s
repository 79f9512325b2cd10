# The first sector of a disk that SeaBIOS starts: says so on the first serial port, writes itself to the two disks after it,
# the BIOS's 0x81 and 0x82, and says that too when both have taken it. Then the processor rests.
.code16
.globl _start
_start:
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    cld
    movw $runs, %si
    call print
    movb $0x81, %dl
write:
    movw $0x0301, %ax
    movw $0x7c00, %bx
    movw $1, %cx
    movb $0, %dh
    pushw %dx
    int $0x13
    popw %dx
    jc rest
    incb %dl
    cmpb $0x83, %dl
    jne write
    movw $written, %si
    call print
rest:
    hlt
    jmp rest

print:
    lodsb
    testb %al, %al
    jz printed
    movw $0x3f8, %dx
    outb %al, %dx
    jmp print
printed:
    ret

runs:
    .asciz "\r\nholdfast: the boot sector runs\r\n"
written:
    .asciz "holdfast: both disks are written\r\n"
    .org 510
    .word 0xaa55
