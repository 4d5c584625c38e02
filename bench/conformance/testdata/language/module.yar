import "elf"
import "hash"
import "math"
import "pe"
import "time"

rule module_775 {
  condition:
    math.entropy(0, filesize) > 3.0
}

rule module_776 {
  condition:
    math.entropy(0, filesize) < 1.0
}

rule module_777 {
  condition:
    math.entropy("abcd") == 2.0
}

rule module_778 {
  condition:
    math.mean(0, filesize) > 90.0
}

rule module_779 {
  condition:
    math.deviation(0, filesize, 64.0) > 30.0
}

rule module_780 {
  condition:
    math.serial_correlation(0, filesize) > 0.1
}

rule module_781 {
  condition:
    math.monte_carlo_pi(0, filesize) < 0.9
}

rule module_782 {
  condition:
    math.in_range(2.5, 1.0, 3.0)
}

rule module_783 {
  condition:
    math.min(1, 2) == 1
}

rule module_784 {
  condition:
    math.max(1, filesize) == filesize
}

rule module_785 {
  condition:
    math.to_number(1 == 1) == 1
}

rule module_786 {
  condition:
    math.abs(-3) == 3
}

rule module_787 {
  condition:
    math.count(0x61, 0, filesize) == 4
}

rule module_788 {
  condition:
    math.count(0x61) > 2
}

rule module_789 {
  condition:
    math.percentage(0x61) > 0.2
}

rule module_790 {
  condition:
    math.mode() == 0x61
}

rule module_791 {
  condition:
    math.mode(0, 5) == 0x6c
}

rule module_792 {
  condition:
    math.entropy(0, 10000000) > 1.0
}

rule module_793 {
  condition:
    math.entropy(filesize, 1) > 1.0
}

rule module_794 {
  condition:
    math.entropy(5, 0) == 0.0
}

rule module_795 {
  condition:
    math.mean(-1, 5) > 0.0
}

rule module_796 {
  condition:
    not defined math.mean(filesize + 1, 5)
}

rule module_797 {
  condition:
    math.MEAN_BYTES > 127.0
}

rule module_798 {
  condition:
    hash.md5(0, filesize) == "8b1a9953c4611296a827abf8c47804d7"
}

rule module_799 {
  condition:
    hash.md5("Hello") == "8b1a9953c4611296a827abf8c47804d7"
}

rule module_800 {
  condition:
    hash.sha1(0, 5) == "f7ff9e8b7bb2e09b70935a5d785e0cc5d9d0abf0"
}

rule module_801 {
  condition:
    hash.sha256("Hello") == "185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969"
}

rule module_802 {
  condition:
    hash.crc32(0, filesize) > 0
}

rule module_803 {
  condition:
    hash.crc32("Hello") == 0xf7d18982
}

rule module_804 {
  condition:
    hash.checksum32(0, filesize) == 500
}

rule module_805 {
  condition:
    hash.checksum32("abc") == 294
}

rule module_806 {
  condition:
    hash.md5(0, 100000) == "8b1a9953c4611296a827abf8c47804d7"
}

rule module_807 {
  condition:
    not defined hash.md5(filesize + 1, 1)
}

rule module_808 {
  condition:
    hash.md5(-1, 2) == ""
}

rule module_809 {
  condition:
    hash.md5(0, 0) == "d41d8cd98f00b204e9800998ecf8427e"
}

rule module_810 {
  condition:
    pe.is_pe
}

rule module_811 {
  condition:
    not pe.is_pe
}

rule module_812 {
  condition:
    pe.number_of_sections == 1
}

rule module_813 {
  condition:
    pe.machine == pe.MACHINE_I386
}

rule module_814 {
  condition:
    defined pe.entry_point
}

rule module_815 {
  condition:
    pe.entry_point == 1024
}

rule module_816 {
  condition:
    pe.sections[0].name == ".text"
}

rule module_817 {
  condition:
    pe.is_dll() == 0
}

rule module_818 {
  condition:
    pe.is_32bit()
}

rule module_819 {
  condition:
    pe.characteristics & pe.EXECUTABLE_IMAGE
}

rule module_820 {
  condition:
    for any s in pe.sections : ( s.raw_data_offset == 1024 )
}

rule module_821 {
  condition:
    for all i in (0..pe.number_of_sections - 1) : ( pe.sections[i].virtual_address > 0 )
}

rule module_822 {
  condition:
    pe.imports("kernel32.dll")
}

rule module_823 {
  condition:
    pe.exports("f") == 0
}

rule module_824 {
  condition:
    pe.number_of_imports == 0
}

rule module_825 {
  condition:
    not defined pe.sections[7].name
}

rule module_826 {
  condition:
    pe.timestamp == 0
}

rule module_827 {
  condition:
    pe.imphash() == ""
}

rule module_828 {
  condition:
    pe.subsystem == pe.SUBSYSTEM_WINDOWS_CUI
}

rule module_829 {
  condition:
    elf.type == elf.ET_EXEC
}

rule module_830 {
  condition:
    elf.machine == elf.EM_X86_64
}

rule module_831 {
  condition:
    elf.entry_point == 1024
}

rule module_832 {
  condition:
    elf.number_of_segments == 1
}

rule module_833 {
  condition:
    elf.segments[0].type == elf.PT_LOAD
}

rule module_834 {
  condition:
    elf.number_of_sections == 0
}

rule module_835 {
  condition:
    not defined elf.type
}

rule module_836 {
  condition:
    time.now() > 1000000
}
