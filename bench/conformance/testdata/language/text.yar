rule text_001 {
  strings:
    $a = "Hello" 
  condition:
    $a
}

rule text_002 {
  strings:
    $a = "it" 
  condition:
    $a
}

rule text_003 {
  strings:
    $a = "Hello" nocase
  condition:
    $a
}

rule text_004 {
  strings:
    $a = "it" nocase
  condition:
    $a
}

rule text_005 {
  strings:
    $a = "Hello" wide
  condition:
    $a
}

rule text_006 {
  strings:
    $a = "it" wide
  condition:
    $a
}

rule text_007 {
  strings:
    $a = "Hello" ascii
  condition:
    $a
}

rule text_008 {
  strings:
    $a = "it" ascii
  condition:
    $a
}

rule text_009 {
  strings:
    $a = "Hello" wide ascii
  condition:
    $a
}

rule text_010 {
  strings:
    $a = "it" wide ascii
  condition:
    $a
}

rule text_011 {
  strings:
    $a = "Hello" nocase wide
  condition:
    $a
}

rule text_012 {
  strings:
    $a = "it" nocase wide
  condition:
    $a
}

rule text_013 {
  strings:
    $a = "Hello" nocase wide ascii
  condition:
    $a
}

rule text_014 {
  strings:
    $a = "it" nocase wide ascii
  condition:
    $a
}

rule text_015 {
  strings:
    $a = "Hello" fullword
  condition:
    $a
}

rule text_016 {
  strings:
    $a = "it" fullword
  condition:
    $a
}

rule text_017 {
  strings:
    $a = "Hello" fullword nocase
  condition:
    $a
}

rule text_018 {
  strings:
    $a = "it" fullword nocase
  condition:
    $a
}

rule text_019 {
  strings:
    $a = "Hello" fullword wide
  condition:
    $a
}

rule text_020 {
  strings:
    $a = "it" fullword wide
  condition:
    $a
}

rule text_021 {
  strings:
    $a = "Hello" fullword wide ascii nocase
  condition:
    $a
}

rule text_022 {
  strings:
    $a = "it" fullword wide ascii nocase
  condition:
    $a
}

rule text_023 {
  strings:
    $a = "Hello" xor
  condition:
    $a
}

rule text_024 {
  strings:
    $a = "it" xor
  condition:
    $a
}

rule text_025 {
  strings:
    $a = "Hello" xor(0x01-0x10)
  condition:
    $a
}

rule text_026 {
  strings:
    $a = "it" xor(0x01-0x10)
  condition:
    $a
}

rule text_027 {
  strings:
    $a = "Hello" xor(0x20)
  condition:
    $a
}

rule text_028 {
  strings:
    $a = "it" xor(0x20)
  condition:
    $a
}

rule text_029 {
  strings:
    $a = "Hello" xor wide
  condition:
    $a
}

rule text_030 {
  strings:
    $a = "it" xor wide
  condition:
    $a
}

rule text_031 {
  strings:
    $a = "Hello" xor(1-255) wide ascii
  condition:
    $a
}

rule text_032 {
  strings:
    $a = "it" xor(1-255) wide ascii
  condition:
    $a
}

rule text_033 {
  strings:
    $a = "Hello" xor fullword
  condition:
    $a
}

rule text_034 {
  strings:
    $a = "it" xor fullword
  condition:
    $a
}

rule text_035 {
  strings:
    $a = "Hello" base64
  condition:
    $a
}

rule text_036 {
  strings:
    $a = "Hello" base64wide
  condition:
    $a
}

rule text_037 {
  strings:
    $a = "Hello" base64 base64wide
  condition:
    $a
}

rule text_038 {
  strings:
    $a = "payload data" base64("!@#$%^&*(){}[].,|ABCDEFGHIJ\x09LMNOPQRSTUVWXYZabcdefghijklmnopqrstu")
  condition:
    $a
}

rule text_039 {
  strings:
    $a = "payload data" base64
  condition:
    $a
}

rule text_040 {
  strings:
    $a = "payload data" base64 ascii
  condition:
    $a
}

rule text_041 {
  strings:
    $a = "payload data" base64 wide
  condition:
    $a
}

rule text_042 {
  strings:
    $a = "payload data" base64 wide ascii
  condition:
    $a
}

rule text_043 {
  strings:
    $a = "payload data" base64wide
  condition:
    $a
}

rule text_044 {
  strings:
    $a = "abc" base64
  condition:
    $a
}

rule text_045 {
  strings:
    $a = "abcd" base64
  condition:
    $a
}

rule text_046 {
  strings:
    $a = "ab" base64
  condition:
    $a
}

rule text_047 {
  strings:
    $a = "a\tb"
  condition:
    $a
}

