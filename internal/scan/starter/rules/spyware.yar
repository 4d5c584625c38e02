// Pages that listen to visitors, take their sessions, or deceive them.

rule Candor_Spyware_JS_KeyLogger : spyware js
{
    meta:
        description = "JavaScript that collects key strokes and sends them to another host"
        class = "information-content-security/unauthorised-information-access"
        x1207 = "spyware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1056/001/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $key = /(addEventListener\s*\(\s*["']key(press|down|up)["']|\.onkey(press|down|up)\s*=|\.(on|bind)\s*\(\s*["']key(press|down|up)["'])/
        $keep = /\+=\s*(String\.fromCharCode\s*\(|\w{1,12}\.key\b|get\b|key\b|k\b|c\b)|\.push\s*\(\s*(\w{1,12}\.key|String\.fromCharCode)/
        $send = /(new\s+Image\s*\(?\s*\)?\s*\)?\.src\s*=|\.src\s*=|sendBeacon\s*\(|fetch\s*\(|\.open\s*\(\s*["'](GET|POST)["']\s*,)\s*["'`](https?:)?\/\/[^"'`\r\n]{4,160}(\?|\/|\.php|\w)/
        $timer = /setInterval\s*\(|setTimeout\s*\(|\.length\s*>/
    condition:
        filesize < 40KB and $key and $keep and $send and $timer
}

rule Candor_Spyware_JS_CookieThief : spyware js
{
    meta:
        description = "JavaScript that sends the visitor's cookies to another host"
        class = "information-content-security/unauthorised-information-access"
        x1207 = "spyware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1539/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $concat = /["'`](https?:)?\/\/[^"'`\r\n]{3,160}(\?|&|\/)[^"'`\r\n]{0,40}["']\s*\+\s*((escape|encodeURI(Component)?|btoa|window\.btoa|JSON\.stringify)\s*\(\s*)?(window\.)?(document\.cookie|localStorage\b)/
        $template = /`https?:\/\/[^`\r\n]{3,160}\$\{\s*((escape|encodeURI(Component)?|btoa)\s*\(\s*)?document\.cookie/
        $beacon = /sendBeacon\s*\(\s*["'`](https?:)?\/\/[^"'`\r\n]{3,160}["'`]\s*,\s*(\w{1,20}\s*\(\s*)?document\.cookie/
    condition:
        filesize < 500KB and any of them
}

rule Candor_Deceptive_HTML_PasteCommand : deceptive html
{
    meta:
        description = "A false check of humanity that makes the visitor paste a command into the system"
        class = "information-gathering/social-engineering"
        x1207 = "deceptive"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1204/004/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $copy = /navigator\.clipboard\.writeText\s*\(|execCommand\s*\(\s*["']copy["']\s*\)|clipboardData\.setData/
        $cmd = /powershell|mshta(\.exe)?\s|cmd(\.exe)?\s+\/c|conhost|msiexec\s+\/|curl\s+-?\w{0,6}\s*https?:\/\/[^|\r\n]{1,160}\|\s*(ba|z)?sh|\biex\b|bitsadmin|osascript/ nocase
        $human = /(verify|verification|confirm|prove)[^<>"']{0,40}(human|robot|you are)|not a robot|captcha|cloudflare|ray id|checking your browser/ nocase
        $keys = /(win(dows)?(\s|<[^>]{1,40}>|&nbsp;|\+|key|logo|button){1,12}(\+|and|&amp;)?\s{0,4}(<[^>]{1,40}>){0,4}\s{0,4}R\b|ctrl(\s|<[^>]{1,40}>|&nbsp;|\+){1,8}V\b|run dialog|open (the )?(terminal|run)|press enter)/ nocase
    condition:
        filesize < 1MB and $copy and $cmd and $human and $keys
}

rule Candor_Deceptive_HTML_FakeUpdate : deceptive html
{
    meta:
        description = "A page that claims that the browser or a player is out of date and hands out a program"
        class = "information-gathering/social-engineering"
        x1207 = "deceptive"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1189/ https://attack.mitre.org/techniques/T1204/002/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $claim = /(your|you are using an? (older|old|outdated))\s{0,3}(<[^>]{1,40}>)?\s{0,3}(version of )?(google )?(chrome|firefox|browser|flash player|adobe flash( player)?|edge|opera|java|safari)[^<]{0,60}(out of date|outdated|must be updated|needs? to be updated|obsolete|update (is )?required)|(update your (browser|flash player|chrome)|flash player update|critical (chrome|browser|firefox) update)/ nocase
        $load = /(href|location(\.href)?|action|\.src|url)\s*=\s*\\?["'`][^"'`\r\n<>]{1,200}\.(exe|msi|scr|hta|apk|dmg|iso|bat|vbs|msix|appx|zip|js\?download)["'`?]/ nocase
        $auto = /setTimeout\s*\(|window\.location|\.click\s*\(\s*\)|onload\s*=|http-equiv\s*=\s*["']?refresh|onclick/ nocase
    condition:
        filesize < 500KB and $claim and $load and $auto
}

rule Candor_Deceptive_HTML_SupportScam : deceptive html
{
    meta:
        description = "A page that frightens with a false alarm and a telephone number to call"
        class = "information-gathering/social-engineering"
        x1207 = "deceptive"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1598/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $alarm = /(your (computer|pc|system|device|windows)|this (computer|pc))[^<"']{0,60}(infected|blocked|locked|been (hacked|compromised|disabled)|at risk)|windows (defender|firewall|security)[^<"']{0,60}(alert|warning|blocked|threat)|(trojan|spyware|virus|pornographic)[^<"']{0,40}(detected|found|alert)/ nocase
        $call = /(call|contact|toll[ -]?free|helpline|support)[^<>]{0,80}(<[^>]{1,60}>\s{0,4}){0,3}[^<>]{0,20}(\+?\(?1?[-. (]{0,3}8\d\d[-. )]{1,3}\d{3}[-. ]\d{4}|\+\d{1,3}[- (.]{1,2}\d{2,4}[-. )]{1,2}\d{3,4}[-. ]?\d{3,4})/ nocase
        $hold = /requestFullscreen|webkitRequestFullScreen|onbeforeunload|beforeunload|history\.pushState|while\s*\(\s*(true|1)\s*\)|navigator\.keyboard\.lock|<audio[^>]{0,80}autoplay|alert\s*\(/ nocase
    condition:
        filesize < 1MB and $alarm and $call and #hold > 1
}
