<?php

$databases['default']['default'] = [
  'database' => 'site',
  'username' => 'site',
  'password' => getenv('DB_PASSWORD'),
  'host' => 'localhost',
  'driver' => 'mysql',
  'prefix' => '',
];
$settings['hash_salt'] = file_get_contents('../salt.txt');
$settings['trusted_host_patterns'] = ['^www\.example\.org$'];
if (file_exists($app_root . '/' . $site_path . '/settings.local.php')) {
  include $app_root . '/' . $site_path . '/settings.local.php';
}