rule text_048 {
  strings:
    $a = "a\tb" nocase
  condition:
    $a
}

rule text_049 {
  strings:
    $a = "a\tb" fullword
  condition:
    $a
}

rule text_050 {
  strings:
    $a = "a\tb" wide
  condition:
    $a
}

rule text_051 {
  strings:
    $a = "a\nb"
  condition:
    $a
}

rule text_052 {
  strings:
    $a = "a\nb" nocase
  condition:
    $a
}

rule text_053 {
  strings:
    $a = "a\nb" fullword
  condition:
    $a
}

rule text_054 {
  strings:
    $a = "a\nb" wide
  condition:
    $a
}

rule text_055 {
  strings:
    $a = "\x00\x01"
  condition:
    $a
}

rule text_056 {
  strings:
    $a = "\x00\x01" nocase
  condition:
    $a
}

rule text_057 {
  strings:
    $a = "\x00\x01" fullword
  condition:
    $a
}

rule text_058 {
  strings:
    $a = "\x00\x01" wide
  condition:
    $a
}

rule text_059 {
  strings:
    $a = "quote\"s"
  condition:
    $a
}

rule text_060 {
  strings:
    $a = "quote\"s" nocase
  condition:
    $a
}

rule text_061 {
  strings:
    $a = "quote\"s" fullword
  condition:
    $a
}

rule text_062 {
  strings:
    $a = "quote\"s" wide
  condition:
    $a
}

rule text_063 {
  strings:
    $a = "back\\slash"
  condition:
    $a
}

rule text_064 {
  strings:
    $a = "back\\slash" nocase
  condition:
    $a
}

rule text_065 {
  strings:
    $a = "back\\slash" fullword
  condition:
    $a
}

rule text_066 {
  strings:
    $a = "back\\slash" wide
  condition:
    $a
}

rule text_067 {
  strings:
    $a = "\x41\x42C"
  condition:
    $a
}

rule text_068 {
  strings:
    $a = "\x41\x42C" nocase
  condition:
    $a
}

rule text_069 {
  strings:
    $a = "\x41\x42C" fullword
  condition:
    $a
}

rule text_070 {
  strings:
    $a = "\x41\x42C" wide
  condition:
    $a
}

rule text_071 {
  strings:
    $a = "aa"
  condition:
    $a
}

rule text_072 {
  strings:
    $a = "aa" nocase
  condition:
    $a
}

rule text_073 {
  strings:
    $a = "aa" fullword
  condition:
    $a
}

rule text_074 {
  strings:
    $a = "aa" wide
  condition:
    $a
}

rule text_075 {
  strings:
    $a = "aaa"
  condition:
    $a
}

rule text_076 {
  strings:
    $a = "aaa" nocase
  condition:
    $a
}

rule text_077 {
  strings:
    $a = "aaa" fullword
  condition:
    $a
}

rule text_078 {
  strings:
    $a = "aaa" wide
  condition:
    $a
}

rule text_079 {
  strings:
    $a = "a"
  condition:
    $a
}

rule text_080 {
  strings:
    $a = "a" nocase
  condition:
    $a
}

rule text_081 {
  strings:
    $a = "a" fullword
  condition:
    $a
}

rule text_082 {
  strings:
    $a = "a" wide
  condition:
    $a
}

rule text_083 {
  strings:
    $a = "\xff\xfe"
  condition:
    $a
}

rule text_084 {
  strings:
    $a = "\xff\xfe" nocase
  condition:
    $a
}

rule text_085 {
  strings:
    $a = "\xff\xfe" fullword
  condition:
    $a
}

rule text_086 {
  strings:
    $a = "\xff\xfe" wide
  condition:
    $a
}

rule text_087 {
  strings:
    $a = "."
  condition:
    $a
}

rule text_088 {
  strings:
    $a = "." nocase
  condition:
    $a
}

rule text_089 {
  strings:
    $a = "." fullword
  condition:
    $a
}

rule text_090 {
  strings:
    $a = "." wide
  condition:
    $a
}

rule text_091 {
  strings:
    $a = " "
  condition:
    $a
}

rule text_092 {
  strings:
    $a = " " nocase
  condition:
    $a
}

rule text_093 {
  strings:
    $a = " " fullword
  condition:
    $a
}

rule text_094 {
  strings:
    $a = " " wide
  condition:
    $a
}

rule text_095 {
  strings:
    $a = "\r\n"
  condition:
    $a
}

rule text_096 {
  strings:
    $a = "\r\n" nocase
  condition:
    $a
}

rule text_097 {
  strings:
    $a = "\r\n" fullword
  condition:
    $a
}

rule text_098 {
  strings:
    $a = "\r\n" wide
  condition:
    $a
}
