// Web shells for servers other than PHP: ASP, ASP.NET, JSP, ColdFusion, CGI
// scripts in Perl and Python, server-side includes, Node.js.

rule Candor_Webshell_ASP_RequestEval : webshell asp
{
    meta:
        description = "Classic ASP that evaluates what the visitor sends"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://cwe.mitre.org/data/definitions/95.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $vb = /\b(eval|execute|executeglobal)\s*[( ]\s*\(?\s*(\w{1,20}\s*\(\s*){0,3}request(\.(form|querystring|item|cookies|servervariables))?\s*\(\s*["'\[%a-z0-9(]/ nocase
        $chr = /\b(eval|execute|executeglobal)\s*\(?\s*request\s*\(\s*chr\(/ nocase
        $held = /(\w{1,16})\s*=\s*request(\.(form|querystring))?\s*\(\s*["'][^"']{1,20}["']\s*\)[^\w=]{1,12}[^=]{0,40}\b(eval|execute|executeglobal)\s*\(?\s*\w{1,16}\s*\)?\s*(%>|[\r\n:])/ nocase
        $session = /\b(execute|eval|executeglobal)\s*\(?\s*session\s*\(/ nocase
        $take = /=\s*request(\.(form|querystring))?\s*\(/ nocase
        $last = /\b(execute|eval|executeglobal)[\s(]{1,4}\w{1,12}\)?\s*(%>|<\/script)/ nocase
        $script = /\b(\w{1,12}\.)?(addcode|executestatement|eval)\s*\(?\s*request\s*\(/ nocase
        $tag = "<%"
        $runat = /<script[^>]{0,60}(runat|language\s*=\s*["']?vbs)/ nocase
    condition:
        filesize < 500KB and ($tag or $runat) and (any of ($vb, $chr, $held, $script, $session) or ($take and $last and filesize < 2KB))
}

rule Candor_Webshell_ASPX_RequestEval : webshell aspx
{
    meta:
        description = "ASP.NET JScript page that evaluates what the visitor sends"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://cwe.mitre.org/data/definitions/95.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $eval = /\beval\s*\(\s*([\w.]{2,60}\s*\(\s*){0,4}[^;]{0,60}\bRequest(\.(Item|Form|QueryString|Params|Headers))?\s*[\[(]/ nocase
        $unsafe = /\beval\s*\([^;]{1,200},\s*["']?(unsafe|\w{1,12}\s*\+\s*)/ nocase
        $held = /\beval\s*\(\s*\w{1,20}\s*,\s*(["']unsafe["']|\w{1,12})\s*\)/ nocase
        $page = /<%@\s{0,10}(page|webservice|webhandler)[^%>]{0,120}language\s{0,5}=\s{0,5}["']?(jscript|js)\b/ nocase
        $script = /<script[^>]{0,60}language\s*=\s*["']?jscript[^>]{0,40}runat/ nocase
    condition:
        filesize < 500KB and ($page or $script) and any of ($eval, $unsafe, $held)
}

rule Candor_Webshell_ASPX_Process : webshell aspx
{
    meta:
        description = "ASP.NET page that starts a command interpreter with input from the request"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://attack.mitre.org/techniques/T1059/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $start = /\bProcess\.Start\s*\(|\bProcessStartInfo\b|\bWScript\.Shell\b|\.StartInfo\.FileName/ nocase
        $cmd = /cmd(\.exe)?["'\s]|\/c\s*["'\s]|powershell/ nocase
        $out = /RedirectStandardOutput|StandardOutput\.ReadToEnd|\.StdOut\.ReadAll/ nocase
        $input = /\bRequest(\.(Form|QueryString|Item|Params|Headers|Cookies))?\s*[\[("]|<asp:TextBox|\.Text\b/ nocase
        $page = /<%@\s{0,10}(page|webservice|webhandler|import)/ nocase
    condition:
        filesize < 500KB and $page and $start and $out and $cmd and $input
}

rule Candor_Webshell_ASPX_AssemblyLoad : webshell aspx
{
    meta:
        description = "ASP.NET page that loads a program from the request into memory"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://attack.mitre.org/techniques/T1620/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $load = /\bAssembly[^;\r\n]{0,40}\.Load\s*\(|GetMethod\s*\(\s*["']Load["']|\bAssembly["')\]]{1,3}[^;]{0,60}Load/ nocase
        $make = /\.CreateInstance\s*\(|\.Invoke\s*\(|Activator\.CreateInstance/ nocase
        $input = /Request\.(BinaryRead|InputStream|Form|QueryString|Cookies|Headers|Item)\b|Request\s*\[|Context\.Request|\bRequest\.ContentLength/ nocase
        $decode = /FromBase64String|RijndaelManaged|CreateDecryptor|AesManaged/ nocase
        $compile = /CSharpCodeProvider|JScriptCodeProvider|CompileAssemblyFromSource/ nocase
        $page = /<%@\s{0,10}(page|webservice|webhandler|import)/ nocase
    condition:
        filesize < 500KB and $page and $input and (($load and $make and $decode) or ($compile and $make))
}

rule Candor_Webshell_ASP_ScriptShell : webshell asp
{
    meta:
        description = "Classic ASP that runs commands from the request through the script host"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://attack.mitre.org/techniques/T1059/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $shell = /CreateObject\s*\(?\s*["']?(WScript\.Shell(\.1)?|Shell\.Application|wscript["']\s*&\s*["']\.shell)/ nocase
        $clsid = /72C24DD5-D70A-438B-8A42-98424B88AFB8|F935DC22-1CF0-11D0-ADB9-00C04FD58A0B|13709620-C279-11CE-A49E-444553540000/ nocase
        $run = /\.(exec|run|ShellExecute)\s*[( ]/ nocase
        $cmd = /cmd(\.exe)?\s*["']?\s*\/c|%comspec%|\bszcmd\b|\.stdout\.readall|cmd\.exe/ nocase
        $input = /\brequest(\.(form|querystring|item))?\s*\(/ nocase
        $tag = "<%"
    condition:
        filesize < 500KB and $tag and ($shell or $clsid) and $run and $cmd and $input
}

rule Candor_Webshell_ASP_FileWriter : webshell asp
{
    meta:
        description = "Classic ASP that writes request data into a file that the request names"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://attack.mitre.org/techniques/T1105/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $save = /\.(SaveToFile|CreateTextFile|OpenTextFile)\s*\(?\s*(server\.mappath\s*\(\s*)?(request(\.(form|querystring))?\s*\(|\w{1,20}\s*[,)])/ nocase
        $direct = /\.(SaveToFile|CreateTextFile|OpenTextFile)\s*\(?\s*(server\.mappath\s*\(\s*)?request(\.(form|querystring))?\s*\(/ nocase
        $write = /\.(write|writeline|writetext)\s*\(?\s*(\w{1,12}\s*\(\s*)?request(\.(form|querystring))?\s*\(/ nocase
        $path = /\w{1,20}\s*=\s*request(\.(form|querystring))?\s*\(\s*["'](cyfddata|syfdpath|path|file|filename|thepath|fname|f)["']\s*\)/ nocase
        $data = /\w{1,20}\s*=\s*request(\.(form|querystring))?\s*\(\s*["'](cyfddata|data|content|text|filecontent|filedata|code|body)["']\s*\)/ nocase
        $fso = /Scripting\.FileSystemObject|ADODB\.Stream|server\.createobject/ nocase
        $tag = "<%"
    condition:
        filesize < 64KB and $tag and $fso and ($direct or ($save and ($write or ($path and $data))))
}

rule Candor_Webshell_ASP_Panel : webshell asp
{
    meta:
        description = "Classic ASP or ASP.NET with many of the things that control panels of intruders offer"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1505/003/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $tag = "<%"
        $a1 = "WScript.Shell" nocase
        $a2 = "Scripting.FileSystemObject" nocase
        $a3 = "Shell.Application" nocase
        $a4 = "ADODB.Stream" nocase
        $a5 = /serv-?u|pcanywhere|radmin|HKEY_LOCAL_MACHINE|HKLM\\/ nocase
        $a6 = /xp_cmdshell|sp_oacreate/ nocase
        $a7 = /UserPass|session\(["'](web2a2dmin|login|pass)|lp0wd|mpassword/ nocase
        $a8 = /cmd\.exe|cmdshell|%comspec%/ nocase
        $a9 = /ScanPort|PortScan|DbManager|kill\b.{0,20}process|getsysinfo|net user/ nocase
        $b1 = /\b(execute|eval)\s*\(/ nocase
        $b2 = /System\.Diagnostics|ProcessStartInfo/ nocase
        $b3 = /System\.IO|DirectoryInfo|FileInfo/
        $b4 = /Request\.(PhysicalApplicationPath|ServerVariables)/ nocase
        $b5 = /web ?shell|aspxspy|asp ?spider|hack|webadmin|\xc4\xbe\xc2\xed|\xe6\x9c\xa8\xe9\xa9\xac/ nocase
    condition:
        filesize < 1MB and $tag and 6 of ($a*, $b*) and ($a1 or $a8 or $b2) and ($b5 or $a9 or $a6 or $a5)
}

rule Candor_Webshell_ASP_Encoded : webshell asp
{
    meta:
        description = "Classic ASP hidden by the script encoder or by Execute of an assembled text"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "medium"
        reference = "https://attack.mitre.org/techniques/T1027/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $encoded = /language\s*=\s*["']?(vbscript|jscript)\.encode/ nocase
        $mark = "#@~^"
        $chr = /\b(execute|executeglobal|eval)\s*\(?\s*(strreverse|unescape|chr\s*\(\s*\d{1,3}\s*\)\s*&|[a-z]{2,24}\s*\(\s*["'][^"'\r\n]{16})/ nocase
        $tag = "<%"
    condition:
        filesize < 1MB and $tag and (($encoded and $mark) or $chr)
}

rule Candor_Webshell_JSP_RuntimeExec : webshell jsp
{
    meta:
        description = "JSP that runs a command of the operating system named by the request"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://cwe.mitre.org/data/definitions/78.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $exec = /getRuntime\s*\(\s*\)\s*\.\s*exec\s*\(|Runtime\s+\w{1,12}\s*=\s*Runtime\.getRuntime\s*\(|new\s+(java\.lang\.)?ProcessBuilder\s*\(|\bProcessImpl\b|\bUNIXProcess\b|\b(rt|runtime)\.exec\s*\(/
        $reflect = /getMethod\s*\([^;]{0,60}(getRuntime|exec)|["']java\.lang\.Run["']?\s*\+|\.exec\s*\(\s*request|getMethod\s*\(\s*["']ex["']\s*\+|getRuntime\(\)\s*,\s*["']exec["']/
        $input = /request\s*\.\s*(getParameter|getHeader|getInputStream|getReader|getQueryString)\s*\(|\$\{\s*param\b|getParameter\s*\(\s*["'](cmd|command|c|z0|pass|pwd|i|shell)["']/
        $tag = "<%"
        $jspx = /<jsp:(scriptlet|root|declaration)/ nocase
        $unicode = /\\u00(67|72)\\u00(65|75)\\u00(74|6e)/
    condition:
        filesize < 500KB and ($tag or $jspx) and (($exec and $input) or ($reflect and $input) or (#unicode > 0 and $unicode and filesize < 20KB))
}

rule Candor_Webshell_JSP_DefineClass : webshell jsp
{
    meta:
        description = "JSP that makes a class out of bytes from the request"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://attack.mitre.org/techniques/T1620/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $define = /\bdefineClass\s*\(|["']defineClass["']|BytecodeLoader|super\.define/
        $loader = /extends\s+ClassLoader|URLClassLoader|getSystemClassLoader|getContextClassLoader|ClassLoader\.class/
        $input = /request\s*\.\s*(getParameter|getReader|getInputStream|getHeader|getAttribute)\s*\(|getParameter\s*\(/
        $decode = /BASE64Decoder|Base64|Cipher\.getInstance|decodeBuffer|getDecoder|SecretKeySpec/
        $tag = "<%"
        $jspx = /<jsp:(scriptlet|root|declaration)/ nocase
    condition:
        filesize < 200KB and ($tag or $jspx) and $define and $loader and $input and $decode
}

rule Candor_Webshell_JSP_ScriptEval : webshell jsp
{
    meta:
        description = "JSP that evaluates request data with a script engine or expression language"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://cwe.mitre.org/data/definitions/95.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $engine = /ScriptEngineManager|getEngineByName|getEngineByExtension/
        $eval = /\.eval\s*\(\s*(request\s*\.\s*getParameter|new\s+String\s*\([^;]{0,60}request|\w{1,16}\s*[,)])/
        $input = /request\s*\.\s*(getParameter|getHeader|getReader)\s*\(|param\.\w/
        $el = /\$\{[^}]{0,200}(getClass\s*\(\s*\)[^}]{0,60}forName|pageContext\.setAttribute|java\.lang\.Runtime|\.invoke\s*\()[^}]{0,300}param/
        $spel = /SpelExpressionParser|ELProcessor|ValueExpression|Ognl\.getValue/
        $tag = /<%|<jsp:|<\?xml|\$\{/
    condition:
        filesize < 100KB and $tag and (($engine and $eval and $input) or $el or ($spel and $input and $eval))
}

rule Candor_Webshell_JSP_FileWriter : webshell jsp
{
    meta:
        description = "JSP that writes request data into a file that the request names"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://attack.mitre.org/techniques/T1105/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $direct = /new\s+(java\.io\.)?(FileOutputStream|FileWriter|PrintWriter|RandomAccessFile)\s*\(\s*([^;]{0,80})request\s*\.\s*getParameter\s*\(/
        $write = /\.(write|print|println)\s*\(\s*(new\s+String\s*\(\s*)?request\s*\.\s*getParameter\s*\([^;]{1,40}\)(\.getBytes)?/
        $out = /new\s+(java\.io\.)?(FileOutputStream|FileWriter|RandomAccessFile)\s*\(/
        $held = /String\s+\w{1,20}\s*=\s*request\s*\.\s*getParameter\s*\(\s*["'](path|file|f|p|name|filename|filepath|t|content|data|text|z1|z2)["']\s*\)/ nocase
        $real = /getRealPath\s*\(/
        $list = /\.listFiles\s*\(|listRoots\s*\(/
        $many = /getParameter\s*\(/
        $jspx = /<jsp:(scriptlet|root|declaration)/ nocase
        $writes = /\.(write|print|println)\s*\(\s*\w|decodeBuffer\s*\(/
        $printer = /new\s+(java\.io\.)?PrintWriter\s*\(\s*\w{1,16}\s*\)/
        $del = /\.delete\s*\(\s*\)/
        $tag = "<%"
    condition:
        filesize < 200KB and ($tag or $jspx) and ($direct or (filesize < 4KB and #many > 1 and ($out or $printer) and $writes) or ($out and $write) or (#held > 1 and $out and $real and filesize < 20KB) or ($out and $list and $del and $held))
}

rule Candor_Webshell_ColdFusion_Execute : webshell coldfusion
{
    meta:
        description = "ColdFusion page that runs a command from the request"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://cwe.mitre.org/data/definitions/78.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $exec = "<cfexecute" nocase
        $input = /#?\b(form|url|cgi)\.[a-z_]{1,24}#?/ nocase
        $cmd = /cmd\.exe|\/bin\/(ba)?sh|name\s*=\s*["']?#/ nocase
        $java = /createobject\s*\(\s*["']java["']\s*,\s*["']java\.lang\.(Runtime|ProcessBuilder)/ nocase
    condition:
        filesize < 200KB and (($exec and $cmd) or $java) and $input
}

rule Candor_Webshell_CGI_PerlCommand : webshell cgi
{
    meta:
        description = "Perl CGI script that runs commands from the request"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://attack.mitre.org/techniques/T1059/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $perl = /^#![^\r\n]{0,60}perl/
        $cgi = /\bCGI\b|Content-type:\s*text\/html|QUERY_STRING/ nocase
        $run = /\b(system|exec)\s*\(?\s*["']?(\$\w{1,24}|param\s*\()|`\s*\$\w|`cd \$|\bopen\s*\(?\s*[\w:<$]{1,20}\s*,\s*["'][^"'\r\n]{0,60}\$\w{1,20}[^"'\r\n]{0,20}\|["']|qx[\{\/(]\s*\$|\bexec\s*\(?\s*["']?\$/
        $name = /\b(cmd|command|RunCommand|Command|exec)\b\s*['"}\)]|\$(RunCommand|CommandTimeout|command|cmd)\b/
        $known = /CGI-?Telnet|RemoteShell|telnet\.cgi|CommandTimeoutDuration|perlbot|\bw3rl?d|PerlKit|cgi ?shell/ nocase
    condition:
        filesize < 200KB and $perl and $cgi and $run and ($name or $known)
}

rule Candor_Webshell_CGI_PythonCommand : webshell cgi
{
    meta:
        description = "Python CGI or WSGI script that runs commands from the request"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://attack.mitre.org/techniques/T1059/006/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $input = /cgi\.FieldStorage\s*\(|FieldStorage\(\)|request\.(args|form|values)(\.get\s*\(|\[)|os\.environ\[?\(?\.?(get\()?["']QUERY_STRING/
        $run = /\bos\.(popen[234]?|system)\s*\(\s*[a-z_(]|subprocess\.(Popen|call|check_output|run|getoutput|getstatusoutput)\s*\(\s*[a-z_(][^"'\[]|commands\.get(status)?output\s*\(|\bexec\s*\(\s*(base64|zlib|form|request|params)/
        $name = /["'](cmd|command|exec|shell|c|code)["']/
        $py = /^#![^\r\n]{0,60}python|\bimport\s+(os|cgi|subprocess|commands)\b|from\s+(os|subprocess)\s+import/
    condition:
        filesize < 100KB and $py and $input and $run and $name
}

rule Candor_Webshell_SSI_Exec : webshell ssi
{
    meta:
        description = "Server-side include that runs a command from the query or from another site"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://cwe.mitre.org/data/definitions/97.html https://httpd.apache.org/docs/2.4/mod/mod_include.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $exec = /<!--#exec\s+cmd\s*=\s*["']?\s*(\$|["']?\$\{?(QUERY_STRING|HTTP_)|[^"'>]{0,60}(wget|curl|lwp|fetch|perl|\/bin\/sh|bash|nc |python|cat \/etc|uname -a|id["']))/ nocase
        $config = /<!--#include\s+virtual\s*=\s*["'](https?:|\$\{?QUERY)/ nocase
    condition:
        filesize < 200KB and any of them
}

rule Candor_Webshell_Node_RequestCommand : webshell node
{
    meta:
        description = "JavaScript on the server that runs or evaluates what the visitor sends"
        class = "intrusions/application-compromise"
        x1207 = "malware"
        severity = "critical"
        reference = "https://attack.mitre.org/techniques/T1505/003/ https://cwe.mitre.org/data/definitions/78.html"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $child = /require\s*\(\s*["'](node:)?child_process["']\s*\)/
        $run = /\b(exec|execSync|spawn|spawnSync)\s*\(\s*(req(uest)?|ctx)\.(query|body|params|headers|url)\b/
        $parsed = /\b(exec|execSync)\s*\(\s*(url|URL|querystring|qs|parsed|query|params|q)\b(\.parse\([^)]{1,40}\))?\.(query|cmd|searchParams|get)\b/
        $eval = /\b(eval|new Function|vm\.runInThisContext|vm\.runInNewContext)\s*\(\s*(req(uest)?|ctx)\.(query|body|params|headers)\b/
    condition:
        filesize < 300KB and (($child and ($run or $parsed)) or $eval)
}
