rule condition_589 {
  strings:
    $a = "aa"
  condition:
    #a == 3
}

rule condition_590 {
  strings:
    $a = "aa"
  condition:
    #a > 1
}

rule condition_591 {
  strings:
    $a = "aa"
  condition:
    #a in (0..10) == 2
}

rule condition_593 {
  strings:
    $a = "aa"
  condition:
    $a at 0
}

rule condition_594 {
  strings:
    $a = "aa"
  condition:
    $a at 1
}

rule condition_595 {
  strings:
    $b = "Hello"
  condition:
    $b at filesize - 5
}

rule condition_596 {
  strings:
    $a = "aa"
  condition:
    $a in (0..3)
}

rule condition_597 {
  strings:
    $a = "aa"
  condition:
    $a in (2..filesize)
}

rule condition_598 {
  strings:
    $b = "Hello"
  condition:
    $b in (5..filesize - filesize)
}

rule condition_599 {
  strings:
    $a = "aa"
  condition:
    @a == 0
}

rule condition_600 {
  strings:
    $a = "aa"
  condition:
    @a[1] == 0
}

rule condition_601 {
  strings:
    $a = "aa"
  condition:
    @a[2] == 1
}

rule condition_602 {
  strings:
    $a = "aa"
  condition:
    @a[100] == 0
}

rule condition_603 {
  strings:
    $a = "aa"
  condition:
    not defined @a[100]
}

rule condition_604 {
  strings:
    $a = "aa"
  condition:
    defined @a[1]
}

rule condition_605 {
  strings:
    $b = "Hello"
  condition:
    !b == 5
}

rule condition_606 {
  strings:
    $d = /w[a-z]+d/
  condition:
    !d[1] > 4
}

rule condition_607 {
  strings:
    $d = /w[a-z]+d/
  condition:
    !d[2] == 5
}

rule condition_608 {
  strings:
    $b = "Hello"
    $d = /w[a-z]+d/
  condition:
    @b < @d
}

rule condition_609 {
  strings:
    $a = "aa"
  condition:
    @a[#a] > 3
}

rule condition_610 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
    $d = /w[a-z]+d/
  condition:
    any of them
}

rule condition_611 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
    $d = /w[a-z]+d/
  condition:
    all of them
}

rule condition_612 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
    $d = /w[a-z]+d/
  condition:
    1 of them
}

rule condition_613 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
    $d = /w[a-z]+d/
  condition:
    2 of them
}

rule condition_614 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
  condition:
    3 of ($a,$b,$c)
}

rule condition_615 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
    $d = /w[a-z]+d/
  condition:
    none of them
}

rule condition_616 {
  strings:
    $a = "aa"
    $b = "Hello"
  condition:
    none of ($a,$b)
}

rule condition_617 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
    $d = /w[a-z]+d/
  condition:
    50% of them
}

rule condition_618 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
    $d = /w[a-z]+d/
  condition:
    75% of them
}

rule condition_619 {
  strings:
    $a = "aa"
  condition:
    any of ($a*)
}

rule condition_620 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
  condition:
    all of ($a,$b) and not $c
}

rule condition_621 {
  strings:
    $a = "aa"
    $b = "Hello"
  condition:
    2 of ($a*,$b*)
}

rule condition_622 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
    $d = /w[a-z]+d/
  condition:
    any of them in (0..10)
}

rule condition_623 {
  strings:
    $a = "aa"
    $c = { 61 62 }
  condition:
    all of ($a,$c) in (0..20)
}

rule condition_624 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
    $d = /w[a-z]+d/
  condition:
    for any of them : ( $ at 0 )
}

rule condition_625 {
  strings:
    $a = "aa"
    $c = { 61 62 }
  condition:
    for all of ($a,$c) : ( # > 0 )
}

rule condition_626 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
    $d = /w[a-z]+d/
  condition:
    for any of them : ( # > 2 )
}

rule condition_627 {
  strings:
    $a = "aa"
    $b = "Hello"
  condition:
    for any of ($a,$b) : ( @ > 3 )
}

rule condition_628 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
    $d = /w[a-z]+d/
  condition:
    for 2 of them : ( $ in (0..30) )
}

rule condition_629 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
    $d = /w[a-z]+d/
  condition:
    for none of them : ( # > 5 )
}

rule condition_630 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
    $d = /w[a-z]+d/
  condition:
    for all of them : ( # < 3 or @[1] == 0 )
}

