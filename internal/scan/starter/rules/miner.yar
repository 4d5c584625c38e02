// Use of visitors' and servers' processors for digging currency.

rule Candor_Miner_JS_KnownService : miner js
{
    meta:
        description = "A page that makes the visitor's browser dig currency through a known service"
        class = "fraud/unauthorised-use-of-resources"
        x1207 = "pus"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1496/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $new = /new\s+(CoinHive|CoinHive2|Coinhive|CoinImp|CryptoLoot|CRLT|CryptoNoter|deepMiner|CoinNebula|ProjectPoi|Minero|WMP|JSECoin|PPoi|AuthedMine|Client)\.(Anonymous|User|Token)\s*\(/ nocase
        $host = /\b(coinhive|coin-hive|authedmine|crypto-?loot|cryptaloot|webminepool|coinimp|minero\.cc|monerominer|jsecoin|load\.jsecoin|cryptonoter|coinerra|coin-have|minemytraffic|ppoi|hashing\.win|webmine|freecontent\.(stream|date|bid)|hostingcloud\.(racing|download|science|faith|loan|party|review|win|accountant|bid|date|trade|cricket|men|webcam))\.?(com|pro|cz|rocks|org|min\.js|js|cc)?\/[^"'\s<>]{0,60}\.(js|wasm)/ nocase
        $start = /\.start\s*\(/
        $perfekt = /perfekt\.(js|wasm)|perfektstart\s*\(|EverythingIsLife\s*\(/
        $hex = /%43%6f%69%6e%48%69%76%65|\\x43\\x6f\\x69\\x6e\\x48\\x69\\x76\\x65|Q29pbkhpdm/ nocase
    condition:
        filesize < 2MB and (($new and $start) or $host or $perfekt or $hex)
}

rule Candor_Miner_JS_WebAssembly : miner js
{
    meta:
        description = "JavaScript that digs currency itself: a mining algorithm in WebAssembly and a pool to talk to"
        class = "fraud/unauthorised-use-of-resources"
        x1207 = "pus"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1496/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $algo = /cryptonight|randomx|cn-(lite|heavy|pico|upx)|argon2\/chukwa|yescrypt|minotaurx|\bcryptonote\b/ nocase
        $wasm = /WebAssembly\.|\.wasm\b|Module\.asmLibraryArg/
        $pool = /wss?:\/\/[^"'\s]{4,80}|new\s+WebSocket\s*\(|stratum\+(tcp|ssl)/
        $work = /\b(hashrate|hashesPerSecond|getHashesPerSecond|totalHashes|acceptedHashes|nonce|throttle|siteKey|walletAddress|job_id)\b/
    condition:
        filesize < 5MB and $algo and $wasm and $pool and #work > 1
}

rule Candor_Miner_Script_Installer : miner script
{
    meta:
        description = "A script that installs or starts a miner on the server"
        class = "fraud/unauthorised-use-of-resources"
        x1207 = "malware"
        severity = "high"
        reference = "https://attack.mitre.org/techniques/T1496/ https://attack.mitre.org/techniques/T1105/"
        author = "Candor"
        version = "1"
        date = "2026-11-23"
    strings:
        $pool = /stratum\+(tcp|ssl):\/\/|\b(pool\.(minexmr|supportxmr|hashvault)|xmrpool|minexmr|supportxmr|nanopool|moneroocean|c3pool|hashvault|2miners|unmineable|nicehash|f2pool)\.[a-z]{2,6}(\.[a-z]{2,6})?:\d{2,5}/ nocase
        $miner = /\b(xmrig|xmr-stak|minerd|cpuminer|kdevtmpfsi|kinsing|ccminer|lolMiner|nbminer|t-rex|phoenixminer|sysrv|config_background)\b/ nocase
        $opt = /--donate-level|--cpu-max-threads|--max-cpu-usage|"donate-level"\s*:|-o\s+(stratum|pool)|--url[= ]|-u\s+[48][0-9A-Za-z]{90}/
        $act = /\b(wget|curl|nohup|chmod|system|exec|shell_exec|crontab|pkill|subprocess|kill(all)?)\b/
    condition:
        filesize < 300KB and $miner and $act and ($pool or $opt)
}
