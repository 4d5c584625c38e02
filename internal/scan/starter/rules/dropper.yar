// Files that bring other files: uploaders, writers, fetchers of programs.

rule Candor_Dropper_PHP_NamelessUpload : dropper php
{
    meta:
        description = "A small PHP page that keeps any file under the name the visitor gave it"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "medium"
        reference = "https://attack.mitre.org/techniques/T1105/ https://cwe.mitre.org/data/definitions/434.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $direct = /\b(move_uploaded_file|copy)\s*\(\s*@?\$_FILES\s*\[[^\]]{1,30}\]\s*\[\s*["']?tmp_name["']?\s*\](\[\$?\w{1,6}\])?\s*,\s*[^;]{0,60}(\$_FILES\s*\[[^\]]{1,30}\]\s*\[\s*["']?name|\$_(GET|POST|REQUEST|COOKIE)\s*\[)/ nocase
        $held = /\b(move_uploaded_file|copy)\s*\(\s*\$(\w{1,16})\s*,\s*[^;]{0,40}\$\w{1,16}\s*\)/ nocase
        $tmp = /\$_FILES\s*\[[^\]]{1,30}\]\s*\[\s*["']?tmp_name/
        $form = /<form[^>]{0,160}multipart\/form-data|<input[^>]{0,60}type\s*=\s*\\?["']?file/ nocase
        $check = /pathinfo|getimagesize|finfo_|in_array|preg_match|mime_content_type|is_uploaded_file|strtolower|allowed|wp_verify_nonce|\$_SESSION|csrf/ nocase
    condition:
        filesize < 8KB and ($direct or ($held and $tmp)) and $form and not $check
}

rule Candor_Dropper_PHP_UploaderKit : dropper php
{
    meta:
        description = "An uploader with the texts and field names that kits of intruders use"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1105/ https://attack.mitre.org/techniques/T1505/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $a = "_upl" fullword
        $b = /upload\s+(sukses|berhasil|gagal)|sukses\s+(upload|gan|mas)/ nocase
        $c = /php_uname\s*\(|getcwd\s*\(|disable_functions/ nocase
        $d = /\b(move_uploaded_file|copy)\s*\(\s*(@?\$_FILES|\$\w)/ nocase
        $e = /(shell|uploader|upl0ad|up!oad|hacked|owned|cyber|h4x0r|root|priv8|team|mr\.)/ nocase
        $f = /<input[^>]{0,60}name\s*=\s*\\?["']?_upl["']?/ nocase
        $g = /chmod\s*\([^;]{1,60},\s*0?(777|755)\s*\)/
    condition:
        filesize < 40KB and $d and (($a and $f) or $b or ($c and $e and filesize < 6KB and $g))
}

rule Candor_Dropper_PHP_RequestWriter : dropper php
{
    meta:
        description = "PHP that writes what the visitor sends into a file that the visitor names"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1105/ https://attack.mitre.org/techniques/T1505/003/ https://cwe.mitre.org/data/definitions/73.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $put = /\bfile_put_contents\s*\(\s*[^;,]{0,80}\$_(GET|POST|REQUEST|COOKIE)\s*\[[^;,]{0,60},\s*[^;]{0,80}(\$_(GET|POST|REQUEST|COOKIE)\s*\[|file_get_contents\s*\(|base64_decode\s*\()/ nocase
        $open = /\b(fwrite|fputs)\s*\(\s*@?fopen\s*\(\s*[^;]{0,80}\$_(GET|POST|REQUEST|COOKIE)[^;]{0,60},\s*[^;]{0,60}(\$_(GET|POST|REQUEST|COOKIE)|base64_decode|file_get_contents)/ nocase
        $fixed = /\b(file_put_contents|fwrite|fputs)\s*\(\s*(@?fopen\s*\(\s*)?["'][^"'\r\n]{1,80}\.(php\d?|phtml|inc|phar)["'][^;]{0,30},\s*[^;]{0,60}\$_(GET|POST|REQUEST|COOKIE)\s*\[/ nocase
        $server = /\bfile_put_contents\s*\(\s*\$_SERVER\s*\[\s*["']HTTP_/ nocase
        $copy = /\b@?copy\s*\(\s*\$_(GET|POST|REQUEST|COOKIE)\s*\[[^\]]{1,24}\]\s*,\s*\$_(GET|POST|REQUEST|COOKIE)/ nocase
        $held = /\$\w{1,16}\s*=\s*@?fopen\s*\(\s*\$_(GET|POST|REQUEST|COOKIE)\s*\[[^;]{1,60};\s*@?(fwrite|fputs)\s*\(\s*\$\w{1,16}\s*,\s*[^;]{0,40}\$_(GET|POST|REQUEST|COOKIE)/ nocase
    condition:
        filesize < 500KB and any of them
}

rule Candor_Dropper_PHP_RemoteFetch : dropper php
{
    meta:
        description = "PHP that fetches code from another site and keeps it as a PHP file"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1105/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $put = /\bfile_put_contents\s*\(\s*[^;,]{0,100}\.(php\d?|phtml|phar)["'][^;,]{0,20},\s*[^;]{0,60}(file_get_contents|curl_exec|\w{0,16}get\w{0,16})\s*\(\s*[^;]{0,20}["'](https?|ftp):/ nocase
        $copy = /\bcopy\s*\(\s*["'](https?|ftp):\/\/[^"']{4,200}["']\s*,\s*[^;]{0,80}\.(php\d?|phtml|phar|htaccess)["']/ nocase
        $shell = /\b(system|exec|shell_exec|passthru|popen|proc_open)\s*\(\s*["'][^"'\r\n]{0,100}\b(wget|curl|lwp-download|fetch|lynx)\s[^"'\r\n]{0,160}(https?|ftp):\/\// nocase
        $tick = /`[^`\r\n]{0,60}\b(wget|curl|lwp-download)\s[^`\r\n]{0,120}https?:\/\/[^`\r\n]{1,120}`/
        $tickphp = "<?php" nocase
        $paste = /https?:\/\/(pastebin\.com\/raw|hastebin\.com\/raw|paste\.ee\/r|raw\.githubusercontent\.com|gist\.githubusercontent\.com|rentry\.co|ghostbin\.\w{2,4})[^"'\s]{1,160}["']/ nocase
        $text = /\b(file_get_contents|curl_init)\s*\(\s*["'](https?|ftp):\/\/[^"'\s]{4,160}\.(txt|jpe?g|gif|png|css)["']/ nocase
        $open = /\b(fopen|file_put_contents)\s*\(\s*[^;]{0,100}\.(php\d?|phtml|phar)["']/ nocase
        $fetch = /\b(file_get_contents|curl_exec|curl_init)\s*\(/ nocase
    condition:
        filesize < 64KB and ($put or $copy or $shell or ($tick and $tickphp) or ($paste and $open and $fetch) or ($text and $open))
}

rule Candor_Dropper_PHP_EncodedWriter : dropper php
{
    meta:
        description = "PHP that carries another PHP file in encoded form and writes it to disk"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1027/009/ https://attack.mitre.org/techniques/T1105/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $put = /\bfile_put_contents\s*\(\s*[^;,]{0,120}(\.(php\d?|phtml|phar|htaccess)["']|\$\w{1,20}|__FILE__)[^;,]{0,20},\s*(base64_decode|gzinflate|gzuncompress|str_rot13|hex2bin)\s*\(\s*([a-z0-9_]{2,16}\s*\(\s*){0,3}["'][A-Za-z0-9+\/=]{40}/ nocase
        $write = /\b(fwrite|fputs)\s*\(\s*\$\w{1,20}\s*,\s*(base64_decode|gzinflate|gzuncompress|str_rot13|hex2bin)\s*\(\s*([a-z0-9_]{2,16}\s*\(\s*){0,3}["'][A-Za-z0-9+\/=]{40}/ nocase
        $pd = /["']PD9waHA[A-Za-z0-9+\/=]{20}/
        $decode = /\b(base64_decode)\s*\(/
        $writes = /\b(file_put_contents|fwrite|fputs)\s*\(/
        $test = /assert(Same|Equals)|TestCase/
    condition:
        filesize < 2MB and ($put or $write or ($pd and $decode and $writes)) and not $test
}

rule Candor_Dropper_Script_WindowsFetch : dropper script
{
    meta:
        description = "A script for Windows that downloads a program, saves it and starts it"
        class = "malicious-code/malware-distribution"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1059/005/ https://attack.mitre.org/techniques/T1105/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $xml = /MSXML2\.(Server)?XMLHTTP|Microsoft\.XMLHTTP|WinHttp\.WinHttpRequest/ nocase
        $stream = /ADODB\.Stream/ nocase
        $save = /\.SaveToFile\b/ nocase
        $run = /\.(Run|ShellExecute|Exec)\s*[( ]/ nocase
        $shell = /WScript\.Shell|Shell\.Application/ nocase
        $server = /\bServer\.(CreateObject|MapPath)|<%@|Response\.(Write|BinaryWrite)/ nocase
    condition:
        filesize < 500KB and $xml and $stream and $save and $run and $shell and not $server
}

rule Candor_Dropper_Script_PowerShellFetch : dropper script
{
    meta:
        description = "A PowerShell line that downloads code and runs it out of sight"
        class = "malicious-code/malware-distribution"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1059/001/ https://attack.mitre.org/techniques/T1105/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $hidden = /powershell(\.exe)?["'\s][^\r\n]{0,200}-w(in(dowstyle)?)?\s+(hidden|1|h)\b[^\r\n]{0,300}(DownloadString|DownloadFile|Invoke-WebRequest|\biwr\b|\birm\b|Invoke-RestMethod|Start-BitsTransfer|FromBase64String|-e(nc?|ncodedcommand)?\s+[A-Za-z0-9+\/=]{40})/ nocase
        $enc = /powershell(\.exe)?["'\s][^\r\n]{0,160}-e(nc?|ncodedcommand)?\s+["']?[A-Za-z0-9+\/]{80}/ nocase
        $amsi = /AmsiUtils|amsiInitFailed|AmsiScanBuffer/ nocase
        $iex = /\b(iex|Invoke-Expression)\b[^\r\n]{0,100}(DownloadString|\biwr\b|\birm\b|FromBase64String)/ nocase
        $mshta = /\bmshta(\.exe)?["']?\s+["']?(https?:\/\/|vbscript:|javascript:)[^\r\n"'<]{4,200}/ nocase
    condition:
        filesize < 500KB and ($hidden or $enc or ($amsi and $iex) or ($mshta and filesize < 30KB))
}

rule Candor_Dropper_Shell_AnyFolder : dropper shell
{
    meta:
        description = "A shell script that tries folder after folder, fetches programs for many machines and runs them"
        class = "malicious-code/malware-distribution"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1105/ https://attack.mitre.org/techniques/T1059/004/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $cd = /cd \/tmp\s*(\|\||;)\s*cd \/(var|dev|mnt|root|run|etc)/
        $fetch = /\b(wget|curl|tftp|ftpget|busybox)\s[^\r\n]{0,160}(https?:\/\/|-g |-r |\d{1,3}\.\d{1,3}\.)/
        $chmod = /chmod\s+(\+x|777|0777|a\+x|u\+x)\s/
        $arch = /\b(mips(el)?|mpsl|arm[4-7]l?|armv[4-7]l|sh4|powerpc|ppc|i[3-6]86|x86_64|m68k|sparc|spc)\b/
        $rm = /\brm\s+-r?f\s/
    condition:
        filesize < 64KB and $cd and $fetch and ($chmod or #arch > 3) and ($rm or #arch > 3 or $chmod)
}
