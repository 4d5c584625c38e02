// Web shells written in PHP: pages that run what a visitor sends them,
// most of them a line or two. Panels are in webshell_panel.yar.

rule Candor_Webshell_PHP_RequestEval : webshell php
{
    meta:
        description = "PHP that evaluates what the visitor sends, as it is or after decoding"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://cwe.mitre.org/data/definitions/95.html https://www.php.net/manual/en/function.eval.php"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $eval = /\beval\s*\([\s@(]*([a-z0-9_]{2,30}\s*\([\s@(]*){0,5}["'.?>\s;]{0,10}\$\{?["']?_(GET|POST|REQUEST|COOKIE|SERVER|FILES)/ nocase
        $assert = /\bassert\s*\([\s@(]*((base64_decode|gz[a-z]{4,10}|str_rot13|strrev|stripslashes|trim|(raw)?urldecode|hex2bin|current|end|reset|array_pop)\s*\([\s@(]*){0,5}\$\{?["']?_(GET|POST|REQUEST|COOKIE|SERVER|FILES)\b/ nocase
        $globals = /\b(eval|assert)\s*\([\s@(]*\$GLOBALS\s*\[\s*["']_(GET|POST|REQUEST|COOKIE)["']/ nocase
    condition:
        filesize < 2MB and any of them
}

rule Candor_Webshell_PHP_RequestFunction : webshell php
{
    meta:
        description = "PHP that calls the function whose name the visitor sends"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://www.php.net/manual/en/functions.variable-functions.php"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $called = /\$_(GET|POST|REQUEST|COOKIE)\s*[\[{]\s*["']?\w{1,32}["']?\s*[\]}]\(\s*[@$"'a-z]/ nocase
        $held = /\$(f|fn|func|function|a|b|x|_|m|p|c|call|cmd)\s*=\s*@?\$_(GET|POST|REQUEST|COOKIE)\s*\[[^\];]{1,40}\]\s*;[^;]{0,100};?[^;]{0,60}[\s;@=(]\$(f|fn|func|function|a|b|x|_|m|p|c|call|cmd)\s*\(\s*@?\$_(GET|POST|REQUEST|COOKIE)/ nocase
        $global = /\$\{\s*["']_(GET|POST|REQUEST|COOKIE)["']\s*\}\s*[\[{][^\]}]{1,32}[\]}]\s*\(/ nocase
        $index = /\$\w{1,16}(\[[^\]\r\n]{1,16}\]){1,3}\(\s*@?\$_(GET|POST|REQUEST|COOKIE)\s*\[[^\]]{1,24}\]\s*\)/
        $xored = /=\s*["'][^"'\r\n]{4}["']\s*\^\s*["'][^"'\r\n]{4}["']\s*;\s*\$\w{1,12}\s*=\s*\$\{\s*\$\w{1,12}\s*\}/
        $inline = /\(\s*\$\w{1,16}\s*=\s*@?\$_(GET|POST|REQUEST|COOKIE)\s*\[[^\]]{1,24}\]\s*\)\s*\.?\s*@?(\$\w{1,16})?\s*\(/ nocase
        $new = /\bnew\s+Reflection(Function|Method)\s*\(\s*@?\$_(GET|POST|REQUEST|COOKIE)/ nocase
    condition:
        filesize < 1MB and any of them
}

rule Candor_Webshell_PHP_VariableOnRequest : webshell php
{
    meta:
        description = "A small PHP file that hands request data to a function held in a variable"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://www.php.net/manual/en/functions.variable-functions.php"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $call = /[\s;@=({]\$\w{1,24}\s*\(\s*@?\$\{?["']?_(GET|POST|REQUEST|COOKIE)["']?\}?\s*[\[{]\s*["']?\w{1,24}["']?\s*[\]}]\s*\)/
        $tag = "<?php" nocase
        $short = "<?="
        $shorter = "<? "
        $take = /\$\w{1,16}\s*=\s*@?\$_(GET|POST|REQUEST|COOKIE)\s*\[[^\];]{1,24}\]\s*;/
        $plain = /[;}\s@]\$\w{1,16}\s*\(\s*\$\w{1,16}\s*(\[[^\]]{1,12}\])?\s*\)\s*(;|\?>)/
        $walk = /\b(array_(walk|map|filter|reduce)|u[ak]?sort|call_user_func)\s*\(\s*(\$\w{1,16}\s*,\s*)?\$\w{1,16}\s*[,)]/
    condition:
        (filesize < 8KB and $call and any of ($tag, $short, $shorter)) or (filesize < 700 and $take and ($plain or $walk) and any of ($tag, $short, $shorter))
}

rule Candor_Webshell_PHP_RequestCommand : webshell php
{
    meta:
        description = "PHP that runs what the visitor sends as a command of the operating system"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://attack.mitre.org/techniques/T1059/004/ https://cwe.mitre.org/data/definitions/78.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $run = /\b(system|exec|passthru|shell_exec|popen|proc_open|pcntl_exec)\s*\([\s@(]*((base64_decode|stripslashes|trim|(raw)?urldecode|hex2bin|str_rot13|strrev|htmlspecialchars_decode)\s*\([\s@(]*){0,4}["']?\s*\{?\$\{?["']?_(GET|POST|REQUEST|COOKIE)/ nocase
        $env = /\b(system|exec|passthru|shell_exec|popen|proc_open|pcntl_exec)\s*\([\s@(]*getenv\s*\(\s*["']HTTP_/ nocase
        $bare = /=\s*(passthru|system|shell_exec|assert|popen)\s*;[\s\S]{1,600}[.\s;=@]\$\w{1,16}\s*\(\s*\$_(GET|POST|REQUEST|COOKIE)/
        $header = /\b(system|exec|passthru|shell_exec|popen|proc_open|pcntl_exec)\s*\([\s@(]*\$_SERVER\s*\[\s*["']HTTP_(USER_AGENT|ACCEPT|X_|REFERER|COOKIE|C|CMD)/ nocase
        $tick = /(=|\becho|\bprint|\breturn|\()\s*`\s*\{?\$_(GET|POST|REQUEST|COOKIE)\s*\[[^`\r\n]{1,60}`\s*[;)]/ nocase
    condition:
        filesize < 1MB and any of them
}

rule Candor_Webshell_PHP_HeldCommand : webshell php
{
    meta:
        description = "PHP that takes a command from the request into a variable and runs it at once"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://attack.mitre.org/techniques/T1059/004/ https://cwe.mitre.org/data/definitions/78.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $cmd = /\$cmd\s*=[^;$]{0,60}\$_(GET|POST|REQUEST|COOKIE)[^;]{0,60};[^$]{0,80}(\$\w{1,16}\s*=\s*[@a-z_0-9]{0,30})?[^$]{0,40}\b(eval|assert|system|exec|passthru|shell_exec|popen|proc_open)\s*\(\s*["']?\$cmd\b/ nocase
        $command = /\$command\s*=[^;$]{0,60}\$_(GET|POST|REQUEST|COOKIE)[^;]{0,60};[^$]{0,80}(\$\w{1,16}\s*=\s*[@a-z_0-9]{0,30})?[^$]{0,40}\b(eval|assert|system|exec|passthru|shell_exec|popen|proc_open)\s*\(\s*["']?\$command\b/ nocase
        $code = /\$(code|payload|data|evil|x|a|c|str|s|_|e|z0|p|pass|k|shell|pwd)\s*=[^;$]{0,60}\$_(GET|POST|REQUEST|COOKIE)\[[^;]{0,40};[^;$]{0,60}\b(eval|assert)\s*\(\s*(["']\s*\?>\s*["']\s*\.\s*)?(base64_decode\(|stripslashes\()?\$(code|payload|data|evil|x|a|c|str|s|_|e|z0|p|pass|k|shell|pwd)\s*\)/ nocase
        $string = /\$(c|x|a|s|str|run|shell|exec|execute|komut)\s*=[^;$]{0,40}\$_(GET|POST|REQUEST|COOKIE)\[[^;]{0,40};[^;$]{0,60}\b(system|passthru|shell_exec|popen)\s*\(\s*\$(c|x|a|s|str|run|shell|exec|execute|komut)\s*[),]/ nocase
    condition:
        filesize < 500KB and any of them
}

rule Candor_Webshell_PHP_PregReplaceEval : webshell php
{
    meta:
        description = "preg_replace with the e modifier, made to evaluate request data or hidden code"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://cwe.mitre.org/data/definitions/624.html https://www.php.net/manual/en/reference.pcre.pattern.modifiers.php"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $request = /preg_(replace|filter)\s*\(\s*["'][^"'\r\n]{1,40}[\/#~|!@][imsxuADSUXJ]{0,6}e[imsxuADSUXJ]{0,6}["']\s*,\s*[^;]{0,60}(\$_(GET|POST|REQUEST|COOKIE|SERVER)|\beval\b|base64_decode|\bassert\b|\bsystem\b)/ nocase
        $hidden = /preg_(replace|filter)\s*\(\s*["'][^"'\r\n]{1,40}[\/#~|!@][imsxu]{0,5}e[imsxu]{0,5}["']\s*,\s*["']\\x[0-9a-f]{2}\\x[0-9a-f]{2}/ nocase
        $escaped = /preg_replace\s*\(\s*["']\\x[0-9a-f]{2}(\\x[0-9a-f]{2}){2,8}["']\s*,/ nocase
        $from = /preg_(replace|filter)\s*\(\s*@?\$_(GET|POST|REQUEST|COOKIE)\s*\[[^\]]{1,30}\]\s*,\s*@?\$_(GET|POST|REQUEST|COOKIE)/ nocase
        $any = /preg_(replace|filter)\s*\(\s*["'][^"'\r\n]{1,40}[\/#~|!@]e["']\s*,\s*(["'] ?["']\s*\.\s*)?@?\$\w{1,16}\s*(\.\s*["'][^"']{0,4}["']\s*)?,/ nocase
        $sent = /\$_(GET|POST|REQUEST|COOKIE)\s*\[/
        $mb = /mb_eregi?_replace\s*\([^;]{0,60}\$_(GET|POST|REQUEST|COOKIE)[^;]{1,80}["']e["']\s*\)/ nocase
    condition:
        filesize < 1MB and any of ($request, $hidden, $escaped, $from, $mb) or (filesize < 8KB and $any and $sent)
}

rule Candor_Webshell_PHP_CreateFunction : webshell php
{
    meta:
        description = "create_function made to compile request data or decoded text"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://www.php.net/manual/en/function.create-function.php"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $request = /create_function\s*\(\s*["'][^"']{0,30}["']\s*,\s*[^;)]{0,60}(\$_(GET|POST|REQUEST|COOKIE)|base64_decode|gzinflate|gzuncompress|str_rot13|hex2bin)/ nocase
        $first = /create_function\s*\(\s*@?\$_(GET|POST|REQUEST|COOKIE)/ nocase
        $eval = /create_function\s*\(\s*["'][^"']{0,30}["']\s*,\s*["'][^;]{0,20}\b(eval|assert)\s*\(/ nocase
    condition:
        filesize < 1MB and any of them
}

// Clean dispatchers call what the request names too, after a check: they are
// larger files.
rule Candor_Webshell_PHP_Callback : webshell php
{
    meta:
        description = "A PHP callback function given eval-like names or request data as what to call"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://www.php.net/manual/en/language.types.callable.php"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $first = /\b(call_user_func(_array)?|array_map|register_(shutdown|tick)_function|ob_start|forward_static_call(_array)?|set_error_handler)\s*\(\s*@?\$_(GET|POST|REQUEST|COOKIE)\s*\[[^\];]{1,30}\]\s*[,)]/ nocase
        $last = /\b(array_(filter|walk|reduce|walk_recursive|u?diff\w{0,12}|u?intersect\w{0,12})|u[ak]?sort|iterator_apply|preg_replace_callback)\s*\([^;]{1,80},\s*@?\$_(GET|POST|REQUEST|COOKIE)\s*\[[^\];]{1,30}\]\s*\)/ nocase
        $named = /\b(call_user_func(_array)?|array_map|register_(shutdown|tick)_function|ob_start|forward_static_call(_array)?)\s*\(\s*["']?(assert|system|passthru|shell_exec|popen|pcntl_exec)["']?\s*,/ nocase
        $named2 = /\b(array_(filter|walk|reduce|walk_recursive|u?diff\w{0,12}|u?intersect\w{0,12})|u[ak]?sort|iterator_apply|preg_replace_callback|filter_var)\s*\([^;]{1,100},\s*["'](assert|system|passthru|shell_exec|popen|pcntl_exec)["']\s*(,\s*[^;()]{0,30})?\)\s*(;|\?>)/ nocase
        $sent = /\$_(GET|POST|REQUEST|COOKIE|SERVER)\b/
        $option = /FILTER_CALLBACK\s*,\s*(array\s*\(|\[)\s*["']options["']\s*=>\s*["']?(assert|system|\$_(GET|POST|REQUEST|COOKIE))/ nocase
    condition:
        filesize < 300KB and ($option or (any of ($named, $named2) and $sent) or (any of ($first, $last) and filesize < 6KB))
}

rule Candor_Webshell_PHP_InputStream : webshell php
{
    meta:
        description = "PHP that evaluates or includes the body of the request or a data URI"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://www.php.net/manual/en/wrappers.php.php"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $eval = /\b(eval|assert)\s*\([^;]{0,60}file_get_contents\s*\(\s*["']php:\/\/input/ nocase
        $include = /\b(include|require)(_once)?\s*\(?\s*["'](php:\/\/input|data:(\/\/)?[a-z\/]{0,12};?base64,([A-Za-z0-9+\/=]{8}|["']\s*\.\s*\$_))/ nocase
        $filter = /\b(include|require)(_once)?\s*\(?\s*["']php:\/\/filter\/[^"']{0,20}(convert\.(base64-decode|iconv)|string\.rot13)/ nocase
        $request = /\b(include|require)(_once)?\s*\(?\s*@?\$_(GET|POST|REQUEST|COOKIE)\s*\[[^\];]{1,24}\]\s*\)?\s*;/ nocase
        $read = /\b(fopen|file_get_contents)\s*\(\s*["']php:\/\/input["'][^;]{0,30};[^;]{0,60};?[^;]{0,60}\b(eval|assert|system|passthru|shell_exec)\s*\(\s*\$/ nocase
    condition:
        filesize < 500KB and ($eval or $include or $filter or $read or ($request and filesize < 2KB))
}

rule Candor_Webshell_PHP_RemoteCode : webshell php
{
    meta:
        description = "PHP that fetches code from another site and runs it"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://attack.mitre.org/techniques/T1105/ https://cwe.mitre.org/data/definitions/98.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $eval = /\beval\s*\([\s@"'.?>;]{0,12}([a-z0-9_]{2,24}\s*\(\s*){0,2}(file_get_contents|curl_exec|fetch|getcontents?|http_get|get_url)\s*\(\s*["'](https?|ftp):\/\// nocase
        $include = /\b(include|require)(_once)?\s*\(?\s*["'](https?|ftp):\/\/[^"']{4,200}["']/ nocase
        $encoded = /\beval\s*\([\s@"'.?>;]{0,12}file_get_contents\s*\(\s*(base64_decode|strrev|str_rot13|hex2bin)\s*\(/ nocase
        $loop = /=\s*@?file_get_contents\s*\(\s*\$\w{1,20}\s*\)\s*\)\s*\{?\s*@?eval\s*\(/ nocase
        $held = /\$(\w{1,16})\s*=\s*@?(file_get_contents|curl_exec)\s*\(\s*(["'](https?|ftp):\/\/[^;]{4,160}|\$\w{1,16}\s*)\)\s*;[^;]{0,40}(curl_close[^;]{0,20};[^;]{0,20})?\beval\s*\(\s*["']{0,2}\s*\.?\s*["']?\s*(\?>)?["']?\s*\.?\s*\$\w/ nocase
    condition:
        filesize < 300KB and any of them
}

rule Candor_Webshell_PHP_EncryptedChannel : webshell php
{
    meta:
        description = "PHP that decrypts the request with a built-in key and evaluates what comes out"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://attack.mitre.org/techniques/T1573/001/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $input = "php://input" nocase
        $post = /\$_(POST|COOKIE|REQUEST)\s*\[/
        $key = /\$(key|k|pass|_SESSION\s*\[\s*["']k["']\s*\])\s*=\s*["'][0-9a-f]{16}["']/ nocase
        $aes = /openssl_decrypt\s*\(\s*[^;]{1,60}["']AES-?128/ nocase
        $xor = /\$\w{1,12}\s*\[\s*\$i\s*\]\s*=\s*\$\w{1,12}\s*\[\s*\$i\s*\]\s*\^\s*\$\w{1,12}/ nocase
        $and15 = /\[\s*\$i\s*\+\s*1\s*&\s*15\s*\]/
        $eval = /\b(eval|assert|create_function|call_user_func)\s*\(/ nocase
        $session15 = /\$_SESSION\s*\[\s*["']k["']\s*\]/
        $payload = "payloadName" fullword
        $session = /\$_SESSION\s*\[\s*\$\w{1,16}\s*\]\s*=\s*\w{1,16}\s*\(\s*\$data/ nocase
    condition:
        filesize < 64KB and (($and15 and (($xor and $eval) or ($key and ($input or $post or $session15)))) or ($eval and $key and $aes and ($input or $post)) or ($eval and $payload and $session))
}

rule Candor_Webshell_PHP_PasswordGate : webshell php
{
    meta:
        description = "PHP that compares a hashed password from the request, then evaluates or runs something"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1505/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $gate = /\b(md5|sha1|crc32|crypt)\s*\(\s*(md5\s*\(\s*)?@?\$_(GET|POST|REQUEST|COOKIE|SERVER)\s*\[[^\]]{1,32}\]\s*\)\s*\)?\s*[!=]==?\s*["']?[0-9a-f$]{8,64}/ nocase
        $back = /["'][0-9a-f]{32,40}["']\s*[!=]==?\s*(md5|sha1)\s*\(\s*@?\$_(GET|POST|REQUEST|COOKIE)/ nocase
        $auth = /\$(auth_pass|auth_password|login_password|default_password|passwd|pass)\s*=\s*["'][0-9a-f]{32}["']\s*;/ nocase
        $eval = /\b(eval|assert|create_function)\s*\(\s*[^)\s]/ nocase
        $run = /\b(system|passthru|shell_exec|popen|proc_open)\s*\(\s*["']?\$/ nocase
        $up = /move_uploaded_file\s*\(|file_put_contents\s*\(\s*\$_/ nocase
    condition:
        filesize < 500KB and 1 of ($gate, $back, $auth) and ($eval or $run or ($up and ($gate or $back)))
}

rule Candor_Webshell_PHP_SymbolsOnly : webshell php
{
    meta:
        description = "PHP that builds its function names from signs alone, without letters"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1027/ https://attack.mitre.org/techniques/T1505/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $xor = /\$_{1,8}\s*\.?=\s*\(?["'][^\w"']{1,4}["']\s*\^\s*["'][^"'\r\n]{1,4}["']/
        $array = /\$_{1,8}\s*=\s*\[\]\s*;\s*\$_{1,8}\s*=\s*@?["']\$_{1,8}["']/
        $plus = /(\$_{1,12}\+\+;\s*){6}/
        $get = /\$\{["']?_["']?\s*\.\s*\$_{1,12}\}/
        $not = /\$_{1,8}\s*=\s*\(?~["'(%\x80-\xff]/
        $nots = /\(~(["'][\x80-\xff]{3,20}["']|urldecode\(["']%[89a-f])/ nocase
    condition:
        filesize < 64KB and any of them
}

rule Candor_Webshell_PHP_XorNames : webshell php
{
    meta:
        description = "PHP that makes a function name by xor of two strings and calls it"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1027/ https://attack.mitre.org/techniques/T1505/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $xor = /=\s*\(?\s*["'][^"'\r\n]{4,24}["']\s*\^\s*["'][^"'\r\n]{4,24}["']\s*\)?\s*;/
        $glue = /=\s*\(?(["'][^"'\r\n]["']\s*\^\s*["'][^"'\r\n]["']\s*\)?\s*\.\s*\(?){3}/
        $php = "<?php" nocase
        $call = /[;\s@=(]\$\w{1,24}\s*\(/
        $request = /\$_(GET|POST|REQUEST|COOKIE)\b/
    condition:
        filesize < 64KB and $php and $call and ($glue or ($xor and ($request or filesize < 8KB)))
}

rule Candor_Webshell_PHP_SplitName : webshell php
{
    meta:
        description = "A PHP function name that is dangerous, cut into pieces and put together again"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1027/ https://attack.mitre.org/techniques/T1505/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $assert = /["'](a|as|ass|asse|asser)["']\s*\.\s*["'](s|se|ser|sert|rt|ert|t)["']?\s*(\.|["';\)])/ nocase
        $assert1 = /["']a["']\s*\.\s*["']ss["']\s*\.\s*["']e/ nocase
        $b64 = /["'](base64_?|base6|base|bas|ba|b)["']\s*\.\s*["'](ase64_decode|se64_?|se|e64_?|64_?|4_?|_?)(decode|de|d|deco|dec|_decode|_de)?["']\s*(\.|;|\))/ nocase
        $decode = /["']base64_["']\s*\.\s*["']dec?o?["']?/ nocase
        $create = /["'](cr|cre|crea|creat|create|create_|create_f|create_fun)["']\s*\.\s*["'](eate|ate|te|e|_func|func|unc|function|_function|ction)/ nocase
        $gz = /["'](gz|gzi|gzin|gzinf)["']\s*\.\s*["'](inf|nf|f|l|flate|nflate|inflate|late)["']/ nocase
        $system = /["'](s|sy|sys|syst)["']\s*\.\s*["'](y|ys|s|st|t|te|tem|em|stem|ystem)["']\s*(\.|;|\))/ nocase
        $eval = /["'](e|ev|eva)["']\s*\.\s*["'](v|va|val|a|al|l)["']\s*(\.\s*["'](al?|l|\()|;|\()/ nocase
        $super = /\{\s*["']_(P|G|R|PO|GE|RE|POS|REQ)["']\s*\.|["']_(P|PO|POS)["']\s*\.\s*(\/\*[^*]{0,40}\*\/\s*)?["'](OST|ST|T|OS)["']/
        $sert = /\.\s*["'](sert|ssert|ert)["']\s*;/
        $inner = /gzin["']\s*\.\s*["']flate|64_de["']\s*\.\s*["']code|\b(base)?64["']\s*\.\s*["']_decode|e64_dec["']\s*\.\s*["']ode/ nocase
        $shell = /["']shell_?["']\s*\.\s*["']_?exec["']/ nocase
        $call = /[;\s@=(]\$\w{1,24}\s*(\[[^\]]{1,16}\])?\s*\(/
        $php = "<?"
    condition:
        filesize < 256KB and $php and ($inner or $super or ($call and ($decode or $create or $shell or $gz or $sert or $assert1 or (filesize < 64KB and any of ($assert, $b64, $system, $eval)))))
}

rule Candor_Webshell_PHP_WeevelyAgent : webshell php
{
    meta:
        description = "Agent of a stealth web shell: payload between two keys, compressed and xored, in pieces of strings"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $keys = /\$k\s*=\s*["'][0-9a-f]{8}["']\s*;\s*\$kh\s*=\s*["'][0-9a-f]{8,16}["']\s*;\s*\$kf\s*=\s*["'][0-9a-f]{8,16}["']/
        $inner = /@?gzuncompress\s*\(\s*@?x\s*\(\s*@?base64_decode/
        $sed = /=\s*str_replace\s*\(\s*["'][^"'\r\n]{1,4}["']\s*,\s*["']{2}\s*,\s*["'][^"'\r\n]{10,40}["']\s*\)\s*;\s*\$\w{1,12}\s*=\s*["']/
        $twice = /\$\w{1,12}\s*=\s*\$\w{1,12}\s*\(\s*["']{2}\s*,\s*\$\w{1,12}\s*\(/
        $made = /str_replace\s*\(\s*["'][^"'\r\n]{1,4}["']\s*,\s*["']{2}\s*,\s*(\$\w{1,12}\s*\.\s*){3}/
    condition:
        filesize < 16KB and ($keys or $inner or ($sed and ($twice or $made)) or ($twice and $made))
}