rule condition_631 {
  strings:
    $a = "aa"
  condition:
    for any i in (1..#a) : ( @a[i] == 1 )
}

rule condition_632 {
  strings:
    $a = "aa"
  condition:
    for all i in (1..#a) : ( @a[i] < 10 )
}

rule condition_633 {
  condition:
    for any i in (0..filesize) : ( uint8(i) == 0x48 )
}

rule condition_634 {
  condition:
    for all i in (0..3) : ( uint8(i) < 128 )
}

rule condition_635 {
  strings:
    $a = "aa"
  condition:
    for 2 i in (1,2,3) : ( @a[i] < 3 )
}

rule condition_636 {
  condition:
    for any i in (filesize + 5..filesize) : ( true )
}

rule condition_637 {
  condition:
    for all i in (filesize + 5..filesize) : ( false )
}

rule condition_638 {
  condition:
    for any i in (1..3) : ( for any j in (1..3) : ( i * j == 9 and uint8(i) == uint8(j) ) )
}

rule condition_640 {
  strings:
    $b = "Hello"
  condition:
    for all i in (1..#b) : ( !b[i] == 5 )
}

rule condition_641 {
  condition:
    filesize == 0
}

rule condition_642 {
  condition:
    filesize > 10 and filesize < 100
}

rule condition_643 {
  condition:
    filesize >= 1KB
}

rule condition_644 {
  condition:
    filesize > 1MB
}

rule condition_645 {
  condition:
    uint8(0) == 0x48
}

rule condition_646 {
  condition:
    uint16(0) == 0x5A4D
}

rule condition_647 {
  condition:
    uint16be(0) == 0x4D5A
}

rule condition_648 {
  condition:
    uint32(0) == 0x6c6c6548
}

rule condition_649 {
  condition:
    uint32be(0) == 0x48656c6c
}

rule condition_650 {
  condition:
    int8(0) < 0
}

rule condition_651 {
  condition:
    int16(0) == -1
}

rule condition_652 {
  condition:
    int32(0) == -1
}

rule condition_653 {
  condition:
    int8(0) == -1
}

rule condition_654 {
  condition:
    uint8(0) == 255
}

rule condition_655 {
  condition:
    uint8(filesize) == 0
}

rule condition_656 {
  condition:
    uint8(filesize-1) == 0x0a
}

rule condition_657 {
  condition:
    not defined uint8(filesize)
}

rule condition_658 {
  condition:
    not (uint8(filesize) == 0)
}

rule condition_659 {
  condition:
    uint32(filesize - 2) == 0
}

rule condition_660 {
  condition:
    uint32(-1) == 0
}

rule condition_661 {
  condition:
    uint16(uint8(0)) == 0
}

rule condition_662 {
  condition:
    defined uint32(0)
}

rule condition_663 {
  condition:
    not defined uint32(0) and filesize < 4
}

rule condition_664 {
  condition:
    not uint32(0) and filesize < 4
}

rule condition_665 {
  condition:
    uint8(0) + uint8(1) > 100
}

rule condition_666 {
  condition:
    uint8(filesize) == 0 or filesize == 0
}

rule condition_667 {
  condition:
    uint8(filesize) != 0
}

rule condition_668 {
  condition:
    (uint8(filesize) == 0) or true
}

rule condition_669 {
  condition:
    true and uint8(filesize) == 0
}

rule condition_670 {
  condition:
    not (true and uint8(filesize) == 0)
}

rule condition_671 {
  condition:
    1 + 1 == 2
}

rule condition_672 {
  condition:
    5 - 7 == -2
}

rule condition_673 {
  condition:
    7 \ 2 == 3
}

rule condition_674 {
  condition:
    -7 \ 2 == -3
}

rule condition_675 {
  condition:
    -7 % 3 == -1
}

rule condition_677 {
  condition:
    not defined (7 % (filesize - filesize))
}

rule condition_678 {
  condition:
    not (1 \ (filesize - filesize) == 0)
}

rule condition_679 {
  condition:
    3 * 4 - 2 == 10
}

rule condition_680 {
  condition:
    2 + 3 * 4 == 14
}

rule condition_681 {
  condition:
    (2 + 3) * 4 == 20
}

rule condition_682 {
  condition:
    1 << 3 == 8
}

rule condition_683 {
  condition:
    256 >> 4 == 16
}

rule condition_684 {
  condition:
    1 << 64 == 0
}

rule condition_685 {
  condition:
    1 << 63 < 0
}

rule condition_686 {
  condition:
    -1 >> 1 == -1
}

rule condition_687 {
  condition:
    (filesize - filesize - 1) >> 70 == 0
}

rule condition_688 {
  condition:
    6 & 3 == 2
}

rule condition_689 {
  condition:
    6 | 1 == 7
}

rule condition_690 {
  condition:
    6 ^ 3 == 5
}

rule condition_691 {
  condition:
    ~0 == -1
}

rule condition_692 {
  condition:
    -(5) == -5
}

rule condition_693 {
  condition:
    0x10 == 16
}

rule condition_694 {
  condition:
    0o17 == 15
}

rule condition_695 {
  condition:
    1KB == 1024
}

rule condition_696 {
  condition:
    2MB == 2097152
}

rule condition_697 {
  condition:
    9223372036854775807 + filesize >= 0
}

rule condition_698 {
  condition:
    1.5 + 1.5 == 3.0
}

rule condition_699 {
  condition:
    1.0 \ 2 == 0.5
}

rule condition_700 {
  condition:
    3 > 2.5
}

rule condition_701 {
  condition:
    2.5 < 3
}

rule condition_702 {
  condition:
    1.0 == 1
}

rule condition_703 {
  condition:
    10 % 3 == 1
}

rule condition_704 {
  condition:
    not true
}

rule condition_705 {
  condition:
    not false
}

rule condition_706 {
  condition:
    not (1 == 1)
}

rule condition_707 {
  condition:
    1 == 1 and 2 == 2 or false
}

rule condition_708 {
  condition:
    false and true or true
}

rule condition_709 {
  condition:
    false or true and false
}

rule condition_710 {
  condition:
    not false and false
}

rule condition_711 {
  condition:
    "abc" == "abc"
}

rule condition_712 {
  condition:
    "abc" != "abd"
}

rule condition_713 {
  condition:
    "abc" < "abd"
}

rule condition_714 {
  condition:
    "abc" contains "b"
}

rule condition_715 {
  condition:
    "ABC" icontains "b"
}

rule condition_716 {
  condition:
    "abc" startswith "ab"
}

rule condition_717 {
  condition:
    "ABC" istartswith "ab"
}

rule condition_718 {
  condition:
    "abc" endswith "bc"
}

rule condition_719 {
  condition:
    "ABC" iendswith "bc"
}

rule condition_720 {
  condition:
    "ABC" iequals "abc"
}

rule condition_721 {
  condition:
    "abc" contains ""
}

rule condition_722 {
  condition:
    "abc" startswith ""
}

rule condition_723 {
  condition:
    "" contains "a"
}

rule condition_724 {
  condition:
    "abc" matches /b/
}

rule condition_725 {
  condition:
    "abc" matches /^b/
}

rule condition_726 {
  condition:
    "ABC" matches /b/i
}

rule condition_727 {
  condition:
    "a\nc" matches /a.c/
}

rule condition_728 {
  condition:
    "a\nc" matches /a.c/s
}

rule condition_729 {
  condition:
    "abc" matches /c$/
}

rule condition_730 {
  condition:
    ext_string == ""
}

rule condition_731 {
  condition:
    ext_string contains "x"
}

rule condition_732 {
  condition:
    ext_int == 7
}

rule condition_733 {
  condition:
    ext_int * 2 > 13
}

rule condition_734 {
  condition:
    ext_bool
}

rule condition_735 {
  condition:
    not ext_bool
}

rule condition_736 {
  condition:
    ext_string matches /^$/
}

rule condition_737 {
  condition:
    ext_float > 1.0
}

rule condition_738 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
    $d = /w[a-z]+d/
  condition:
    $a and $b or $c and $d
}

rule condition_739 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
    $d = /w[a-z]+d/
  condition:
    ($a or $b) and ($c or $d)
}

rule condition_740 {
  strings:
    $a = "aa"
    $b = "Hello"
  condition:
    not $a and not $b
}

rule condition_741 {
  strings:
    $a = "aa"
    $b = "Hello"
    $c = { 61 62 }
  condition:
    #a + #b + #c == 4
}

rule condition_742 {
  strings:
    $a = "aa"
    $b = "Hello"
  condition:
    #a - #b > 0
}

rule condition_743 {
  strings:
    $a = "aa"
  condition:
    #a * 10 > 15
}

rule condition_744 {
  strings:
    $a = "aa"
  condition:
    @a + 1 == 1
}

rule condition_745 {
  strings:
    $a = "aa"
    $c = { 61 62 }
  condition:
    @c - @a > 0
}

rule condition_746 {
  strings:
    $c = { 61 62 }
  condition:
    !c * 2 == 4
}

rule condition_747 {
  strings:
    $a = "aa"
  condition:
    filesize - @a > 10
}

rule condition_748 {
  strings:
    $a = "aa"
  condition:
    $a at @a[1]
}

rule condition_749 {
  strings:
    $b = "Hello"
  condition:
    $b at @b
}

rule condition_750 {
  strings:
    $b = "Hello"
    $d = /w[a-z]+d/
  condition:
    $d in (@b..@b+20)
}

rule condition_751 {
  strings:
    $a = "aa"
    $c = { 61 62 }
  condition:
    for any i in (1..#a) : ( $c in (@a[i]..@a[i]+4) )
}

rule condition_752 {
  strings:
    $a = "aa"
  condition:
    for any i in (1..3) : ( @a[i] + 1 == @a[i+1] )
}

rule condition_753 {
  strings:
    $a = "aa"
  condition:
    uint8(@a) == 0x61
}

rule condition_754 {
  strings:
    $b = "Hello"
  condition:
    uint8(@b + !b) == 0x20
}

rule condition_755 {
  strings:
    $b = "Hello"
  condition:
    uint8(@b[10]) == 0
}

rule condition_756 {
  condition:
    true
}

rule condition_757 {
  condition:
    false
}

rule condition_758 {
  condition:
    0
}

rule condition_759 {
  condition:
    1
}

rule condition_760 {
  condition:
    filesize
}

rule condition_761 {
  strings:
    $a = "aa"
  condition:
    #a
}

rule condition_762 {
  strings:
    $a = "aa"
  condition:
    @a
}

rule condition_763 {
  condition:
    uint8(0)
}

rule condition_764 {
  strings:
    $a = "aa"
  condition:
    $a
}

rule condition_765 {
  condition:
    entrypoint == 0
}

rule condition_766 {
  condition:
    not defined entrypoint
}

rule condition_767 {
  condition:
    entrypoint > 0
}
