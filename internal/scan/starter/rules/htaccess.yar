// Settings of the web server that intruders leave behind.

rule Candor_Htaccess_SearchRedirect : htaccess
{
    meta:
        description = "Server settings that send visitors of search engines to another site"
        class = "malicious-code/malware-distribution"
        x1207 = "deceptive"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://httpd.apache.org/docs/2.4/mod/mod_rewrite.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $cond = /RewriteCond\s+%\{HTTP_REFERER\}\s+["']?[^!"'\s][^\r\n]{0,200}(google|yahoo|bing|yandex|aol|ask|msn|altavista|baidu)/ nocase
        $agent = /RewriteCond\s+%\{HTTP_USER_AGENT\}\s+[^\r\n]{0,300}(android|iphone|blackberry|midp|symbian|opera mini|windows ce|googlebot|google)/ nocase
        $rule = /RewriteRule\s+\S{1,60}\s+["']?https?:\/\/[^%$\s{]{4,120}(\?|\.php|\/|\s)[^%$\r\n]{0,40}\[[^\]\r\n]{0,20}(R|L)/ nocase
        $mobile = /RewriteRule\s+\S{1,60}\s+["']?https?:\/\/(m|mobile|amp|wap)\./ nocase
    condition:
        filesize < 500KB and $rule and ($cond or ($agent and #rule > #mobile and filesize < 20KB))
}

rule Candor_Htaccess_PrependHidden : htaccess
{
    meta:
        description = "Server settings that run a hidden or temporary file, or code in the setting itself, before every page"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://www.php.net/manual/en/ini.core.php"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $hidden = /auto_(prepend|append)_file\s*=?\s*["']?[^\r\n"']{0,200}(\/\.[a-z]|\.(jpe?g|png|gif|ico|css|txt|tmp|log|dat)\b|\/tmp\/|\/dev\/shm|data:|php:\/\/|https?:\/\/)/ nocase
        $base = /auto_(prepend|append)_file\s*=?\s*["']?data:/ nocase
        $set = /^(\s{0,40}|[^\r\n]{0,2})(php_value|php_admin_value|auto_(prepend|append)_file)/ nocase
        $line = /[\r\n]\s{0,20}(php_value\s|php_admin_value\s|auto_(prepend|append)_file\s*=)/ nocase
    condition:
        filesize < 200KB and ($hidden or $base) and ($set or $line)
}

rule Candor_Htaccess_CodeInImages : htaccess
{
    meta:
        description = "Server settings that make images, texts or the settings themselves run as PHP"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1036/008/ https://httpd.apache.org/docs/2.4/mod/mod_mime.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $add = /Add(Type|Handler)\s+["']?(application\/x-httpd-(php|ea-php)\d{0,2}|php\d?-script|x-httpd-php\d?|php-cgi|php5-fcgi|proxy:unix)[\w.\/-]{0,30}["']?\s+[^\r\n]{0,60}\.?(jpe?g|png|gif|ico|txt|css|bmp|webp|svg|pdf|zip|mp3|htaccess|xxx|suspected|shtm)\b/ nocase
        $files = /<Files(Match)?\s+~?\s*["']?[^>\r\n]{0,60}(jpe?g|png|gif|ico|txt|bmp|webp|\.ht|htaccess)[^>\r\n]{0,40}>\s{0,20}([^<\r\n]{0,80}\s{1,20}){0,3}(SetHandler|ForceType)\s+["']?(application\/x-httpd-php|php|proxy:)/ nocase
        $self = /<Files\s+~?\s*["']?\^?\\?\.ht[^>\r\n]{0,10}>[^<]{0,80}(allow from all|Require all granted)/ nocase
        $php = "<?php" nocase
        $handler = /(SetHandler|AddType)\s+["']?(application\/x-httpd-php|server-parsed|cgi-script)/ nocase
    condition:
        filesize < 64KB and ($add or $files or ($self and ($handler or $php)))
}

rule Candor_Htaccess_ShellGuard : htaccess
{
    meta:
        description = "Server settings that shut out every PHP file but those of the intruder"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://httpd.apache.org/docs/2.4/mod/core.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $case = /(FilesMatch|Files)\s+["'][^"'\r\n]{0,80}(PhP|pHp|phP|PHp)\|[^"'\r\n]{0,120}["']/
        $susp = /\|\s*suspected\)/
        $deny = /deny from all|Require all denied/ nocase
        $known = /\b(lock360|radio|wp-l0gin|wp-theme|wp-scripts|wp-editor|mah|jp|ext|radio|about|content|lock)\.php\b/ nocase
        $allow = /(allow from all|Require all granted)/ nocase
    condition:
        filesize < 64KB and $deny and ($case or $susp) and (($susp and $allow) or #known > 1 or $case)
}
