<?php
/**
 * Front to the application. This file does nothing but load the header,
 * which sets the theme up and has it shown.
 */
define( 'WP_USE_THEMES', true );
require __DIR__ . '/wp-blog-header.php';
