// What intruders inject into pages of others: frames, scripts, redirects,
// hidden links for search engines, and pages made for search engines alone.

rule Candor_Injection_HTML_HiddenFrame : injection html
{
    meta:
        description = "A frame from another site that is made invisible, put before or after the page"
        class = "malicious-code/malware-distribution"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1189/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $after = /<\/(html|body)>\s{0,40}<iframe[^>]{0,300}(width\s*=\s*["']?[0-3]["'\s>]|visibility\s*:\s*hidden|display\s*:\s*none|(left|top)\s*:\s*-\d{3,})/ nocase
        $php = /echo\s*\(?\s*["']\s*<iframe[^>;]{0,200}https?:[^>;]{0,200}(width\s*=\s*\\?["']?[0-3]\\?["'\s>]|visibility\s*:\s*hidden|display\s*:\s*none)/ nocase
        $write = /document\.write(ln)?\s*\(\s*["']\s*<iframe[^;]{0,200}https?:[^;]{0,200}(width\s*=\s*\\?["']?[0-3]\\?["'\s>]|visibility\s*:\s*hidden|display\s*:\s*none|(left|top)\s*:\s*-\d{3,})/ nocase
        $tds = /<iframe[^>]{0,80}src\s*=\s*["']?https?:\/\/[^"'>\s]{4,80}\/(in\.cgi\?\w|go\.php\?sid=|ts\/in\.cgi|count(er)?\d{0,3}\.php|stats?\.php\?id)[^>]{0,200}(width\s*=\s*["']?\d\b|hidden|display\s*:\s*none)/ nocase
        $tag = /googletagmanager\.com|doubleclick\.net|facebook\.com\/tr/ nocase
    condition:
        filesize < 2MB and ($after or $php or $write or $tds) and not ($tag and #tag > #after + #php + #write + #tds)
}

rule Candor_Injection_JS_EscapedMarkup : injection js
{
    meta:
        description = "JavaScript that writes markup which is hidden in escapes or character numbers"
        class = "malicious-code/malware-distribution"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1189/ https://attack.mitre.org/techniques/T1027/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $unescape = /document\.write(ln)?\s*\(\s*(window\.)?unescape\s*\(\s*["'](%(u00)?[0-9a-f]{2}){12}/ nocase
        $char = /document\.write(ln)?\s*\(\s*String\.fromCharCode\s*\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,/
        $hex = /document\.write(ln)?\s*\(\s*["'](\\x[0-9a-f]{2}){8}/ nocase
        $index = /\[\s*["']\\x64\\x6f\\x63\\x75\\x6d\\x65\\x6e\\x74["']\s*\]\s*\[\s*["']\\x77\\x72\\x69\\x74\\x65/ nocase
        $shifted = "tdsjqu!tsd>"
        $http = /fromCharCode\s*\(\s*104\s*,\s*116\s*,\s*116\s*,\s*112/
        $tag = /fromCharCode\s*\(\s*60\s*,\s*(115\s*,\s*99\s*,\s*114|105\s*,\s*102\s*,\s*114)/
        $var = /eval["'\]]{0,2}\s*\(\s*String(\.|\[["'])fromCharCode(["']\])?\s*\(\s*(118\s*,\s*97\s*,\s*114|102\s*,\s*117\s*,\s*110|40\s*,\s*102|32\s*,\s*40|10\s*,|100\s*,\s*111\s*,\s*99)/
    condition:
        filesize < 3MB and any of them
}

rule Candor_Injection_JS_HiddenRedirect : injection js
{
    meta:
        description = "JavaScript that sends the visitor to an address which is encoded so that nobody reads it"
        class = "malicious-code/malware-distribution"
        x1207 = "deceptive"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1189/ https://cwe.mitre.org/data/definitions/601.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $location = /location(\.href|\[["']href["']\])?\s*=\s*(window\.)?(atob\s*\(\s*["']aHR0c|["']\\x68\\x74\\x74\\x70|String\.fromCharCode\s*\(|unescape\s*\(\s*["']%68)/
        $replace = /location\.(replace|assign)\s*\(\s*(window\.)?(atob\s*\(\s*["']aHR0c|["']\\x68\\x74\\x74\\x70|String\.fromCharCode\s*\()/
        $open = /window\.open\s*\(\s*(window\.)?atob\s*\(\s*["']aHR0c/
        $src = /\.src\s*=\s*(window\.)?(atob\s*\(\s*["'](aHR0c|Ly9)|["']\\x68\\x74\\x74\\x70|String\.fromCharCode\s*\()/
        $attr = /setAttribute\s*\(\s*["']src["']\s*,\s*(window\.)?atob\s*\(\s*["'](aHR0c|Ly9)/
    condition:
        filesize < 3MB and any of them
}

rule Candor_Injection_JS_ParrotTraffic : injection js
{
    meta:
        description = "Injected script of a traffic distribution system that puts itself into every script file"
        class = "malicious-code/malware-distribution"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1189/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $a = "ndsw===undefined"
        $b = "ndsj===undefined"
        $c = "ndsx===undefined"
        $d = "ndsw=true"
        $e = /if\s*\(\s*typeof\s+(ndsw|ndsj|ndsx|zqxw|zqxq|lnkr)\s*===?\s*["']undefined["']\s*\)/
        $f = "zqxw===undefined"
        $g = "zqxq===undefined"
    condition:
        filesize < 5MB and any of them
}

rule Candor_Injection_JS_ScriptAfterPage : injection js
{
    meta:
        description = "A script glued behind the end of the page, or in front of it, that loads from elsewhere in a hidden way"
        class = "malicious-code/malware-distribution"
        x1207 = "malware"
        severity = "medium"
        reference = "https://attack.mitre.org/techniques/T1189/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $after = /<\/html>\s{0,20}<script[^>]{0,80}>[^<]{0,400}(eval\s*\(|atob\s*\(|unescape\s*\(|fromCharCode|\\x[0-9a-f]{2}\\x[0-9a-f]{2})/ nocase
        $before = /<script[^>]{0,60}>[^<]{0,200}(eval\s*\(|atob\s*\(|unescape\s*\(|fromCharCode)[^<]{0,2000}<\/script>\s{0,10}<(\?php|!DOCTYPE|html)/ nocase
        $marker = /\/\*[0-9a-f]{32}\*\/\s{0,4}(var|;|\(|eval|document|window|if|try)[\s\S]{1,4000}\/\*[0-9a-f]{32}\*\//
        $marker2 = /<!--[0-9a-f]{6}-->\s{0,4}<script[\s\S]{1,4000}<!--\/[0-9a-f]{6}-->/
    condition:
        filesize < 2MB and any of them
}

rule Candor_Injection_HTML_SpamLinks : injection html
{
    meta:
        description = "Links to drugs, loans, casinos or counterfeits in a part of the page that visitors do not see"
        class = "information-content-security/unauthorised-information-modification"
        x1207 = "deceptive"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1491/002/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $hidden = /style\s*=\s*\\?["'][^"'>]{0,80}(display\s*:\s*none|visibility\s*:\s*hidden|(left|top|text-indent)\s*:\s*-\d{3,}(px|em|pt)|height\s*:\s*[01](px)?\s*;[^"'>]{0,60}overflow\s*:\s*hidden|overflow\s*:\s*hidden\s*;[^"'>]{0,60}(height|width)\s*:\s*[01](px)?|font-size\s*:\s*[01](px)?\s*[;"'])[^>]{0,60}>[^\x00]{0,160}<a\s[^>]{0,40}href\s*=\s*\\?["']?https?:\/\/[^>]{3,160}>[^<]{0,80}(viagra|cialis|levitra|tramadol|xanax|phentermine|payday loan|casino|slot (gacor|online)|poker|replica|louis vuitton|nike|jordan|porn|sex|escort|betting|togel|pharmacy|kamagra|essay|swingers)/ nocase
        $move = /<marquee[^>]{0,160}(height\s*=\s*["']?[01]["'\s]|scrollamount\s*=\s*["']?\d{3,}|display\s*:\s*none)[^>]{0,80}>\s{0,20}<a\s/ nocase
        $script = /document\.getElementById\(["']\w{1,24}["']\)\.style\.(display|visibility)\s*=\s*["'](none|hidden)["'];?\s*<\/script>[^\x00]{0,120}(viagra|cialis|casino|slot gacor|payday|replica)/ nocase
    condition:
        filesize < 3MB and any of them
}

rule Candor_Injection_HTML_GamblingPage : injection html
{
    meta:
        description = "A page that was replaced by, or made as, an advertisement for gambling on somebody's domain"
        class = "information-content-security/unauthorised-information-modification"
        x1207 = "deceptive"
        severity = "medium"
        reference = "https://attack.mitre.org/techniques/T1491/002/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $title = /<title>[^<]{0,120}(slot gacor|slot online|situs (slot|judi|togel)|judi (slot|bola|online)|togel|maxwin|slot88|slot777|sbobet|bandar (qq|togel)|rtp (slot|live)|casino online|mahjong ways)[^<]{0,120}<\/title>/ nocase
        $meta = /<meta[^>]{0,40}(description|keywords)["'][^>]{0,40}content\s*=\s*["'][^"'>]{0,200}(slot gacor|situs judi|judi slot|slot online|togel|maxwin|sbobet)/ nocase
        $words = /slot gacor|maxwin|situs judi|judi slot|bandar togel|slot88|slot777|rtp live|gampang menang|scatter hitam/ nocase
    condition:
        filesize < 1MB and ($title or $meta) and #words > 5
}

rule Candor_Injection_PHP_SearchCloak : injection php
{
    meta:
        description = "PHP that fetches another page for the robots of search engines, or for who comes from them"
        class = "information-content-security/unauthorised-information-modification"
        x1207 = "deceptive"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1491/002/ https://attack.mitre.org/techniques/T1497/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $agent = /HTTP_USER_AGENT/
        $bots = /["'\/|(][^"'\r\n]{0,120}(googlebot|google|bingbot|yahoo|slurp|baiduspider|yandex)[^"'\r\n]{0,6}(\||["']\s*,\s*["'])[^\r\n]{0,120}(bot|google|bing|yahoo|yandex|msn|ask|aol|slurp|baidu|spider)/ nocase
        $fetch = /(file_get_contents|curl_init|fopen|fsockopen)\s*\(\s*(["'](https?:)?\/\/|\$\w{1,20}|base64_decode|["']\\x68)/ nocase
        $echo = /\becho\s+\$?\w{1,20}[^;]{0,40};\s*(exit|die)|\b(exit|die)\s*\(\s*\$\w{1,20}\s*\)|print\s*\(?\s*\$\w{1,20}/ nocase
        $ref = /HTTP_REFERER/
        $lang = /HTTP_ACCEPT_LANGUAGE/
        $pass = /\$_SERVER\s*\[\s*["'](REQUEST_URI|SERVER_NAME|HTTP_HOST)["']\s*\]/
        $hide = /error_reporting\s*\(\s*0\s*\)|@ini_set|set_time_limit\s*\(\s*0/ nocase
    condition:
        filesize < 60KB and $agent and $bots and $fetch and $echo and ($ref or $lang) and $pass and $hide
}
