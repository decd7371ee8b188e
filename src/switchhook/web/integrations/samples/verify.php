<?php
// Is this request from Switchhook, and unchanged? PHP 8, nothing to install.

const OLDEST_SECONDS = 300;

/** $signed: the raw body, file_get_contents('php://input'); for a request without one $_SERVER['QUERY_STRING']. */
function verified(string $secret, string $webhookId, string $timestamp, string $signatures, string $signed): bool
{
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > OLDEST_SECONDS) {
        return false;
    }
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret));
    $wanted = 'v1,' . base64_encode(hash_hmac('sha256', "$webhookId.$timestamp.$signed", $key, true));
    foreach (explode(' ', $signatures) as $one) {  // two while rotating
        if (hash_equals($wanted, $one)) {
            return true;
        }
    }
    return false;
}

if (PHP_SAPI === 'cli') {  // try it: php verify.php SECRET ID TIMESTAMP SIGNATURES < body
    $ok = verified($argv[1], $argv[2], $argv[3], $argv[4], stream_get_contents(STDIN));
    echo $ok ? "genuine\n" : "forged, changed or too old\n";
    exit($ok ? 0 : 1);
}
