// Files that are an image to the eye of an upload form and code to a server.

rule Candor_Polyglot_Image_PHP : polyglot image
{
    meta:
        description = "A picture that carries PHP code"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1036/008/ https://cwe.mitre.org/data/definitions/434.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $tag = /<\?php[\s\/@$]/ nocase
        $short = /<\?=\s{0,4}[`@$a-z]/ nocase
        $script = /<script\s{1,4}language\s{0,4}=\s{0,4}["']?php/ nocase
        $use = /\$_(GET|POST|REQUEST|COOKIE|FILES|SERVER)\b|\b(eval|assert|system|passthru|shell_exec|base64_decode|gzinflate|file_put_contents|move_uploaded_file|include|create_function|phpinfo)\s*\(/ nocase
    condition:
        filesize < 20MB and (uint32(0) == 0x38464947 or uint32be(0) == 0x89504E47 or uint16be(0) == 0xFFD8 or (uint16be(0) == 0x424D and uint32(6) == 0) or (uint32be(0) == 0x52494646 and uint32be(8) == 0x57454250) or uint32be(0) == 0x00000100 or uint32be(0) == 0x25504446) and
        ($tag or $script or $short) and ($use or ($tag and filesize < 64KB))
}

rule Candor_Polyglot_Image_ServerScript : polyglot image
{
    meta:
        description = "A picture that carries ASP or JSP code"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1036/008/ https://cwe.mitre.org/data/definitions/434.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $asp = /<%@?\s{0,8}(page|language|eval|execute|response|import)\b/ nocase
        $run = /<script\s{1,4}(language\s{0,4}=\s{0,4}["']?(vbscript|jscript|c#)["']?\s{1,4})?runat\s{0,4}=\s{0,4}["']?server/ nocase
        $use = /\brequest\s{0,2}[.(\[]|getParameter\s*\(|Process\.Start|Runtime/ nocase
    condition:
        filesize < 20MB and (uint32(0) == 0x38464947 or uint32be(0) == 0x89504E47 or uint16be(0) == 0xFFD8) and ($asp or $run) and $use
}
