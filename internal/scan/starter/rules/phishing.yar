// Pages that ask for the passwords and cards of others' customers, and the
// scripts behind them.

rule Candor_Phishing_PHP_TelegramExfil : phishing php
{
    meta:
        description = "PHP that sends passwords or card data from a form to a Telegram chat"
        class = "fraud/phishing"
        x1207 = "deceptive"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1598/003/ https://attack.mitre.org/techniques/T1567/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $api = /api\.telegram\.org\/bot/ nocase
        $apib64 = "api.telegram.org/bot" base64
        $send = /sendMessage|chat_id/ nocase
        $form = /\$_(POST|REQUEST)\s*\[\s*["']?\w{0,20}(pass|pwd|pswd|passwd|senha|clave|cvv|cvc|cc|card|otp|pin|token|ssn|sms|login|user|email|seed|phrase|mnemonic)\w{0,20}["']?\s*\]/ nocase
        $secret = /\$_(POST|REQUEST)\s*\[\s*["']?\w{0,20}(pass|pwd|pswd|passwd|senha|clave|cvv|cvc|card|otp|pin|ssn|sms|seed|phrase|mnemonic)\w{0,20}["']?\s*\]/ nocase
        $ip = /REMOTE_ADDR|HTTP_CLIENT_IP|HTTP_USER_AGENT|getenv\s*\(/
    condition:
        filesize < 200KB and ($api or $apib64) and $send and ($secret or (#form > 2 and $ip))
}

rule Candor_Phishing_HTML_TelegramExfil : phishing html
{
    meta:
        description = "A page with a password field whose script sends what is typed to a chat service"
        class = "fraud/phishing"
        x1207 = "deceptive"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1598/003/ https://attack.mitre.org/techniques/T1567/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $api = /api\.telegram\.org\/bot["'`$\d]|discord(app)?\.com\/api\/webhooks\/|api\.telegram\.org\/bot\$?\{/ nocase
        $password = /type\s*=\s*\\?["']?password|(password|passwd|cvv|otp)\w{0,12}["']\s*\)\.(value|val\()/ nocase
        $send = /sendMessage|fetch\s*\(|XMLHttpRequest|\$\.(ajax|post|get)\s*\(|axios/
        $html = /<(form|input|html|body|script)\b/ nocase
    condition:
        filesize < 1MB and $html and $api and $password and $send
}

rule Candor_Phishing_PHP_MailExfil : phishing php
{
    meta:
        description = "PHP that mails the password or card of a form, with the visitor's address, to a fixed stranger"
        class = "fraud/phishing"
        x1207 = "deceptive"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1598/003/ https://attack.mitre.org/techniques/T1048/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $secret = /\$_(POST|REQUEST)\s*\[\s*["']?\w{0,20}(pass|pwd|pswd|passwd|passw|senha|clave|cvv|cvc|otp|pin|ssn|ccn|ccnum|cardnumber|card_number)\w{0,20}["']?\s*\]/ nocase
        $ip = /REMOTE_ADDR|getenv\s*\(\s*["'](HTTP_CLIENT_IP|REMOTE_ADDR)|geoplugin|HTTP_X_FORWARDED_FOR/
        $line = /\.?=\s*["'][^"'\r\n]{0,12}([-=+*~#|_]{5,}|\|{1,3})[^"'\r\n]{0,80}["'\\]/
        $mail = /\b@?mail\s*\(\s*\$\w{1,24}\s*,|\b@?mail\s*\(\s*["'][^"'@]{1,60}@/ nocase
        $away = /(header\s*\(\s*["']Location:?\s*|location(\.href)?\s*=\s*["']|http-equiv\s*=\s*\\?["']?refresh)/ nocase
        $kit = /(re[sz]+u?l+t|fullz?|logi?ns?|victim|hacker|spam|rezult|log)\w{0,8}\s*(from|by|:|\||info|-|~)/ nocase
    condition:
        filesize < 60KB and $secret and $ip and $mail and $line and ($away or $kit)
}

rule Candor_Phishing_PHP_FileExfil : phishing php
{
    meta:
        description = "PHP that appends the password of a form to a text file and sends the visitor on to the real site"
        class = "fraud/phishing"
        x1207 = "deceptive"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1598/003/ https://attack.mitre.org/techniques/T1074/001/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $secret = /\$_(POST|REQUEST|GET)\s*\[\s*["']?\w{0,20}(pass|pwd|pswd|passwd|passw|senha|clave|cvv|otp|pin|ssn)\w{0,20}["']?\s*\]/ nocase
        $all = /foreach\s*\(\s*\$_(POST|GET|REQUEST)\s+as\s+\$\w{1,16}\s*=>\s*\$\w{1,16}\s*\)\s*\{?\s*(@?fwrite|fputs|file_put_contents|\$\w{1,16}\s*\.=)/ nocase
        $file = /\b(fopen|file_put_contents)\s*\(\s*["'][^"'\r\n]{1,60}\.(txt|html?|log|dat|csv)["']\s*,\s*["'$]?/ nocase
        $away = /header\s*\(\s*["']Location:\s*https?:\/\/(www\.|m\.|mail\.|login\.|accounts\.)?(facebook|google|gmail|instagram|paypal|apple|icloud|microsoft|live|office|outlook|yahoo|netflix|amazon|twitter|linkedin|dropbox|adobe|chase|wellsfargo|bankofamerica|dhl|steam|roblox|snapchat|tiktok|whatsapp|ebay|binance|coinbase|usps|fedex)\w{0,12}\.|\b(window|document|top)\.location(\.href)?\s*=\s*["']https?:\/\/(www\.)?(facebook|instagram|google|paypal|live|office)/ nocase
    condition:
        filesize < 40KB and ($secret or $all) and $file and $away
}

rule Candor_Phishing_PHP_AntiBots : phishing php
{
    meta:
        description = "A list of security companies and crawlers that a phishing kit refuses"
        class = "fraud/phishing"
        x1207 = "deceptive"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1480/ https://attack.mitre.org/techniques/T1497/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $a = "phishtank" nocase
        $b = "cyveillance" nocase
        $c = "calyxinstitute" nocase
        $d = "netcraft" nocase
        $e = "softlayer" nocase
        $f = "tor-exit" nocase
        $g = "kaspersky" nocase
        $h = "messagelabs" nocase
        $i = "dreamhost" nocase
        $j = "trendmicro" nocase
        $k = "fireeye" nocase
        $l = "netpilot" nocase
        $m = "paypal.com" nocase
        $n = "p3pwgdsn" nocase
        $act = /gethostbyaddr\s*\(|HTTP_USER_AGENT|REMOTE_ADDR|^\s*(deny from|RewriteCond)/ nocase
        $deny = /deny from/ nocase
        $no = /(404 Not Found|403 Forbidden|\bdie\s*\(|\bexit\s*[;(]|header\s*\(|RewriteRule)/ nocase
    condition:
        filesize < 300KB and $act and ($no or $deny) and ($a or $b or $c or $n) and 4 of ($a, $b, $c, $d, $e, $f, $g, $h, $i, $j, $k, $l, $m, $n)
}

rule Candor_Phishing_PHP_CopySelf : phishing php
{
    meta:
        description = "PHP that copies a phishing kit into a new folder with a random name for every visitor"
        class = "fraud/phishing"
        x1207 = "deceptive"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1583/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $copy = /function\s+(recurse_copy|recursive_copy|copy_?dir|xcopy)\s*\(|\brecurse_copy\s*\(/ nocase
        $rand = /\b(mt_)?rand\s*\(\s*\d{1,3}\s*,\s*\d{4,15}\s*\)|\b(md5|sha1)\s*\(\s*(["']\$\w{1,12}["']|\$\w{1,12}|uniqid|microtime|time|rand|mt_rand)/ nocase
        $away = /header\s*\(\s*["']Location:\s*["']?\s*\.?\s*["']?\$?\w/ nocase
        $dst = /\$(dst|dest|random|base|md5|folder|praga|DIR)\s*=/
        $ip = /REMOTE_ADDR|HTTP_USER_AGENT/
    condition:
        filesize < 20KB and $copy and $rand and $away and $dst and ($ip or filesize < 3KB)
}

rule Candor_Phishing_HTML_BrandLogin : phishing html
{
    meta:
        description = "A page that carries a known brand's title, asks for a password and posts to a script beside it"
        class = "fraud/phishing"
        x1207 = "deceptive"
        severity = "medium"
        reference = "https://attack.mitre.org/techniques/T1598/003/ https://attack.mitre.org/techniques/T1036/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $title = /<title>[^<]{0,60}(paypal|office ?365|outlook|microsoft (account|online)|sign in to your (microsoft )?account|onedrive|sharepoint|apple ?id|icloud|netflix|dhl|fedex|usps|amazon sign|facebook|instagram|log in to|wells fargo|chase (bank|online)|bank of america|hsbc|santander|barclays|la banque postale|cr(e|\xc3\xa9)dit agricole|orange mail|binance|coinbase|blockchain|metamask|linkedin|dropbox|docusign|adobe (id|document)|wetransfer|webmail|zimbra|roundcube|rackspace|ionos|ovh)[^<]{0,80}<\/title>/ nocase
        $password = /<input[^>]{0,200}type\s*=\s*["']?password/ nocase
        $form = /<form[^>]{0,300}action\s*=\s*["']?(\.?\/)?[\w.\/-]{0,40}(next|post|send|sender|submit|login|log|process|verify|validate|check|auth|action|result|rezult|mail|email|data|go|step\d?|index\d|connect|signin|save|finish|update|need\d?|sand_?email|wp|x|app|token|confirm)\d{0,2}\.php/ nocase
        $stolen = /(aadcdn\.ms(ft)?auth(images)?\.net|logincdn\.msauth\.net|paypalobjects\.com|ssl\.gstatic\.com\/accounts|static\.xx\.fbcdn\.net|appleid\.cdn-apple\.com|assets\.nflxext\.com|saved from url=\(\d{4}\)https?:\/\/|Mirrored from [a-z0-9.-]{4,60}|data-savepage|savepage-(url|title)|SingleFile)/ nocase
        $own = /(Plesk|cPanel Login|_task=login|rcmloginuser|phpMyAdmin|wp-submit)/
    condition:
        filesize < 2MB and $title and $password and $form and $stolen and not $own
}

rule Candor_Phishing_HTML_EncodedPage : phishing html
{
    meta:
        description = "A page that is nothing but an encoded other page, written at once"
        class = "fraud/phishing"
        x1207 = "deceptive"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1027/006/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $write = /document\.write(ln)?\s*\(\s*(decodeURIComponent\s*\(\s*)?(escape\s*\(\s*)?(unescape\s*\(\s*)?(window\.)?atob\s*\(\s*["'`](PCFET0N|PGh0bW|PHNjcm|PCFkb2N|PEhUTU|PGJvZHk|JTND|PG1ldGE|PGRpdi)/
        $percent = /document\.write(ln)?\s*\(\s*(unescape|decodeURIComponent|decodeURI)\s*\(\s*["'`]%(3C|0A|0D)(%|[a-z!]|%21)[^"'`]{400}/ nocase
        $inner = /(innerHTML|srcdoc)\s*=\s*(decodeURIComponent\s*\(\s*)?(escape\s*\(\s*)?(window\.)?atob\s*\(\s*["'`](PCFET0N|PGh0bW|PHNjcm|PEhUTU|PGZvcm)/
        $data = /<(meta|iframe|object|embed)[^>]{0,100}(url|src|data)\s*=\s*["']?data:text\/html;base64,(PCFET0N|PGh0bW|PHNjcm|PEhUTU|PGZvcm|PG1ldGE)/ nocase
    condition:
        filesize < 5MB and any of them
}

rule Candor_Phishing_HTML_Smuggling : phishing html
{
    meta:
        description = "A page that builds a download out of its own text: an archive, disk image or program in base64"
        class = "malicious-code/malware-distribution"
        x1207 = "deceptive"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1027/006/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $make = /createObjectURL\s*\(|msSaveOrOpenBlob|msSaveBlob|new\s+Blob\s*\(|data:application\/(octet-stream|zip|x-)/
        $click = /\.click\s*\(\s*\)|\.download\s*=|download\s*=\s*["']|msSaveOrOpenBlob/
        $atob = /\batob\s*\(|base64ToArrayBuffer|b64toBlob|Uint8Array/
        $zip = /["'`](UEsDB[A-Za-z0-9+\/]{60}|TVqQAA[A-Za-z0-9+\/]{60}|TVpQAA[A-Za-z0-9+\/]{60}|Uk1hc|UmFyIRo|N3q8ry)/
        $iso = /["'`](AAAAAAAAAAAAAAAA[A]{200}|TAAAAAEUAgAAAAAA)/
        $html = /<(html|script|body)\b/ nocase
    condition:
        filesize < 20MB and $html and $make and $click and $atob and ($zip or $iso)
}

rule Candor_Phishing_HTML_WalletSeed : phishing html
{
    meta:
        description = "A page that asks for the recovery phrase of a wallet and sends it to a script"
        class = "fraud/phishing"
        x1207 = "deceptive"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1598/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $seed = /(recovery|seed|secret|mnemonic|backup)[ _-]?phrase|12[- ]word|24[- ]word|\bmnemonic\b/ nocase
        $wallet = /metamask|trust ?wallet|coinbase|ledger|trezor|phantom|walletconnect|exodus|myetherwallet/ nocase
        $form = /<form[^>]{0,300}action\s*=\s*["']?[^"'>]{0,120}\.php|(fetch|\$\.(post|ajax)|axios\.post)\s*\(\s*["'`{][^)]{0,80}(\.php|telegram|webhook|emailjs|formspree)|api\.emailjs|formsubmit\.co/ nocase
        $area = /<(textarea|input)[^>]{0,200}(name|id|placeholder)\s*=\s*["']?[^"'>]{0,40}(phrase|seed|mnemonic|keystore|private ?key|word)/ nocase
    condition:
        filesize < 2MB and $seed and $wallet and $form and $area
}

rule Candor_Phishing_SVG_Script : phishing svg
{
    meta:
        description = "A picture in SVG form whose script decodes text or sends the visitor elsewhere"
        class = "fraud/phishing"
        x1207 = "deceptive"
        severity = "medium"
        reference = "https://attack.mitre.org/techniques/T1027/017/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $svg = /<svg\b[^>]{0,400}xmlns/ nocase
        $script = /<script\b/ nocase
        $decode = /\batob\s*\(|fromCharCode|unescape\s*\(|\beval\s*\(|decodeURIComponent\s*\(|\^\s*\w{1,12}\.charCodeAt|parseInt\s*\([^)]{1,40},\s*16\s*\)/
        $go = /location(\.href)?\s*=|location\.(replace|assign)\s*\(|document\.write\s*\(|window\.open\s*\(|\bFunction\s*\(|\beval\s*\(|createElementNS|\[["']constructor["']\]/
        $html = /<(html|body|head)\b/ nocase
    condition:
        filesize < 500KB and $svg and $script and $decode and $go and not $html and @svg[1] < 600
}
