package content

// debianPackages are Debian's web applications and the packages that hold
// the code and images which they share. What the suite carries today is taken:
// apt keeps only the newest version of a suite.
var debianPackages = []string{
	"wordpress", "wordpress-l10n",
	"wordpress-theme-twentytwentyone", "wordpress-theme-twentytwentytwo", "wordpress-theme-twentytwentythree",
	"phpmyadmin", "mediawiki", "mediawiki-classes",
	"roundcube-core", "roundcube-skin-classic", "roundcube-skin-larry", "roundcube-plugins",
	"cacti", "adminer",
	"libphp-phpmailer", "php-getid3", "php-google-recaptcha", "php-nikic-fast-route", "php-phpmyadmin-motranslator",
	"php-phpmyadmin-shapefile", "php-phpmyadmin-sql-parser", "php-twig", "php-twig-i18n-extension",
	"php-slim-psr7", "php-symfony-config", "php-symfony-dependency-injection", "php-symfony-expression-language",
	"php-symfony-cache", "php-webmozart-assert", "php-mariadb-mysql-kbs", "php-guzzlehttp-guzzle",
	"php-auth-sasl", "php-mail-mime", "php-net-smtp", "php-net-sieve", "php-masterminds-html5", "php-phpseclib", "php-tcpdf",
	"libjs-bootstrap4", "libjs-chart.js", "libjs-codemirror", "libjs-cropper", "libjs-jquery", "libjs-jquery-colorpicker",
	"libjs-jquery-jstree", "libjs-jquery-minicolors", "libjs-jquery-tablesorter", "libjs-jquery-timepicker",
	"libjs-jquery-ui", "libjs-jquery-ui-theme-smoothness", "libjs-sphinxdoc", "libjs-underscore",
	"node-d3", "node-dompurify", "node-ua-parser-js", "fonts-fork-awesome",
}

// npmPackages are what sites load into browsers, by exact version.
var npmPackages = []string{
	"tinymce@6.8.3", "ckeditor4@4.25.2", "@ckeditor/ckeditor5-build-classic@44.3.0", "quill@2.0.2",
	"bootstrap@5.3.3", "jquery@3.7.1", "jquery-ui-dist@1.13.3", "@fortawesome/fontawesome-free@6.5.2", "material-icons@1.13.14",
	"bootstrap-icons@1.11.3", "flag-icons@7.2.3", "ionicons@7.4.0", "twemoji@14.0.2", "emoji-datasource-google@15.1.2",
	"three@0.164.1", "monaco-editor@0.48.0", "highlight.js@11.9.0", "codemirror@5.65.16", "prismjs@1.29.0",
	"leaflet@1.9.4", "ol@9.1.0", "echarts@5.5.0", "chart.js@4.4.2", "d3@7.9.0", "plotly.js-dist@2.32.0",
	"mathjax@3.2.2", "katex@0.16.10", "swagger-ui-dist@5.17.2", "redoc@2.1.4",
	"video.js@8.10.0", "swiper@11.1.1", "pdfjs-dist@4.2.67", "lodash@4.17.21", "moment@2.30.1", "core-js@3.37.0",
	"typescript@5.4.5", "@babel/standalone@7.24.5", "vue@3.4.26", "react-dom@18.3.1", "@angular/core@17.3.7",
	"antd@5.16.5", "element-plus@2.7.2", "admin-lte@3.2.0", "semantic-ui-css@2.5.0", "@mui/material@5.15.16",
	"@fontsource/noto-sans-sc@5.0.19", "@fontsource/roboto@5.0.13",
}
