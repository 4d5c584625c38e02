// Back doors hidden in the files of content management systems.

rule Candor_Backdoor_WordPress_HiddenAdmin : backdoor wordpress
{
    meta:
        description = "WordPress code that makes an administrator account and hides it from the list of users"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1136/ https://attack.mitre.org/techniques/T1564/002/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $make = /\bwp_(create_user|insert_user)\s*\(/
        $role = /set_role\s*\(\s*["']administrator["']|["']role["']\s*=>\s*["']administrator["']/
        $hide = /pre_user_query|views_users|users_list_table_query_args/
        $not = /user_login\s*(!=|<>)|\{\$wpdb->users\}\.(user_login|ID)\s*(!=|<>)|ID\s*(!=|<>)/
        $exists = /username_exists\s*\(|email_exists\s*\(/
        $request = /\$_(GET|POST|REQUEST|COOKIE)\s*\[/
        $hash = /\bmd5\s*\(\s*\$_(GET|POST|REQUEST|COOKIE)/
    condition:
        filesize < 300KB and $role and (($make and $hide and $not) or ($make and $exists and $request and filesize < 4KB) or ($make and $hash))
}

rule Candor_Backdoor_WordPress_LoginBypass : backdoor wordpress
{
    meta:
        description = "WordPress code that signs the visitor in when a secret parameter is given"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1556/ https://attack.mitre.org/techniques/T1505/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $cookie = /\bwp_set_auth_cookie\s*\(/
        $current = /\bwp_set_current_user\s*\(/
        $request = /(isset|empty|if)\s*\(\s*@?!?\s*\$_(GET|REQUEST|COOKIE)\s*\[\s*["'][\w-]{1,32}["']\s*\]/
        $admins = /get_users\s*\(\s*(array\s*\(|\[)[^;]{0,60}administrator|get_user_by\s*\(\s*["'](id|ID)["']\s*,\s*1\s*\)|wp_set_auth_cookie\s*\(\s*(\(int\)\s*)?(1|\$_(GET|REQUEST|COOKIE))\b|user_id\s*=\s*1\s*;/
    condition:
        filesize < 64KB and $cookie and $request and $admins and ($current or filesize < 8KB)
}

rule Candor_Backdoor_WordPress_ThemeSpreader : backdoor wordpress
{
    meta:
        description = "WordPress malware that writes itself into every theme and fetches code to include"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://attack.mitre.org/techniques/T1554/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $a = "wp-vcd"
        $b = "WP_CD_CODE"
        $c = "class.theme-modules.php"
        $d = "wp-tmp.php"
        $e = "wp-feed.php"
        $f = "$install_code"
        $g = "div_code_name"
        $h = /\$_REQUEST\s*\[\s*["']password["']\s*\]\s*==\s*["'][0-9a-f]{32}["']/
        $i = "install_hash"
        $j = "WP_V_CD"
    condition:
        filesize < 500KB and 3 of them
}

rule Candor_Backdoor_PHP_HiddenInclude : backdoor php
{
    meta:
        description = "PHP that includes a file whose path is written in escapes, so that nobody reads it"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1027/ https://attack.mitre.org/techniques/T1505/003/ https://www.php.net/manual/en/function.include.php"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $octal = /@?(include|require)(_once)?\s*\(?\s*["'][\w\/.]{0,40}\\(0[0-7]{2}|1[0-7]{2}|x[0-9a-f]{2})[\w\/.]{0,12}\\(0[0-7]{2}|1[0-7]{2}|x[0-9a-f]{2})/ nocase
        $mark = /\/\*[0-9a-f]{5}\*\/\s{0,8}@?(include|require)(_once)?\s*\(?\s*["']/ nocase
        $base64 = /@?\b(include|require)(_once)?\s*\(?\s*(base64_decode|str_rot13|strrev|hex2bin|urldecode|convert_uudecode)\s*\(\s*["']/ nocase
    condition:
        filesize < 2MB and any of them
}

rule Candor_Backdoor_PHP_ImageInclude : backdoor php
{
    meta:
        description = "PHP that includes an image or another file that should hold no code"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1036/008/ https://attack.mitre.org/techniques/T1505/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $image = /\b(include|require)(_once)?\s*\(?\s*(dirname\s*\(\s*__FILE__\s*\)\s*\.\s*|__DIR__\s*\.\s*|\$_SERVER\[["']DOCUMENT_ROOT["']\]\s*\.\s*)?["'][^"'\r\n]{0,160}\.(jpe?g|png|gif|ico|bmp|webp|ttf|woff2?|mp3|pdf|zip|gz)["']\s*\)?\s*;/ nocase
        $hidden = /@(include|require)(_once)?\s*\(?\s*["'](\/tmp\/|\/var\/tmp\/|\/dev\/shm\/)[^"'\r\n]{1,100}["']/ nocase
    condition:
        filesize < 2MB and any of them
}

rule Candor_Backdoor_PHP_RewriteCore : backdoor php
{
    meta:
        description = "PHP that writes code into index.php, .htaccess or the theme and makes them read-only"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1554/ https://attack.mitre.org/techniques/T1222/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $index = /\b(file_put_contents|fopen)\s*\([^;]{0,80}["'][^"'\r\n]{0,80}(\/|^)?(index\.php|\.htaccess|wp-config\.php|functions\.php|wp-blog-header\.php|wp-load\.php)["']/ nocase
        $mode = /\bchmod\s*\([^;]{0,80},\s*0?(444|0444|555)\s*\)/ nocase
        $loop = /set_time_limit\s*\(\s*0\s*\)|ignore_user_abort\s*\(\s*(true|1)?\s*\)|while\s*\(\s*(1|true)\s*\)/ nocase
        $decode = /\b(base64_decode|gzinflate|gzuncompress|str_rot13|hex2bin)\s*\(/ nocase
        $unlink = /\bunlink\s*\(\s*(__FILE__|\$_SERVER\s*\[)/ nocase
    condition:
        filesize < 300KB and $index and $mode and ($loop or $unlink) and ($decode or $unlink)
}

rule Candor_Backdoor_PHP_SelfDelete : backdoor php
{
    meta:
        description = "PHP that runs without end in memory after it deleted its own file"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "medium"
        reference = "https://attack.mitre.org/techniques/T1070/004/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $unlink = /\bunlink\s*\(\s*(__FILE__|\$_SERVER\s*\[\s*["']SCRIPT_FILENAME["']\s*\]|basename\s*\(\s*__FILE__)/ nocase
        $abort = /ignore_user_abort\s*\(\s*(true|1)?\s*\)/ nocase
        $loop = /while\s*\(\s*(1|true)\s*\)|for\s*\(\s*;\s*;\s*\)/ nocase
        $write = /\b(file_put_contents|fwrite|fputs)\s*\(/ nocase
    condition:
        filesize < 100KB and $unlink and $abort and $loop and $write
}

rule Candor_Backdoor_Magento_AdminMaker : backdoor magento
{
    meta:
        description = "A script put into a Magento shop that makes an administrator or reads its database key"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1136/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $admin = /INSERT\s+INTO\s+[`'"\s{$.\w}]{0,40}admin_user\b/ nocase
        $role = /INSERT\s+INTO\s+[`'"\s{$.\w}]{0,40}admin_role\b|authorization_role\b/ nocase
        $config = /app\/etc\/(local\.xml|env\.php)/ nocase
        $user = /admin\/user["']\s*\)[^;]{0,200}->set(Username|Data)|setIsActive\s*\(\s*true\s*\)/ nocase
        $mage = "Mage::app(" nocase
        $request = /\$_(GET|POST|REQUEST|COOKIE)\s*\[/
    condition:
        filesize < 64KB and (($admin and $role and ($config or $request)) or ($mage and $user and $role and $request))
}

rule Candor_Backdoor_Shell_Persistence : backdoor shell
{
    meta:
        description = "A script that plants a scheduled task fetching code again and again"
        class = "intrusions/system-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1053/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $cron = /(crontab\s+-\s*["'\n|]|\|\s*crontab\b|\/var\/spool\/cron|\/etc\/cron\.(d|hourly))/
        $fetch = /\*\s+\*\s+\*\s+\*\s+[^\r\n]{0,80}(curl|wget)\s[^\r\n]{0,120}https?:\/\/[^\r\n]{0,120}\|\s*(ba)?sh\b/
        $decode = /\*\s+\*\s+\*\s+\*\s+[^\r\n]{0,60}base64\s+(-d|--decode)[^\r\n]{0,60}\|\s*(ba)?sh\b/
    condition:
        filesize < 200KB and $cron and ($fetch or $decode)
}
