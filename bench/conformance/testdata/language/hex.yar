rule hex_099 {
  strings:
    $a = { 48 65 6C 6C 6F }
  condition:
    $a
}

rule hex_100 {
  strings:
    $a = { 48656C6C6F }
  condition:
    $a
}

rule hex_101 {
  strings:
    $a = { 48 ?? 6C 6C 6F }
  condition:
    $a
}

rule hex_102 {
  strings:
    $a = { 4? 65 6C }
  condition:
    $a
}

rule hex_103 {
  strings:
    $a = { ?8 65 }
  condition:
    $a
}

rule hex_104 {
  strings:
    $a = { 48 [1] 6C }
  condition:
    $a
}

rule hex_105 {
  strings:
    $a = { 48 [1-3] 6F }
  condition:
    $a
}

rule hex_106 {
  strings:
    $a = { 48 [2-] 6F }
  condition:
    $a
}

rule hex_107 {
  strings:
    $a = { 48 [-] 6F }
  condition:
    $a
}

rule hex_108 {
  strings:
    $a = { 48 [0-100] 6F }
  condition:
    $a
}

rule hex_109 {
  strings:
    $a = { ( 48 | 4A ) 65 }
  condition:
    $a
}

rule hex_110 {
  strings:
    $a = { 48 ( 65 | 45 6C | ?? ) 6C }
  condition:
    $a
}

rule hex_111 {
  strings:
    $a = { 48 ( 65 6C | 45 ) 6C 6F }
  condition:
    $a
}

rule hex_112 {
  strings:
    $a = { (48 65 | (4A | 4B) 65) 6C }
  condition:
    $a
}

rule hex_113 {
  strings:
    $a = { 00 01 ?? 03 }
  condition:
    $a
}

rule hex_114 {
  strings:
    $a = { 00 [3] 04 }
  condition:
    $a
}

rule hex_115 {
  strings:
    $a = { FF FE }
  condition:
    $a
}

rule hex_116 {
  strings:
    $a = { 61 61 }
  condition:
    $a
}

rule hex_117 {
  strings:
    $a = { 61 ?? 61 }
  condition:
    $a
}

rule hex_118 {
  strings:
    $a = { 61 [0-2] 61 }
  condition:
    $a
}

rule hex_119 {
  strings:
    $a = { 61 [1-] 61 }
  condition:
    $a
}

rule hex_120 {
  strings:
    $a = { ?? 65 6C }
  condition:
    $a
}

rule hex_121 {
  strings:
    $a = { ?? ?? 6C 6C }
  condition:
    $a
}

rule hex_122 {
  strings:
    $a = { 4D 5A [58] ?? ?? ?? ?? }
  condition:
    $a
}

rule hex_123 {
  strings:
    $a = { 48 [1-2] 6C [0-1] 6F }
  condition:
    $a
}

rule hex_124 {
  strings:
    $a = { 48 ( 65 | 66 ) [0-3] 6F }
  condition:
    $a
}

rule hex_125 {
  strings:
    $a = { 61 [250-300] 62 }
  condition:
    $a
}

rule hex_126 {
  strings:
    $a = { 61 [0-300] 62 }
  condition:
    $a
}

rule hex_127 {
  strings:
    $a = { 0A }
  condition:
    $a
}

rule hex_128 {
  strings:
    $a = { 61 ( 62 | 63 64 ) ( 65 | 66 ) }
  condition:
    $a
}

rule hex_129 {
  strings:
    $a = { 6? 6? 6? }
  condition:
    $a
}

rule hex_130 {
  strings:
    $a = { 48 65 // comment
 6C }
  condition:
    $a
}

rule hex_131 {
  strings:
    $a = { 48 65 /* c */ 6C 6C }
  condition:
    $a
}

rule hex_132 {
  strings:
    $a = { 61 [2] 61 [2] 61 }
  condition:
    $a
}

rule hex_133 {
  strings:
    $a = { ( 61 | 62 ) ( 61 | 62 ) }
  condition:
    $a
}

rule hex_134 {
  strings:
    $a = { 3C 3F ?? 68 70 }
  condition:
    $a
}
