// Pages that intruders replaced to boast.

rule Candor_Defacement_HTML_Title : defacement html
{
    meta:
        description = "A page whose title says who broke in"
        class = "information-content-security/unauthorised-information-modification"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1491/002/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $title = /<title>[^<]{0,80}\b(hacked|h[a4]ck[e3]d|[0o]wn[e3]d|def[a4]c[e3]d|pwn[e3]d)\s{0,3}(by|b[yi1]|bY|\||-|!|:)\s{0,3}[^<]{1,80}<\/title>/ nocase
    condition:
        filesize < 2MB and $title
}

rule Candor_Defacement_HTML_Page : defacement html
{
    meta:
        description = "A page with a boast of intruders and greetings to their friends"
        class = "information-content-security/unauthorised-information-modification"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1491/002/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $by = /\b(hacked|h[a4]ck[e3]d|def[a4]c[e3]d|pwn[e3]d|0wn[e3]d)\s{1,4}(by|bY)\b\s{0,3}[^\s<]{0,40}/ nocase
        $greet = /\bgr[e3]{2}t[zs]{1,2}\b|special thanks? to|we are (anonymous|legion)|your security (is|was) (low|0|zero|bad|down)|security (is|was) (low|breached)|admin[, ]{1,3}(your|patch|where)|was here|f[u*]ck (your|the) (system|security|government)|no system is safe|expect us|cyber ?(army|team)|mirror-?h|zone-?h|patch (your|it)/ nocase
        $html = /<(html|body|center|marquee|title)\b/ nocase
        $style = /<(body|html)[^>]{0,120}(bgcolor\s*=\s*["']?(black|#000)|background(-color)?\s*:\s*(black|#000))|background(-color)?\s*:\s*(black|#000)|<marquee|<audio|autoplay|<center>/ nocase
    condition:
        filesize < 300KB and $html and $by and #greet > 0 and (#greet > 1 or $style) and $style
}
