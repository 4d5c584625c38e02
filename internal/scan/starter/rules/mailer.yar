// Programs that send unsolicited mail from the servers of others.

rule Candor_Mailer_PHP_Panel : mailer php
{
    meta:
        description = "A PHP page that mails one text to a list of addresses pasted by a visitor"
        class = "abusive-content/spam"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1566/ https://cwe.mitre.org/data/definitions/441.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $list = /\$_(POST|REQUEST)\s*\[\s*["']?(emaillist|email_list|emails|maillist|mail_list|mails|mailList|lista|list|tos|toos|recipients|leads|addresses|to_list)["']?\s*\]/ nocase
        $split = /\b(explode|split|preg_split)\s*\(\s*["'](\\r)?\\n["'\/]|\b(explode|split)\s*\(\s*["']\s["']\s*,/
        $mail = /\b@?mail\s*\(\s*\$|->\s*(send|AddAddress)\s*\(/ nocase
        $area = /<textarea[^>]{0,120}name\s*=\s*\\?["']?(emaillist|email_list|emails|maillist|mail_list|mails|mailList|lista|list|tos|toos|recipients|leads|addresses|to_list)\b/ nocase
        $flush = /\bflush\s*\(\s*\)|set_time_limit\s*\(\s*0|ignore_user_abort|ini_set\s*\(\s*["']max_execution_time/ nocase
        $from = /\$_(POST|REQUEST)\s*\[\s*["']?(from|realname|sender|fromname|from_name|nome|de|remetente|replyto|xmailer|sendername)["']?\s*\]/ nocase
    condition:
        filesize < 500KB and $list and $split and $mail and $from and ($flush or $area)
}

rule Candor_Mailer_PHP_NamedKit : mailer php
{
    meta:
        description = "A mailing kit that names itself"
        class = "abusive-content/spam"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1566/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $a = /leaf ?php ?mailer|leafmailer/ nocase
        $b = /(alexus|xp|owl|anonymous|priv8|inbox|b1n4ry|pro|ghost|dark|king|sp4m|heart|fallag|unix)[ _-]?(php ?)?mailer\b/ nocase
        $c = /\binbox mass mailer\b|mass ?mailer|bulk ?mailer|php ?mass ?mail/ nocase
        $d = /spam(ming)? (tool|sender)|inbox(ed)? ?100%|letter ?box|spammer/ nocase
        $mail = /\b@?mail\s*\(\s*\$|->\s*send\s*\(/ nocase
        $post = /\$_(POST|REQUEST)\s*\[/
        $area = /<textarea/ nocase
        $php = "<?"
    condition:
        filesize < 500KB and $php and $mail and $post and $area and ($a or (($b or $c) and ($d or #b + #c > 2)))
}

rule Candor_Mailer_PHP_Relay : mailer php
{
    meta:
        description = "PHP that sends the mail which arrives ready made in the request"
        class = "abusive-content/spam"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1566/ https://cwe.mitre.org/data/definitions/441.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $direct = /\bmail\s*\(\s*([a-z0-9_]{2,20}\s*\(\s*){0,3}\$_(GET|POST|REQUEST|COOKIE)\s*\[[^;]{1,80},\s*([a-z0-9_]{2,20}\s*\(\s*){0,3}\$_(GET|POST|REQUEST|COOKIE)\s*\[[^;]{1,80},\s*([a-z0-9_]{2,20}\s*\(\s*){0,3}\$_(GET|POST|REQUEST|COOKIE)/ nocase
        $decoded = /\$\w{1,16}\s*=\s*(stripslashes|urldecode|trim)?\s*\(?\s*base64_decode\s*\(\s*\$_(POST|REQUEST|COOKIE)\s*\[[^;]{1,40};/
        $mail = /\b@?mail\s*\(\s*(stripslashes\s*\(\s*|base64_decode\s*\(\s*)?\$\w{1,16}\s*\)?\s*,/
        $ok = /(echo|print|die|exit)\s*\(?\s*["'](ok|sent|good|success|1|bad|error|error : ?)\W{0,4}\s*\.?/ nocase
        $extract = /\bextract\s*\(\s*\$_(POST|REQUEST)/
    condition:
        filesize < 16KB and ($direct or ($mail and (#decoded > 2 or ($extract and $ok)) ))
}
