// Larger web shells: panels, command pages, file managers, loaders, and scripts
// that connect a command shell back to the intruder.

rule Candor_Webshell_PHP_Panel : webshell php
{
    meta:
        description = "PHP with many of the things that control panels of intruders offer on one page"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1505/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $php = "<?"
        $a1 = "disable_functions" nocase
        $a2 = "safe_mode" nocase
        $a3 = "/etc/passwd"
        $a4 = /\bphp_uname\s*\(/ nocase
        $a5 = /posix_getpwuid\s*\(|posix_getegid|getmyuid\s*\(/ nocase
        $a6 = /\b(back[ _-]?connect|reverse[ _-]?shell|bind[ _-]?(port|shell))/ nocase
        $a7 = /\bmass[ _-]?(deface|defacement|deploy|code inject)/ nocase
        $a8 = /\bsym(link)?[ _-]?(server|bypass|vhost|sa|link info)/ nocase
        $a9 = /\b(config|user|passwd?)[ _-]?grab(ber)?|jumping\b|cgi[ _-]?telnet/ nocase
        $b1 = /\b(shell_exec|passthru|proc_open|popen)\s*\(\s*["']?[$(]/ nocase
        $b2 = /\b(kernel|uname -a|software|server ip|your ip|safe ?mode)\s*:?\s*(<\/?\w|["'])/ nocase
        $b3 = /\b(command|cmd|execute|perintah|komut)\s*(:|<|["']\s*(name|value)?)/ nocase
        $b4 = /\bchmod\s*\(\s*\$/ nocase
        $b5 = /\b(fileperms|filegroup|fileowner)\s*\(/ nocase
        $b6 = /open_basedir/ nocase
        $b7 = /\beval\s*\(\s*[$"'(s]/ nocase
        $b8 = /(md5|hash) ?crack|brute ?force|zone-h|port ?scan/ nocase
        $b9 = /(self|kill)[ _-]?(remove|kill|delete|suicide)|unlink\s*\(\s*(__FILE__|\$_SERVER\[['"]SCRIPT_FILENAME)/ nocase
        $c1 = /move_uploaded_file\s*\(\s*\$_FILES|@copy\s*\(\s*\$_FILES/ nocase
    condition:
        filesize < 1MB and $php and ((2 of ($a6, $a7, $a8, $a9, $b8, $b9) and 5 of ($a1, $a2, $a3, $a4, $a5, $b*, $c1)) or
        (8 of ($a1, $a2, $a3, $a4, $a5, $b1, $b2, $b4, $b5, $b6, $b7, $c1, $a6) and $b1 and 1 of ($a3, $a6, $b7, $b9)))
}

rule Candor_Webshell_PHP_CommandForm : webshell php
{
    meta:
        description = "A PHP page with a form for commands, and the call that runs them"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://attack.mitre.org/techniques/T1059/004/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $form = /<input[^>]{0,120}name\s*=\s*\\?["']?(cmd|command|exec|execute|komut|perintah|shell|c0mmand|cmdline)\b/ nocase
        $area = /<textarea[^>]{0,120}name\s*=\s*\\?["']?(cmd|command|code|eval|phpcode|php_code|ev4l)\b/ nocase
        $sent = /\$_(GET|POST|REQUEST)\s*\[\s*["']?(cmd|command|exec|execute|komut|perintah|shell|code|eval|phpcode|php_code|ev4l|c0mmand|cmdline)["']?\s*\]/ nocase
        $run = /\b(shell_exec|passthru|system|exec|popen|proc_open|eval)\s*\(\s*["']?\$\w/ nocase
        $tick = /=\s*`\s*\$\w{1,20}[^`\r\n]{0,40}`/
    condition:
        filesize < 200KB and ($form or $area) and $sent and ($run or $tick)
}

// A name alone is also what a scanner's list or an article has.
rule Candor_Webshell_PHP_KnownPanel : webshell php
{
    meta:
        description = "A PHP web shell that says its own name: C99, R57, b374k, Alfa and others"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $php = "<?"
        $c99 = /\bc99(sh|shell|_buff|_sess|ftpbrute|getsource|memory)\w{0,16}/ nocase
        $r57 = /\br57(shell|_shell|\.php| shell)/ nocase
        $b374k = "b374k" nocase
        $indo = /IndoX?ploit( shell|\.)|idx_ss|lokomedia/ nocase
        $alfa = /alfa(team|shell|_data|initcookies|getsource)|solevisible/ nocase
        $ani = /Ani-Shell|Locus7Shell|NIX REMOTE WEB|SimAttacker|SnIpEr_SA|Dx(Shell| ?v)|Antichat Shell|Fx29Sh|Loaderz WEB|myshell\.php|GFS Web-Shell|PHPJackal|STN[C] WebShell|rootshell|Safe[0]ver|SyRiAn Sh3ll|ZaCo Shell|CTT Shell|erne shell|lamashell|Madspot|MyShell v|NetworkFileManagerPHP|KA_uShell|h4ntu[ ]shell|ironshell|Private-i3lue|Predator shell|AK-74 Security|Moroccan Spamers|Ayyildiz|Cyber Shell|Crystal shell|\bDTool Pro|NTDaddy|PHVayv|S72 Shell|Sincap|\bWSOsetcookie|FilesMan\b/ nocase
        $p0wny = "p0wny" nocase
        $phpspy = /\bphpspy\b|angel@4ngel|www\.4ngel\.net/ nocase
        $mini = /(mini|gecko|marijuana|tryag|wordfence bypass|leaf|anonymousfox|foxauto|priv8|kacak|zerobyte|mister spy)[ _-]?(shell|file ?manager)/ nocase
        $act1 = /\b(shell_exec|passthru|system|exec|popen|proc_open|eval|assert)\s*\(/ nocase
        $act2 = /\b(move_uploaded_file|file_put_contents|fwrite|fputs)\s*\(/ nocase
    condition:
        filesize < 1MB and $php and $act1 and $act2 and 1 of ($c99, $r57, $b374k, $indo, $alfa, $ani, $p0wny, $phpspy, $mini) and not 5 of ($c99, $r57, $b374k, $indo, $alfa, $ani, $p0wny, $phpspy, $mini)
}

rule Candor_Webshell_Script_ReverseShell : webshell script
{
    meta:
        description = "A script that connects a command shell to a remote host"
        class = "intrusions/system-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1059/004/ https://attack.mitre.org/techniques/T1505/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $sock = /\b(fsockopen|stream_socket_client|pfsockopen|socket_connect)\s*\(/ nocase
        $proc = /\b(proc_open|shell_exec|popen|exec|system|passthru)\s*\(/ nocase
        $sh = /["'](uname -a; )?(w; id; )?\/bin\/(ba)?sh -i["']/
        $perlsh = /exec\s*\{\s*["']\/bin\/sh["']\s*\}|exec\(\s*["']\/bin\/sh["']/
        $sh2 = /\/bin\/(ba)?sh -i <&3|exec\(\s*["']\/bin\/sh -i/
        $cmd = /proc_open\s*\(\s*["']?(cmd\.exe|\/bin\/(ba)?sh)/ nocase
        $daemon = "Successfully opened reverse shell" nocase
        $dev = /(ba)?sh -i\s*(>|>&|&>)\s*\/dev\/(tcp|udp)\/[\w.$]{3,60}\/[\d$]/
        $nc = /\bmkfifo \/tmp\/\w{1,12}\s*;\s*(cat|nc)[^|\r\n]{0,40}\|\s*\/bin\/(ba)?sh -i/
        $py = /socket\.socket\([^)]{0,60}\)[^\r\n]{0,20}\s{0,40}[^\r\n]{0,30}\.connect\(\([^)]{3,60}\)\)[\s\S]{0,60}os\.dup2\(/
        $perl = /\bsocket\s*\(\s*\w{1,12}\s*,\s*PF_INET[\s\S]{1,240}exec\s*\(?\s*["{]\s*["']?\/bin\/(ba)?sh/
        $rperl = /IO::Socket::INET[\s\S]{0,600}(exec|system)\s*\(?\s*["'{]\s*["']?\/bin\/(ba)?sh/
    condition:
        filesize < 200KB and ((($sock and $proc) and ($sh or $sh2 or $cmd or $daemon)) or $dev or $nc or $py or $perl or $rperl or ($perlsh and $sock and $proc))
}

rule Candor_Webshell_PHP_FileAdmin : webshell php
{
    meta:
        description = "A file manager in one PHP file that names files by request, writes them and runs commands"
        class = "intrusions/application-compromise"
        x1207 = "pus"
        severity = "medium"
        reference = "https://attack.mitre.org/techniques/T1505/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $php = "<?"
        $dir = /\b(opendir|scandir|glob)\s*\(\s*\$/ nocase
        $del = /\bunlink\s*\(\s*(\$_(GET|POST|REQUEST)|\$\w)/ nocase
        $perm = /\b(fileperms|chmod)\s*\(\s*\$/ nocase
        $put = /\b(fwrite|fputs|file_put_contents)\s*\(\s*\$\w{1,20}\s*,[^;]{0,40}(\$_(POST|REQUEST)|stripslashes|\$\w{1,20}\s*\))/ nocase
        $up = /\b(move_uploaded_file|copy)\s*\(\s*\$_FILES/ nocase
        $path = /\$_(GET|POST|REQUEST)\s*\[\s*["']?(dir|path|d|p|file|filesrc|f|cd|loc|y|act|action|do)["']?\s*\]/ nocase
        $run = /\b(shell_exec|passthru|system|popen|proc_open|exec)\s*\(\s*["']?[$@]/ nocase
        $uname = /\bphp_uname\s*\(|posix_getpwuid\s*\(|getcwd\s*\(/ nocase
    condition:
        filesize < 200KB and $php and $path and $dir and $perm and $up and $del and ($put and ($run or $uname))
}

rule Candor_Webshell_PHP_CookieLoader : webshell php
{
    meta:
        description = "PHP that joins function names and code from cookie values and calls them"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://attack.mitre.org/techniques/T1027/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $held = /\$\w{1,16}\s*=\s*\$_COOKIE\s*;/
        $count = /\bcount\s*\(\s*(\$_COOKIE|\$\w{1,16})\s*\)\s*={2,3}\s*\d{1,2}/
        $join = /\$\w{1,16}\s*=\s*\$\w{1,16}\s*\[\s*["']?\w{1,8}["']?\s*\]\s*\.\s*\$\w{1,16}\s*\[\s*["']?\w{1,8}["']?\s*\]/
        $called = /\$\w{1,16}\s*\(\s*\$\w{1,16}\s*\(\s*\$\w{1,16}\s*[\[.(]|\$\w{1,16}\[\d{1,3}\]\s*\(\s*\$\w{1,16}\[\d{1,3}\]\s*[(.]/
        $direct = /\$_COOKIE\s*\[\s*["']?\w{1,16}["']?\s*\]\s*\.\s*\$_COOKIE\s*\[/
        $both = /array_merge\s*\(\s*\$_COOKIE\s*,\s*\$_POST\s*\)|foreach\s*\(\s*array\s*\(\s*\$_COOKIE\s*,\s*\$_POST\s*\)/
        $eval = /\b(eval|assert|include|create_function)\s*[\(\s]\s*[$\/]/
        $xor = /\^\s*(substr|\$\w{1,20}[\[{])|\)\s*\^\s*/
    condition:
        filesize < 16KB and (($held and ($join or $count) and ($called or $eval)) or $direct or ($both and ($eval or $xor)))
}

rule Candor_Webshell_PHP_StoredEval : webshell php
{
    meta:
        description = "PHP that evaluates code kept in an option, a database row, an image's metadata or a session"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1505/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $option = /\b(eval|assert)\s*\([\s@"'.?>]{0,10}([a-z0-9_]{2,24}\s*\(\s*){0,3}(get_option|get_transient|get_site_option|variable_get|exif_read_data|getenv|apache_getenv|get_theme_mod)\s*\(/ nocase
        $exif = /exif_read_data\s*\([^;]{1,100};[^;]{0,120}(;[^;]{0,80})?\b(eval|assert|preg_replace|create_function|base64_decode)\s*\(/ nocase
        $self = /\beval\s*\([^;]{0,40}(file_get_contents|file|fread|fgets)\s*\(\s*[^;]{0,20}__FILE__/ nocase
        $halt = /fopen\s*\(\s*__FILE__\s*,[^;]{1,20};[^;]{0,60}fseek\s*\([^;]{0,60}__COMPILER_HALT_OFFSET__[^?]{0,120}\beval\s*\(/ nocase
        $session = /\b(eval|assert)\s*\(\s*@?\$_SESSION\s*\[/ nocase
    condition:
        filesize < 300KB and any of them
}
