// Code that copies payment cards and passwords from shops to strangers.

rule Candor_Skimmer_JS_CheckoutTrap : skimmer js
{
    meta:
        description = "JavaScript that waits for the checkout page, gathers every field and sends it away"
        class = "information-content-security/unauthorised-information-access"
        x1207 = "spyware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1056/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $url = /onepage\|checkout|checkout\|onepage|onestepcheckout\||\|onestepcheckout|onestep\|checkout|firecheckout\||\|firecheckout|RegExp\(\s*["'](onepage|checkout)["'\s,a-z]{1,8}\)\)?\.test\(\s*\(?(window|document)\.location/ nocase
        $gather = /querySelectorAll\s*\(\s*["']\s*(input|select|textarea)\b|["']input, ?(select|textarea)|getElementsByTagName\s*\(\s*["']input["']|\.serialize(Array)?\s*\(|forms\[|\.elements\b/
        $send = /XMLHttpRequest|\.ajax\s*\(|new\s+Image\b|sendBeacon|\bfetch\s*\(|createElement\s*\(\s*["']img["']|WebSocket|jQuery\.post|\$\.post|&#104;&#116;&#116;&#112;/
    condition:
        filesize < 400KB and $url and $gather and $send
}

rule Candor_Skimmer_JS_CardGrab : skimmer js
{
    meta:
        description = "JavaScript that reads the card number and its check number and sends them encoded"
        class = "information-content-security/unauthorised-information-access"
        x1207 = "spyware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1056/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $number = /cc_number|ccsave_cc_number|card[-_]?number|cardNo|card_num|cc-number|authnetcim_cc/ nocase
        $cvv = /cc_cid|cvv2?|cvc2?|card[-_]?code|security[-_]?code|ccsave_cc_cid/ nocase
        $exp = /expiration(_yr)?|exp[-_]?(month|year|date|yr)|expiry/ nocase
        $encode = /\b(btoa|JSON\.stringify|encodeURIComponent|escape)\s*\(/
        $image = /(new\s+Image\s*\(?[^;]{0,40};?[^;]{0,60}|createElement\s*\(\s*["']img["']\s*\)[^;]{0,20};[^;]{0,60})\.src\s*=/ nocase
        $post = /(\.open\s*\(\s*["']POST["']\s*,\s*["']|\burl\s*:\s*["']|fetch\s*\(\s*["']|sendBeacon\s*\(\s*["']|\.src\s*=\s*["'])(https?:)?\/\/[^"'\r\n]{4,120}/
        $gate = /\/(gate|gates|js|st|jquery|c|g|stat|stats|analytics|pix|pixel|img|collect|save|cdn|index)\.(php|png|gif|jpg)/ nocase
        $timer = /setInterval\s*\(|setTimeout\s*\(\s*\w{1,20}\s*,/
        $where = /location\.(href|pathname|host(name)?)/
        $listen = /addEventListener\s*\(|\.on(click|submit|change)\b|\.on\s*\(\s*["'](click|submit|change)/
    condition:
        filesize < 60KB and $number and $cvv and $exp and $encode and $post and 2 of ($timer, $where, $listen, $image) and ($gate or $image or filesize < 6KB)
}

rule Candor_Skimmer_JS_EncodedWords : skimmer js
{
    meta:
        description = "JavaScript whose words for checkout and card fields are written in base64"
        class = "information-content-security/unauthorised-information-access"
        x1207 = "spyware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1056/003/ https://attack.mitre.org/techniques/T1027/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $a = "onepage|checkout" base64
        $b = "checkout" base64
        $c = "cc_number" base64
        $d = "cardnumber" base64
        $e = "card_number" base64
        $f = "onestepcheckout" base64
        $g = "payment[cc_" base64
        $h = "cc_cid" base64
        $i = "WebSocket" base64
        $j = "/checkout/" base64
        $k = "\\x6f\\x6e\\x65\\x70\\x61\\x67\\x65" nocase
        $l = "\\x63\\x61\\x72\\x64\\x6e\\x75\\x6d" nocase
        $l2 = "\\x63\\x61\\x72\\x64\\x4e\\x75\\x6d" nocase
        $m = "\\x63\\x63\\x5f\\x6e\\x75\\x6d" nocase
        $n = "\\x63\\x63\\x5f\\x65\\x78\\x70" nocase
        $p = "\\x43\\x61\\x72\\x64\\x5f\\x6e" nocase
        $q = /\|onepage(\|[^'"\r\n]{0,3000})?["']\.split\(["']\|["']\)/
        $atob = /\batob\s*\(|["']atob["']|fromCharCode|ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef/
        $js = /\bfunction\b|=>|\bdocument\b|\bwindow\b|\beval\b/
    condition:
        filesize < 500KB and $js and (any of ($k, $l, $l2, $m, $n, $p, $q) or $atob and ($a or $f or $g or 2 of ($c, $d, $e, $h) or (($b or $j) and 1 of ($c, $d, $e, $h, $i)) or ($j and filesize < 8KB)))
}

rule Candor_Skimmer_JS_FakeAnalytics : skimmer js
{
    meta:
        description = "JavaScript that looks like a visitor counter but loads a skimmer on payment pages"
        class = "information-content-security/unauthorised-information-access"
        x1207 = "spyware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1036/005/ https://attack.mitre.org/techniques/T1056/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $ga = /GoogleAnalyticsObject(s)?|gtag\(|googletagmanager|fbq\(|fbevents|google-analytics/
        $fake = "GoogleAnalyticsObjects" fullword
        $atob = /\batob\s*\(\s*["'`]?/
        $check = /checkout|onepage|payment|billing|cart/ nocase
        $where = /(location(\.href|\.pathname)?|\.href|document\.URL)\.(indexOf|match|includes|search|test)\s*\(\s*(window\.)?atob|\.test\s*\(\s*(window\.)?location/
        $load = /new\s+WebSocket\s*\(|createElement\s*\(\s*["']script["']\s*\)|\.src\s*=/
        $socket = /new\s+WebSocket\s*\(\s*(window\.)?(atob|String\.fromCharCode|["']wss?:\/\/[^"'\/]{3,60}\/?(common|ws|socket|stat)?["'][^;]{0,80};)/
        $run = /onmessage\s*=?[^;]{0,120}(eval|Function)\s*\(/
    condition:
        filesize < 60KB and (($fake and $load) or ($ga and $atob and $where and $load) or ($socket and $run and $check))
}

rule Candor_Skimmer_JS_FakeDomain : skimmer js
{
    meta:
        description = "A page loads a script from a host whose name imitates a known service"
        class = "information-content-security/unauthorised-information-access"
        x1207 = "spyware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1583/001/ https://attack.mitre.org/techniques/T1036/005/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $a = /src\s*=\s*\\?["'](https?:)?\/\/(www\.)?(g-analytics|google-?analytlcs|googie-?analytics|googleanalytics-?cdn|google-?anaiytic|googl-analytics|googietagmanager|googletagmanagar|googlc-analytics|jquery-(code|cdn|js|cloud|stats?)|jquerys?-?cdn|js-?(save|syst|link|stats?|cloud)|mage(nto)?-?(cdn|storage|scripts?|core|js|stats?)|magescripts?|cdn-js|statsdot|facebookfollow|boostrapp?js|bootstrap-js)\.(com|net|org|info|link|su|pw|top|biz|cc|cloud|site|xyz|in|me)\/[^"']{1,80}\.js/ nocase
        $b = /["'](https?:)?\/\/(www\.)?(g-analytics|google-?analytlcs|googie-?analytics|googietagmanager|jquery-(code|cdn|cloud)|js-?(save|syst|link)|mage-?(cdn|storage)|magescripts?|magento-?(cdn|core))\.(com|net|org|info|link|su|pw|top|biz|cc)\/[^"'\s]{0,80}["']/ nocase
    condition:
        filesize < 2MB and any of them
}

rule Candor_Skimmer_PHP_CardSaver : skimmer php
{
    meta:
        description = "PHP in a shop that stores or mails card numbers from the form"
        class = "information-content-security/unauthorised-information-access"
        x1207 = "spyware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1056/003/ https://attack.mitre.org/techniques/T1074/001/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $number = /cc_number|cc_num\b|card_?number|ccnumber|ccnum\b|CreditCardNumber/ nocase
        $cvv = /cc_cid|cvv2?\b|card_?code|cvc2?\b/ nocase
        $mail = /\b@?mail\s*\(\s*["'$]/
        $image = /(file_put_contents|fopen|fwrite|fputs)\s*\(\s*[^;]{0,120}\.(jpe?g|png|gif|ico|css|txt|log)["']/ nocase
        $append = /fopen\s*\([^;]{1,140}\.(jpe?g|png|gif|ico)["']\s*,\s*["']a/ nocase
        $logname = /\$\w{0,12}(log|file|name|img|image|path)\w{0,8}\s*=\s*[^;]{0,100}\.(jpe?g|gif|png|ico)["']\s*;/ nocase
        $keep = /\b(fwrite|fputs|file_put_contents)\s*\(/
        $posted = /\$_(POST|COOKIE|REQUEST)\b/
        $curl = /CURLOPT_POSTFIELDS|file_get_contents\s*\(\s*["']https?:/
        $encode = /base64_encode\s*\(\s*(gzcompress\s*\(\s*)?(serialize|json_encode|implode|http_build_query|\$)|serialize\s*\(\s*\$_(POST|REQUEST)/ nocase
        $all = /(foreach\s*\(\s*\$_(POST|REQUEST)\s+as|serialize\s*\(\s*\$_(POST|REQUEST)|print_r\s*\(\s*\$_(POST|REQUEST)|json_encode\s*\(\s*\$_(POST|REQUEST)|http_build_query\s*\(\s*\$_(POST|REQUEST)|var_export\s*\(\s*\$_(POST|REQUEST)|file_get_contents\(["']php:\/\/input)/ nocase
        $hooked = /(\$data->get|\$info->get|\$payment->get|->get)(CcNumber|CcCid|CcExp)\w{0,8}\s*\(\s*\)/
        $b64mail = /\bmail\s*\(\s*(base64_decode|strrev|str_rot13)\s*\(|\$\w{1,20}\s*=\s*base64_decode\s*\(\s*["'][A-Za-z0-9+\/=]{10,60}["']\s*\)[^\x00]{0,600}\bmail\s*\(\s*\$/
    condition:
        filesize < 500KB and ($append and $posted and $keep) or ($logname and $all and $keep and filesize < 64KB) or ($number and $cvv and (($all and ($mail or $image or ($curl and $encode))) or ($hooked and ($mail or $image) and filesize < 60KB and ($image or $b64mail)) or ($b64mail and $encode)))
}
