<?php // What a PHP developer tests without a browser, with the README's shop at both addresses of SHOPS.
define('SHOPS', explode(' ', getenv('SHOPS')));
function get(string $path, string $cookie): string {
    $options = ['http' => ['header' => "Cookie: $cookie", 'ignore_errors' => true]];
    return file_get_contents('http://' . SHOPS[0] . $path, false, stream_context_create($options));
}
function order(string $phone): string {
    $options = ['method' => 'POST', 'content' => "phone=$phone", 'follow_location' => 0, 'ignore_errors' => true,
        'header' => 'Content-Type: application/x-www-form-urlencoded'];
    file_get_contents('http://' . SHOPS[0] . '/order', false, stream_context_create(['http' => $options]));
    preg_match('/^Set-Cookie: (order=\w+)/mi', implode("\n", $http_response_header), $cookie);
    return $cookie[1] ?? exit('no order: ' . implode("\n", $http_response_header));
}
/** The payment, as soon as it is in this state and this many callbacks were answered. */
function payment(string $cookie, string $state, int $callbacks): array {
    for ($try = 0; $try < 200; $try++) {
        $token = substr($cookie, 6);
        $payment = json_decode(file_get_contents(getenv('EKOLOPAY_ORIGIN') . "/sandbox/api/payments/$token"), true);
        if ($payment['state'] === $state && count($payment['callbacks']) === $callbacks) return $payment;
        usleep(50_000);
    }
    exit("$state never came");
}
function same(string $expected, string $actual): void {
    if ($expected !== $actual) exit("expected $expected, got $actual");
}
$paid = order('060000001');
same('paid', payment($paid, 'paid', 1)['callbacks'][0]['reply']);
same('Merci, payé.', get('/payment-status', $paid));
$failed = order('060000003');
same('not paid', payment($failed, 'failed', 1)['callbacks'][0]['reply']);
same('Pas encore confirmé.', get('/payment-status', $failed));
$late = order('060000009');
same('not paid', payment($late, 'timeout', 1)['callbacks'][0]['reply']);
payment($late, 'paid', 1);
same('Merci, payé.', get('/payment-status', $late));
same('not paid', get('/callback', $paid));
// Two requests at once find out that it is paid. Only one ships.
$quiet = order('060000006');
payment($quiet, 'paid', 0);
foreach (SHOPS as $i => $shop) {
    $sockets[$i] = stream_socket_client("tcp://$shop");
    fwrite($sockets[$i], "GET /payment-status HTTP/1.0\r\nCookie: $quiet\r\n\r\n");
}
foreach ($sockets as $socket) same('Merci, payé.', explode("\r\n\r\n", stream_get_contents($socket))[1]);
same("$paid\n$late\n$quiet\n", preg_replace('/^/m', 'order=', trim(file_get_contents('shipped'))) . "\n");
echo 'all as expected';
