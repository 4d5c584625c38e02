<?php
/**
 * The gate for billing and provisioning programs in PHP, such as WHMCS.
 *
 * As hooks (copy it to includes/hooks/ of WHMCS): a service that was made is
 * suspended at once unless its domain may be reached; it can be filled with
 * content, scanned, and asked for. A service is taken out of suspension only if
 * its domain may be reached.
 *
 * As a receiver of webhooks (call candor_gate_receive from a page of your own):
 * it checks the signature of what the desk tells (Standard Webhooks), and says
 * whether to suspend or to release a domain.
 *
 * It fails closed: whatever is not a plain "allowed" of the desk counts as no.
 *
 * Settings, from the environment: CANDOR_URL, the desk; CANDOR_TOKEN, with the
 * scope read; CANDOR_WEBHOOK_SECRET, as the desk showed it once.
 */

declare(strict_types=1);

/**
 * Asks the desk about a domain.
 *
 * @return array{allowed: bool, known: bool, why: string} known is false if the
 *   desk could not be asked: then leave what is published as it is
 */
function candor_gate_ask(string $domain): array
{
    $no = static fn (bool $known, string $why): array => ['allowed' => false, 'known' => $known, 'why' => $why];
    if (preg_match('/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i', $domain) !== 1) {
        return $no(true, 'there is no domain');
    }
    $url = rtrim((string) getenv('CANDOR_URL'), '/') . '/api/v1/gate/allowed?host=' . rawurlencode($domain);
    $context = stream_context_create(['http' => [
        'header' => 'Authorization: Bearer ' . getenv('CANDOR_TOKEN'),
        'timeout' => 10, 'follow_location' => 0, 'ignore_errors' => true,
    ]]);
    $http_response_header = [];
    $text = @file_get_contents($url, false, $context, 0, 1 << 20);
    $status = preg_match('#^HTTP/\S+ (\d+)#', $http_response_header[0] ?? '', $m) === 1 ? (int) $m[1] : 0;
    $answer = is_string($text) ? json_decode($text, true) : null;
    if ($status !== 200 || !is_array($answer) || ($answer['host'] ?? '') !== strtolower($domain)) {
        return $no(false, 'the desk could not be asked');
    }
    if (($answer['allowed'] ?? null) === true) {
        return ['allowed' => true, 'known' => true, 'why' => ''];
    }
    $why = array_map(static fn (array $c): string => ($c['detail'] ?? '') . ' ' . ($c['hint'] ?? ''), $answer['unmet'] ?? []);
    return $no(true, $why === [] ? 'nobody asked for it to go live' : implode(' ', $why));
}

/**
 * Checks what came to the address of the webhook.
 *
 * @param array<string, string> $headers by name in lower case
 * @return array{suspend: bool, hosts: list<string>, state: string}|null null if
 *   it is not the desk's, is too old, or is about something else
 */
function candor_gate_receive(array $headers, string $body, ?int $now = null): ?array
{
    $id = $headers['webhook-id'] ?? '';
    $at = $headers['webhook-timestamp'] ?? '';
    $key = base64_decode((string) preg_replace('/^whsec_/', '', (string) getenv('CANDOR_WEBHOOK_SECRET')), true);
    if ($id === '' || $key === false || $key === '' || !ctype_digit($at) || abs(($now ?? time()) - (int) $at) > 300) {
        return null;
    }
    $want = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$at.$body", $key, true));
    $fits = array_filter(explode(' ', $headers['webhook-signature'] ?? ''), static fn (string $s): bool => hash_equals($want, $s));
    $told = json_decode($body, true);
    if ($fits === [] || !is_array($told) || !str_starts_with((string) ($told['type'] ?? ''), 'site.')) {
        return null;
    }
    $data = $told['data'] ?? [];
    return ['suspend' => ($data['allowed'] ?? null) !== true, 'hosts' => array_values($data['hosts'] ?? []), 'state' => (string) ($data['state'] ?? '')];
}

// The hooks of WHMCS. Two messages may arrive in another order: what is done in
// the end is always asked of the desk again.
if (function_exists('add_hook')) {
    add_hook('PreModuleUnsuspend', 1, static function (array $vars): array {
        $domain = (string) ($vars['params']['domain'] ?? '');
        $answer = candor_gate_ask($domain);
        if ($answer['allowed']) {
            return [];
        }
        if (function_exists('logActivity')) {
            logActivity("Candor: $domain may not be reached: " . $answer['why']);
        }
        return ['abortcmd' => true];
    });
    add_hook('AfterModuleCreate', 1, static function (array $vars): void {
        $answer = candor_gate_ask((string) ($vars['params']['domain'] ?? ''));
        if (!$answer['allowed'] && function_exists('localAPI')) {
            localAPI('ModuleSuspend', ['serviceid' => $vars['params']['serviceid'] ?? 0, 'suspendreason' => 'Not live yet: ' . $answer['why']]);
        }
    });
}
