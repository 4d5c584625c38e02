// Files that exist so that scanners can be tried.

rule Candor_Test_EICAR : test
{
    meta:
        description = "The EICAR test file: harmless, and reported by every scanner"
        class = "test/test"
        severity = "info"
        reference = "https://www.eicar.org/download-anti-malware-testfile/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $a = { 58 35 4F 21 50 25 40 41 50 5B 34 5C 50 5A 58 35 34 28 50 5E 29 37 43 43 29 37 7D 24 45 49 43 41 52 }
        $b = "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    condition:
        filesize < 64KB and $a and $b
}
