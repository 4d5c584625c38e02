// Traits of hiding: code that is decoded and run, names written so that a
// search does not find them. Clean programs have little reason for these.

rule Candor_Obfuscation_PHP_EvalDecode : obfuscation php
{
    meta:
        description = "PHP that evaluates the outcome of decoding functions"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1027/ https://attack.mitre.org/techniques/T1140/ https://cwe.mitre.org/data/definitions/506.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $text = /\b(eval|assert)\s*\([\s@(]*(["']\s*\?>\s*["']\s*\.\s*)?(base64_decode|gzinflate|gzuncompress|gzdecode|str_rot13|strrev|rawurldecode|urldecode|hex2bin|convert_uudecode|bzdecompress|pack)\s*\([\s@(]*((base64_decode|gzinflate|gzuncompress|gzdecode|str_rot13|strrev|rawurldecode|urldecode|hex2bin|convert_uudecode|bzdecompress|implode|join|file_get_contents|substr|trim|str_replace|strtr)\s*\([\s@(]*){0,8}(["'$]|[A-Za-z0-9+\/]{24})/ nocase
        $commented = /\beval\s*(\/\*[^*]{0,40}\*\/\s*){1,4}\(\s*(\/\*[^*]{0,40}\*\/\s*){0,4}[a-z_$]/ nocase
        $shut = /\b(register_shutdown_function|array_map|call_user_func(_array)?)\s*\(\s*(create_function\s*\(|["']eval["']|base64_decode\s*\(\s*["'])/ nocase
    condition:
        filesize < 5MB and any of them
}

rule Candor_Obfuscation_PHP_VariableDecode : obfuscation php
{
    meta:
        description = "PHP that evaluates what a function held in a variable makes of its argument"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1027/ https://attack.mitre.org/techniques/T1140/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $nested = /\beval\s*\(\s*(["']\s*\?>\s*["']\s*\.\s*)?@?\$(\{[^}\r\n]{1,60}\}|\w{1,40})(\[[^\]\r\n]{1,40}\])?\s*\(\s*(\$|["'][A-Za-z0-9+\/=\\]{12})/ nocase
        $held = /=\s*["'](base64_decode|gzinflate|str_rot13|gzuncompress)["']\s*;/ nocase
        $globals = /\$GLOBALS\s*\[\s*["'][^"'\r\n]{1,30}["']\s*\]\s*(\[\d{1,4}\]\s*)?\(\s*\$GLOBALS\s*\[/ nocase
        $call = /\beval\s*\(\s*\$\w{1,40}\s*\(/ nocase
    condition:
        filesize < 2MB and ($nested or $globals or ($held and $call))
}

rule Candor_Obfuscation_PHP_DisguisedName : obfuscation php
{
    meta:
        description = "A dangerous PHP function name written backwards, by rot13, or in character escapes"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1027/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $rev = /["'](edoced_46esab|etalfnizg|sserpmocnuzg|31tor_rts|noitcnuf_etaerc|lave|tressa|metsys|cexe_llehs|urhtssap|stnetnoc_tup_elif)["']/ nocase
        $rot = /["'](onfr64_qrpbqr|tmvasyngr|nffreg|riny|flfgrz|furyy_rkrp|cnffgueh|perngr_shapgvba)["']/ nocase
        $strrev = /\bstrrev\s*\(/ nocase
        $rot13 = /\bstr_rot13\s*\(/ nocase
        $hexb64 = /["']\\x62(\\x61|a)(\\x73|s)(\\x65|e)(\\x36|6)(\\x34|4)|["'](\\x62|b)\\x61(\\x73|s)\\x65(\\x36|6)\\x34/ nocase
        $hexeval = /["']?\\x65(\\x76|v)\\x61(\\x6c|l)/ nocase
        $hexassert = /["']ass(\\x65rt|e\\x72t|er\\x74)|["'](\\x61|a)\\x73\\x73(\\x65|e)(\\x72|r)\\x74/ nocase
        $hexgz = /["'](\\x67|g)\\x7a\\x69(\\x6e|n)\\x66/ nocase
        $hexcreate = /["'](\\x63|c)\\x72(\\x65|e)\\x61(\\x74|t)\\x65(\\x5f|_)/ nocase
        $octb64 = /["'](\\142|b)(\\141|a)(\\163|s)\\145(\\066|\\66|6)/
        $octeval = /["'](\\145|e)\\166(\\141|a)\\154/
        $hexglobals = /\$\{["'](\\x47|G)(\\x4c|\\x4C|L)(\\x4f|\\x4F|O)(\\x42|B)/
        $hexpost = /["'](\\x5f|\\x5F|_)(\\x50|P)\\x4f(\\x53|S)|["']_?\\x47\\x45\\x54["']/ nocase
    condition:
        filesize < 3MB and (($strrev and $rev) or ($rot13 and $rot) or any of ($hexb64, $hexeval, $hexassert, $hexgz, $hexcreate, $octb64, $octeval, $hexglobals, $hexpost)) 
}

rule Candor_Obfuscation_PHP_ChrChain : obfuscation php
{
    meta:
        description = "PHP that spells a text by a long chain of chr() calls or hexadecimal pieces"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1027/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $chr = /(\bchr\s*\(\s*(0x[0-9a-f]{2}|\d{1,3}|\d{1,4}\s*[-+^*\/]\s*\d{1,4})\s*\)\s*\.\s*){7}/ nocase
        $eval = /\b(eval|assert|create_function|call_user_func|preg_replace|include)\s*\(/ nocase
        $call = /[;\s@=({]\$\{?\w{1,32}\}?(\[[^\]\r\n]{1,20}\])?\s*\(\s*[$"'a-z@]/ nocase
        $evald = /\beval\s*\(\s*(\bchr\s*\(\s*\d{1,3}\s*\)\s*\.\s*){3}/ nocase
        $php = "<?"
        $asp = /\b(execute|eval)\s*\(?\s*(chrw?\s*\(\s*\d{1,3}\s*\)\s*&\s*){4}/ nocase
    condition:
        filesize < 1MB and ($evald or $asp or ($php and $chr and ($eval or $call)))
}

rule Candor_Obfuscation_PHP_IndexedAlphabet : obfuscation php
{
    meta:
        description = "PHP that picks the letters of function names out of a string by number"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1027/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $pick = /(\$\{?["']?\w{1,32}["']?\}?\s*[\[{]\s*(0x[0-9a-f]{1,2}|\d{1,3})\s*[\]}]\s*\.\s*){5}/ nocase
        $globals = /(\$GLOBALS\s*\[\s*["']\w{1,16}["']\s*\]\s*[\[{]\s*\d{1,3}\s*[\]}]\s*\.\s*){4}/ nocase
        $alphabet = /=\s*["'][^"'\r\n]{20,110}["']\s*;/
        $upper = /strtoupper\s*\(\s*(\$\w{1,24}\s*\[\s*\d{1,2}\s*\]\s*\.\s*){3}\$\w{1,24}\s*\[/ nocase
        $url = "%6E1%7A%62%2F%6D%615%5C%76%740%6928%2D%70" nocase
        $run = /\b(eval|assert|create_function|preg_replace)\s*\(|[;\s@=(]\$\w{1,32}\s*\(|\$GLOBALS\s*\[\s*["']\w{1,16}["']\s*\]\s*\(/ nocase
    condition:
        filesize < 2MB and ($url or ($globals and $run) or $upper or ($pick and $alphabet and $run and (#pick > 1 or filesize < 16KB)))
}

rule Candor_Obfuscation_PHP_GlobalsTable : obfuscation php
{
    meta:
        description = "PHP that keeps encoded function names in an array with a meaningless name and calls by number"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1027/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $array = /\$GLOBALS\s*\[\s*["']_\d{4,12}_["']\s*\]\s*=\s*array\s*\(/ nocase
        $func = /function\s+_\d{4,12}\s*\(\s*\$i\s*\)\s*\{[^}]{0,20}\$a\s*=\s*array\s*\(/ nocase
        $o0 = /\$[O0]{5,16}\s*=\s*/
        $o0call = /\$[O0]{5,16}\s*(\{|\[|\()/
        $bars = /\$[Il1|]{8,20}\s*=\s*/
        $dots = /\$GLOBALS\s*\[\s*["'][^\x20-\x7e]{4,60}["']\s*\]\s*=/
        $decode = /\b(base64_decode|gzinflate|gzuncompress|eval|str_rot13)\s*\(|urldecode\s*\(/ nocase
    condition:
        filesize < 3MB and ($array or $func or (#o0 > 3 and #o0call > 3 and $decode) or (#bars > 4 and $decode) or (#dots > 2 and $decode))
}

rule Candor_Obfuscation_PHP_GotoMaze : obfuscation php
{
    meta:
        description = "PHP whose statements were shuffled with goto and whose texts are all escapes"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "medium"
        reference = "https://attack.mitre.org/techniques/T1027/010/ https://www.php.net/manual/en/control-structures.goto.php"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $goto = /\bgoto [A-Za-z0-9_]{5,8};/
        $label = /\b[A-Za-z0-9_]{5}: /
        $escapes = /["'](\\(x[0-9a-fA-F]{2}|[0-7]{2,3})){6}/
        $php = "<?php"
    condition:
        filesize < 3MB and $php and #goto > 12 and #label > 8 and #escapes > 3
}

rule Candor_Obfuscation_PHP_StrReplaceName : obfuscation php
{
    meta:
        description = "PHP that gets a function name by taking junk out of a string, then calls it"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1027/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $create = /str_(i?)replace\s*\(\s*["'][^"'\r\n]{1,16}["']\s*,\s*["']{2}\s*,\s*["'][^"'\s]{0,6}(c|a|b|e|s|g)[^"'\s]{6,60}["']\s*\)\s*;\s*@?\$\w{1,16}\s*=\s*@?\$\w{1,16}\s*\(/ nocase
        $direct = /\bstr_(i?)replace\s*\(\s*["'][^"'\r\n]{1,16}["']\s*,\s*["']{2}\s*,\s*["'][^"'\r\n]{6,60}["']\s*\)\s*;[^;]{0,10}@?\$\w{1,16}\s*\(\s*@?\$_(GET|POST|REQUEST|COOKIE)/ nocase
        $assert = /str_i?replace\s*\(\s*["'][^"'\r\n]{1,8}["']\s*,\s*["']{2}\s*,\s*["'][^"'\s]{0,8}a[^"'\s]{0,8}s[^"'\s]{1,8}s[^"'\s]{0,8}e[^"'\s]{0,8}r[^"'\s]{0,8}t[^"'\s]{0,8}["']\s*\)\s*;\s*\$\w{1,12}\s*=\s*\$_(GET|POST|REQUEST|COOKIE)/ nocase
        $sub = /\bsubstr_replace\s*\(\s*["'](ass|sys|eva|bas|ev|as|a)\w{0,12}["']\s*,\s*["']\w{1,8}["']\s*,\s*\d/ nocase
        $tr = /\bstrtr\s*\(\s*["'][^"'\r\n]{4,20}["']\s*,\s*["'][^"'\r\n]{1,12}["']\s*,\s*["'][^"'\r\n]{1,12}["']\s*\)\s*;[^;]{0,60}@?\$\w{1,16}\s*\(\s*@?\$_(GET|POST|REQUEST|COOKIE)/ nocase
    condition:
        filesize < 100KB and any of them
}

rule Candor_Obfuscation_PHP_LongEncodedEval : obfuscation php
{
    meta:
        description = "A PHP file that is one long encoded text and a call to evaluate it"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "medium"
        reference = "https://attack.mitre.org/techniques/T1027/013/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $long = /["'][A-Za-z0-9+\/]{900}/
        $hex = /["']([0-9a-fA-F]{2}){600}/
        $eval = /\b(eval|assert|create_function)\s*\(\s*[@$"'a-z(]/ nocase
        $decode = /\b(base64_decode|gzinflate|gzuncompress|str_rot13|hex2bin|pack|strrev|openssl_decrypt)\b/ nocase
        $php = "<?php" nocase
        $vendor = /ionCube|sg_load|zend_loader|@Zend;/ nocase
    condition:
        filesize < 3MB and $php and ($long or $hex) and $eval and $decode and not $vendor and filesize < 600KB
}

rule Candor_Obfuscation_JS_HexArray : obfuscation js
{
    meta:
        description = "JavaScript whose texts were moved into a shuffled array with names in hexadecimal"
        class = "other/undetermined"
        x1207 = "pus"
        severity = "low"
        reference = "https://attack.mitre.org/techniques/T1027/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $array = /(var|const|let)\s+_0x[0-9a-f]{4,6}\s*=\s*\[\s*["']/
        $shift = /_0x[0-9a-f]{4,6}\[?["']?(\.|\\x70)?(push|\\x75)["']?\]?\(_0x[0-9a-f]{4,6}\[?["']?\.?(shift|\\x73)/
        $func = /function\s+_0x[0-9a-f]{4,6}\s*\(/
        $use = /_0x[0-9a-f]{4,6}\(\s*["']?0x[0-9a-f]{1,4}/
    condition:
        filesize < 2MB and (($array and #use > 3) or ($func and #use > 8) or $shift)
}

rule Candor_Obfuscation_JS_EvalDecode : obfuscation js
{
    meta:
        description = "JavaScript that evaluates decoded text"
        class = "other/undetermined"
        x1207 = "malware"
        severity = "medium"
        reference = "https://attack.mitre.org/techniques/T1027/ https://attack.mitre.org/techniques/T1140/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $atob = /\beval\s*\(\s*(window\.)?(decodeURIComponent\s*\(\s*escape\s*\(\s*)?(window\.)?atob\s*\(\s*["'`]/
        $unescape = /\beval\s*\(\s*(unescape|decodeURIComponent|decodeURI)\s*\(\s*["']%[0-9a-f]{2}/ nocase
        $char = /\beval\s*\(\s*String\.fromCharCode\s*\(\s*(0x)?[0-9a-f]{2,3}\s*,/
        $func = /\bnew\s+Function\s*\(\s*(window\.)?atob\s*\(\s*["'`]|\bFunction\s*\(\s*(window\.)?atob\s*\(\s*["'`][A-Za-z0-9+\/=]{20}/
        $reverse = /\beval\s*\(\s*["'][^"'\r\n]{20,2000}["']\.split\(["']{2}\)\.reverse\(\)/
        $member = /\b(this|window|self|globalThis)\s*\[\s*["'](eval|\\x65\\x76\\x61\\x6c)["']\s*\]\s*\(\s*(String\b|["'][^"'\r\n]{16})/ nocase
        $hex = /\beval\s*\(\s*["'](\\x[0-9a-f]{2}){20}/ nocase
    condition:
        filesize < 2MB and any of them
}

rule Candor_Obfuscation_JS_SymbolCode : obfuscation js
{
    meta:
        description = "JavaScript written with brackets and signs, or with Japanese faces, alone"
        class = "other/undetermined"
        x1207 = "malware"
        severity = "medium"
        reference = "https://attack.mitre.org/techniques/T1027/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $fuck = "[][(![]+[])[+[]]+"
        $fuck2 = "(![]+[])[+!+[]]"
        $faces = { EF BE 9F CF 89 EF BE 9F EF BE 89 3D }
        $jj = /\$=~\[\];\$=\{___:\+\+\$/
    condition:
        filesize < 2MB and (#fuck > 1 or #fuck2 > 8 or $faces or $jj)
}
